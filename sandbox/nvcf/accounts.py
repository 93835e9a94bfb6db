"""Accounts and the clients linked to them (NVCF contract 4.2, observations 2 section 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.nvcf import java_text
from sandbox.nvcf.problems import not_found

UNLIMITED = 2**31 - 1
DEFAULT_TELEMETRIES = 25
DEFAULT_CREDENTIALS = 25

DEFAULT_ACCOUNT_ID = "nvcf-default"
DEFAULT_CLIENT_ID = "ncp"


@dataclass(frozen=True)
class Limits:
    """How many of each an account may have."""

    functions: int = UNLIMITED
    tasks: int = UNLIMITED
    telemetries: int = DEFAULT_TELEMETRIES
    registry_credentials: int = DEFAULT_CREDENTIALS

    def as_json(self) -> dict[str, object]:
        """The four members every account answer has."""
        return {
            "maxFunctionsAllowed": self.functions,
            "maxTasksAllowed": self.tasks,
            "maxTelemetriesAllowed": self.telemetries,
            "maxRegistryCredentialsAllowed": self.registry_credentials,
        }


@dataclass(frozen=True)
class Account:
    """An NVIDIA Cloud Account.

    Attributes:
        client_ids: OAuth2 clients whose tokens act for the account.
        updated_at: Nanoseconds since 1970.
    """

    account_id: str
    name: str
    client_ids: tuple[str, ...]
    limits: Limits
    updated_at: int

    def as_json(self) -> dict[str, object]:
        """The answer to creating and changing an account: times to the nanosecond."""
        return {
            "ncaId": self.account_id,
            "adminClientIds": list(self.client_ids),
            "name": self.name,
            **self.limits.as_json(),
            "lastUpdatedAt": java_text.format_instant(self.updated_at),
        }

    def details_as_json(self, credentials: Iterable[dict[str, object]], function_count: int) -> dict[str, object]:
        """The answer to reading an account: the secrets in clear, times to the millisecond.

        Args:
            credentials: {registryHostname, secret, artifactTypes} of every credential that has a secret.
            function_count: Function versions the account owns.
        """
        listed = list(credentials)
        return {
            "ncaId": self.account_id,
            "clientIds": list(self.client_ids),
            "name": self.name,
            **({"registryCredentials": listed} if listed else {}),
            **self.limits.as_json(),
            "currentNumberFunctions": function_count,
            "lastUpdatedAt": java_text.format_instant(java_text.to_milliseconds(self.updated_at)),
        }


class AccountTable:
    """Accounts by id, and which client belongs to which account."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}

    def all(self) -> tuple[Account, ...]:
        """Every account, oldest first."""
        return tuple(self._accounts.values())

    def find(self, account_id: str) -> Account | None:
        """One account, or None."""
        return self._accounts.get(account_id)

    def get(self, account_id: str) -> Account:
        """One account; 404 when unknown."""
        account = self._accounts.get(account_id)
        if account is None:
            raise not_found(f"Account with ncaId '{account_id}' not found")
        return account

    def of_client(self, client_id: str) -> Account | None:
        """The account a client is linked to, or None."""
        return next((a for a in self._accounts.values() if client_id in a.client_ids), None)

    def save(self, account: Account) -> None:
        """Inserts or overwrites."""
        self._accounts[account.account_id] = account

    def delete(self, account: Account) -> None:
        """Removes an account and with it the links of its clients."""
        self._accounts.pop(account.account_id, None)
