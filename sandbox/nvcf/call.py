"""One authenticated call: its path, query and body, and on whose behalf it acts (NVCF contract 1.1, 1.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar
from uuid import UUID

from sandbox.nvcf import java_text
from sandbox.nvcf.accounts import Account
from sandbox.nvcf.problems import Problem, forbidden, not_found, unconvertible
from sandbox.nvcf.state import EmulatorState, ReplicaServices
from sandbox.nvcf.tokens import Caller
from sandbox.nvcf.wire import Request

E = TypeVar("E", bound=Enum)

REPLICA_HEADER = "x-sandbox-replica"


@dataclass(frozen=True)
class Call:
    """A request that found its endpoint and whose token is good.

    Handlers ask in the real server's order: path and query, then body, then authority, then account.
    """

    request: Request
    caller: Caller
    variables: Mapping[str, str]
    state: EmulatorState

    @property
    def services(self) -> ReplicaServices:
        """The replica that serves this call."""
        return self.state.services(self.request.headers.get(REPLICA_HEADER))

    def uuid(self, name: str) -> UUID:
        """A path variable that is a UUID; 400 when it is none."""
        value = self.variables[name]
        parsed = java_text.parse_uuid(value)
        if parsed is None:
            raise unconvertible(name, value)
        return parsed

    def query_set(self, name: str, members: Sequence[E]) -> frozenset[E]:
        """A query parameter that is a list of enum names in any case; empty when absent.

        One value is split at commas. Several values are taken one by one, unsplit.

        Raises:
            Problem: 400 for an unknown name.
        """
        values = [value for key, value in self.request.query if key == name]
        if values in ([], [""]):
            return frozenset()
        is_single = len(values) == 1
        texts = [v.strip() for v in values[0].split(",")] if is_single else values
        by_name = {m.name: m for m in members}
        try:
            return frozenset(by_name[t.upper()] for t in texts)
        except KeyError:
            # Java prints an array of several values by its identity.
            raise unconvertible(name, values[0] if is_single else "[Ljava.lang.String;@0") from None

    def require(self, *authorities: str) -> None:
        """403 unless the caller has one of the authorities."""
        if not self.caller.authorities.intersection(authorities):
            raise forbidden()

    def own_account_id(self, scope: str, *alternatives: str) -> str:
        """The caller's account, for callers with a scope, by token or API key. Counts against the rate limit.

        Raises:
            Problem: 403 without the scope, 404 for a client nobody knows, 429 above the limit.
        """
        scopes = (scope, *alternatives)
        self.require(*scopes, *(f"apikey:{s}" for s in scopes))
        account = self.state.accounts.of_client(self.caller.subject)
        if account is None and not self.caller.is_api_key:
            raise not_found(f"Unknown client_id '{self.caller.subject}' when finding account id")
        account_id = self.caller.subject if account is None else account.account_id
        self.state.limiter.take(account_id)
        return account_id

    def other_account(self, *authorities: str) -> Account:
        """The account in the path, for administrators. Counts against that account's rate limit.

        Raises:
            Problem: 403 without an authority or for another account's API key, 404 for an unknown account, 429.
        """
        self.require(*authorities)
        account_id = self.path_account_id()
        self.state.limiter.take(account_id)
        return self.state.accounts.get(account_id)

    def path_account_id(self) -> str:
        """The account id in the path; an API key may only name its own account."""
        account_id = self.variables["ncaId"]
        if self.caller.is_api_key:
            own = self.state.accounts.of_client(self.caller.subject)
            own_id = self.caller.subject if own is None else own.account_id
            if own_id != account_id:
                raise _account_mismatch(own_id, account_id)
        return account_id


def _account_mismatch(own_id: str, account_id: str) -> Problem:
    return forbidden(
        f"Invalid request: nca_id '{own_id}' in bearer token does not match the one in path '{account_id}'"
    )
