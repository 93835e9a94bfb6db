"""NVCF credentials of the project, by their tags."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nvcf.client import NvcfClient
from nvcf.credentials import Credential
from nvcf.errors import NotFound, NvcfError
from nvcf.ownership import stack_of, stack_tags
from ops.errors import OpsError
from ops.remains.found import Found, Kind, Look, Owner, Unseen
from ops.remains.holdings import credential_key
from settings import marks


@dataclass(frozen=True)
class NvcfPlace:
    """One account of one NVCF.

    Attributes:
        endpoint: NVCF's base URL.
        account: the account's id; "" for the token's own.
        login: what tells one token from another, since each speaks for an account; never the token.
        connect: makes a client of it.
    """

    endpoint: str
    account: str
    login: str
    connect: Callable[[], NvcfClient]

    @property
    def identity(self) -> str:
        """The NVCF, the account, and who asks."""
        return f"{self._name} {self.login}"

    @property
    def _name(self) -> str:
        return f"NVCF {self.endpoint}" + (f" account {self.account}" if self.account else "")

    def look(self, project: str, stacks: Sequence[str]) -> Look:
        """Look for the project's credentials; see `Place`.

        The list may be a minute old (NVCF contract, observed-2 §3), so each of ours is read by itself: one that was
        just deleted is not reported. One that was made within that minute may be missed.
        """
        try:
            with self.connect() as client:
                candidates = [each for each in client.list() if self._owner(each, project, stacks)]
                now = [self._read(client, each.id) for each in candidates]
        except NvcfError as error:
            return Look(unseen=[Unseen(self._name, error.problem, error.remedy)])
        return Look(found=[self._found(each, project, stacks) for each in now if each is not None])

    def remove(self, found: Found, *, images: bool) -> None:  # noqa: ARG002 - as every place
        """Remove a credential; see `Place`."""
        try:
            with self.connect() as client:
                client.delete(found.name)
        except NotFound:
            return
        except NvcfError as error:
            raise OpsError(f"The credential {found.name} could not be removed: {error.problem}", error.remedy) from None

    def _found(self, each: Credential, project: str, stacks: Sequence[str]) -> Found:
        return Found(
            Kind.CREDENTIAL,
            credential_key(each.id),
            each.id,
            self._name,
            self._owner(each, project, stacks),
            credential=marks.credential_key(each.name, each.hostname),
            commands=(f"NVCF_BASE_HTTP_URL={self.endpoint} nvcf-cli registry-credential delete {each.id}",),
        )

    @staticmethod
    def _owner(each: Credential, project: str, stacks: Sequence[str]) -> Owner | None:
        marked = stack_of(each.tags)
        start, _, _ = stack_of(stack_tags(project, "x")).rpartition(":")  # type: ignore[union-attr] # it names one
        if marked is None or not marked.startswith(f"{start}:"):
            return None
        spelled = next((name for name in stacks if stack_of(stack_tags(project, name)) == marked), None)
        # NVCF's tags know no dot, so that only the stack's name itself tells how it is spelled.
        return Owner(project, spelled or marked.removeprefix(f"{start}:"))

    @staticmethod
    def _read(client: NvcfClient, credential_id: str) -> Credential | None:
        try:
            return client.get(credential_id)
        except NotFound:
            return None
