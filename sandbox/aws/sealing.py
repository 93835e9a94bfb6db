"""Texts that this process hands out and knows again: what they say is readable, but nobody else can make one."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any

_MAC_BYTES = 32


class BrokenSealError(Exception):
    """The text was not made here, or was changed since."""


class Seal:
    """A secret of the running process."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def close(self, value: Mapping[str, Any]) -> str:
        """The value as a text for URLs and headers."""
        body = json.dumps(value, sort_keys=True).encode()
        return base64.urlsafe_b64encode(self._mac(body) + body).decode()

    def open(self, text: str) -> dict[str, Any]:
        """The value of a text.

        Raises:
            BrokenSealError: It is damaged, or was not made here.
        """
        try:
            sealed = base64.urlsafe_b64decode(text.encode())
        except ValueError:
            raise BrokenSealError("malformed") from None
        mac, body = sealed[:_MAC_BYTES], sealed[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(body)):
            raise BrokenSealError("not issued here")
        value: dict[str, Any] = json.loads(body)
        return value

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, body, hashlib.sha256)
