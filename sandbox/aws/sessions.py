"""Temporary credentials handed out by STS."""

import base64
import datetime as dt
import secrets
import string
from collections.abc import Callable

from sandbox.aws.identities import Credential, Principal

Clock = Callable[[], dt.datetime]
"""Gives the present moment, with its timezone."""


class Sessions:
    """All temporary credentials, by key id."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_key: dict[str, Credential] = {}

    def open(self, principal: Principal, seconds: int, session_policy: str | None = None) -> Credential:
        """Makes temporary credentials.

        Args:
            principal: Whom they act for.
            seconds: Their lifetime.
            session_policy: JSON document that limits them further.
        """
        now = self._clock()
        credential = Credential(
            key_id="ASIA" + "".join(secrets.choice(string.ascii_uppercase + "234567") for _ in range(16)),
            secret=new_secret(),
            principal=principal,
            created=now,
            session_token=base64.b64encode(secrets.token_bytes(180)).decode(),
            expires=now + dt.timedelta(seconds=seconds),
            session_policy=session_policy,
        )
        self._by_key[credential.key_id] = credential
        return credential

    def find(self, key_id: str) -> Credential | None:
        """The credentials with that key id, expired ones too; None when never issued."""
        return self._by_key.get(key_id)


def new_secret() -> str:
    """A secret access key of AWS's length and alphabet, slashes and plus signs included."""
    return base64.b64encode(secrets.token_bytes(30)).decode()
