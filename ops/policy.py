"""`policy`: the IAM document of a registry's puller, and why each of its statements is there."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from ops.app import app
from ops.errors import OpsError
from policies.document import Document, PolicyError
from policies.ecr_pull import private_pull, public_pull
from policies.explain import explain


class PullerKind(str, Enum):
    """The kinds of registry that have a puller in IAM."""

    PRIVATE = "ecr-private"
    PUBLIC = "ecr-public"


def puller_policy(
    kind: PullerKind, *, prefix: str, account: str, region: str | None, allow_every_repository: bool
) -> Document:
    """Return what a registry's user may do.

    Args:
        kind: the kind of registry.
        prefix: repository-name prefix; `*` with `allow_every_repository` only.
        account: AWS account id, 12 digits.
        region: region of a private registry.
        allow_every_repository: whether the prefix `*` is meant.

    Raises:
        OpsError: no such policy can be.
    """
    try:
        if kind == PullerKind.PUBLIC:
            return public_pull(account=account, prefix=prefix, allow_all=allow_every_repository)
        if region is None:
            raise OpsError("A private registry is in a region.", "Name it with --region.")
        return private_pull(account=account, region=region, prefix=prefix, allow_all=allow_every_repository)
    except PolicyError as error:
        raise OpsError(f"There is no such policy: {error}.", "Correct the option it names.") from None


@app.command("policy")
def policy_command(
    kind: Annotated[PullerKind, typer.Option(help="Kind of registry.")],
    prefix: Annotated[str, typer.Option(help="Repository-name prefix (REPO_PREFIX); for ECR Public never the alias.")],
    account: Annotated[str, typer.Option(help="AWS account id, 12 digits.")],
    region: Annotated[str | None, typer.Option(help="Region of a private registry.")] = None,
    allow_every_repository: Annotated[
        bool, typer.Option("--allow-every-repository", help="Mean the prefix '*', every repository of the account.")
    ] = False,
    why: Annotated[bool, typer.Option("--explain", help="Say why each statement is there, instead.")] = False,
) -> None:
    """Print what the IAM user of an ECR registry may do: the very document that `pulumi up` makes."""
    document = puller_policy(
        kind, prefix=prefix, account=account, region=region, allow_every_repository=allow_every_repository
    )
    typer.echo("\n".join(explain(document)) if why else document.to_json(indent=2))
