"""One AWS account in one or more regions, as a place to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.aws import AwsAccount
from ops.remains.found import Found, Kind, Look, Unseen
from ops.remains.identities import look_at_identities, remove_identity
from ops.remains.repositories import look_at_repositories, remove_repository
from policies.arn import PUBLIC_REGION


@dataclass(frozen=True)
class AwsPlace:
    """An AWS account.

    Attributes:
        account: how it is reached.
        number: its id, 12 digits.
        regions: where private repositories may be.
        known_arns: what to look at one by one where AWS does not let us list.
    """

    account: AwsAccount
    number: str
    regions: tuple[str, ...]
    known_arns: frozenset[str]

    @property
    def identity(self) -> str:
        """What it is called."""
        return f"AWS account {self.number}"

    def look(self, project: str, stacks: Sequence[str]) -> Look:  # noqa: ARG002 - AWS's tags spell stacks out
        """Look for the project's identities and repositories; see `Place`."""
        look = look_at_identities(self._iam, self.identity, project, self.known_arns)
        where = [(Kind.REPOSITORY, region) for region in self.regions] + [(Kind.PUBLIC_REPOSITORY, PUBLIC_REGION)]
        for kind, region in where:
            place = f"{self.identity} {region}"
            look.add(look_at_repositories(self._ecr(kind, region), place, kind, region, project, self.known_arns))
        return look

    def remove(self, found: Found, *, images: bool) -> None:
        """Remove an identity, a key or a repository; see `Place`."""
        if found.kind in (Kind.REPOSITORY, Kind.PUBLIC_REPOSITORY):
            region = found.place.rpartition(" ")[2]
            remove_repository(self._ecr(found.kind, region), found, images=images)
        else:
            remove_identity(self._iam, found)

    @cached_property
    def _iam(self) -> Any:
        return self.account.client("iam")

    def _ecr(self, kind: Kind, region: str) -> Any:
        return self.account.client("ecr" if kind is Kind.REPOSITORY else "ecr-public", region)


def aws_place(account: AwsAccount, regions: Sequence[str], known_arns: frozenset[str]) -> AwsPlace | Unseen:
    """Return an account as a place to look at, or why it cannot be one.

    Args:
        account: how it is reached.
        regions: where private repositories may be.
        known_arns: what to look at one by one where AWS does not let us list.
    """
    try:
        number = str(account.client("sts", PUBLIC_REGION).get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        return Unseen("AWS", f"AWS cannot be asked: {error}", "Give it credentials: AWS_PROFILE, or `aws:profile`.")
    return AwsPlace(account, number, tuple(dict.fromkeys(regions)), known_arns)
