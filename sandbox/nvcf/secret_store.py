"""Where secret values live: apart from the credential rows, as in the real server (NVCF contract 3.2).

The row is written first and the secret second, nothing ties the two together, and the store can be down on its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID

from sandbox.nvcf.problems import upstream


@dataclass(frozen=True)
class Secret:
    """A stored secret: its name and base64 of `username:password`."""

    name: str
    value: str = field(repr=False)


SecretKey = tuple[str, UUID]
"""Account id and credential id."""

_outage: ContextVar[bool] = ContextVar("secret_store_outage", default=False)


@contextmanager
def outage() -> Iterator[None]:
    """The store is down for the request being handled inside the block."""
    token = _outage.set(True)
    try:
        yield
    finally:
        _outage.reset(token)


class SecretStore:
    """Secret values by account and credential id."""

    def __init__(self) -> None:
        self.is_down = False
        self._secrets: dict[SecretKey, Secret] = {}

    def get(self, key: SecretKey) -> Secret | None:
        """The secret, or None when the store has none.

        Raises:
            Problem: 502 while the store is down.
        """
        self._require_up()
        return self._secrets.get(key)

    def put(self, key: SecretKey, secret: Secret) -> None:
        """Stores or replaces a secret; 502 while the store is down."""
        self._require_up()
        self._secrets[key] = secret

    def delete(self, key: SecretKey) -> None:
        """Removes a secret; unknown keys are fine; 502 while the store is down."""
        self._require_up()
        self._secrets.pop(key, None)

    def lose(self, key: SecretKey) -> bool:
        """Drops a secret behind the server's back, up or down. True if there was one."""
        return self._secrets.pop(key, None) is not None

    def _require_up(self) -> None:
        if self.is_down or _outage.get():
            raise upstream("Failed to get response from 'ESS' after retries.")
