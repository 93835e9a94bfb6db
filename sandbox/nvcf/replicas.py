"""What one server process sees: its caches of rows and secrets (NVCF contract 3.3, observations 2 section 3).

A write clears the caches of the process that wrote. Another process goes on with what it has: rows for 60 seconds,
secrets for 5 minutes. Requests go to replica `a` unless they say otherwise, so by default nothing is ever stale.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sandbox.nvcf.clock import Clock
from sandbox.nvcf.credential_rows import CredentialRow, CredentialRows
from sandbox.nvcf.secret_store import Secret, SecretKey, SecretStore

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

ROWS_SECONDS = 60.0
SECRETS_SECONDS = 300.0


class ExpiringCache(Generic[K, V]):
    """Values that live for a fixed time after they were read in."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[K, tuple[float, V]] = {}

    def has(self, key: K) -> bool:
        """True while a value is alive."""
        entry = self._entries.get(key)
        return entry is not None and self._clock.monotonic() < entry[0]

    def put(self, key: K, seconds: float, value: V) -> None:
        """Keeps a value for `seconds`."""
        self._entries[key] = (self._clock.monotonic() + seconds, value)

    def get(self, key: K, seconds: float, read: Callable[[], V]) -> V:
        """The cached value, or the one `read` gives, which is then cached for `seconds`."""
        if not self.has(key):
            self.put(key, seconds, read())
        return self._entries[key][1]

    def forget(self, key: K) -> None:
        """Drops one value."""
        self._entries.pop(key, None)


@dataclass
class CacheTimes:
    """How long caches live, in seconds. Tests scale them down."""

    rows: float = ROWS_SECONDS
    secrets: float = SECRETS_SECONDS


class Replica:
    """One server process: the shared stores behind its own caches."""

    def __init__(self, rows: CredentialRows, secrets: SecretStore, times: CacheTimes, clock: Clock) -> None:
        self._rows = rows
        self._secrets = secrets
        self._times = times
        self._row_cache: ExpiringCache[str, tuple[CredentialRow, ...]] = ExpiringCache(clock)
        self._secret_cache: ExpiringCache[SecretKey, Secret] = ExpiringCache(clock)

    def listed_rows(self, account_id: str) -> tuple[CredentialRow, ...]:
        """Rows as lists and function creation see them: up to a minute old on a replica that did not write."""
        return self._row_cache.get(account_id, self._times.rows, lambda: self._rows.of_account(account_id))

    def secret(self, key: SecretKey) -> Secret | None:
        """A secret as this replica knows it; a missing one is asked for again each time."""
        try:
            return self._secret_cache.get(key, self._times.secrets, lambda: self._read(key))
        except KeyError:
            return None

    def _read(self, key: SecretKey) -> Secret:
        secret = self._secrets.get(key)
        if secret is None:
            raise KeyError
        return secret

    def save_row(self, row: CredentialRow) -> None:
        """Writes a row and forgets the cached list of its account."""
        self._rows.save(row)
        self._row_cache.forget(row.account_id)

    def delete_row(self, row: CredentialRow) -> None:
        """Deletes a row and forgets the cached list of its account."""
        self._rows.delete(row)
        self._row_cache.forget(row.account_id)

    def save_secret(self, key: SecretKey, secret: Secret) -> None:
        """Stores a secret and forgets the cached one; 502 while the store is down."""
        self._secrets.put(key, secret)
        self._secret_cache.forget(key)

    def delete_secret(self, key: SecretKey) -> None:
        """Deletes a secret and forgets the cached one; 502 while the store is down."""
        self._secrets.delete(key)
        self._secret_cache.forget(key)
