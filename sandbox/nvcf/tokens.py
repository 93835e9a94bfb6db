"""Bearer tokens: who is calling, with which authorities (NVCF contract 1.2).

The emulator's tokens are unsigned: `dev.<base64url JSON>` stands for the JWT of an OAuth2 client, `nvapi-<base64url
JSON>` for an API key. The JSON has `sub` (client id; for a key, a client id or the account id itself), `scopes` (a
list, or one string with blanks between) and optionally `exp` (seconds since 1970). Anything else is refused with 401,
as a bad signature would be.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass

from sandbox.nvcf import java_text

JWT_PREFIX = "dev."
API_KEY_PREFIX = "nvapi-"
CLOCK_SKEW_SECONDS = 60

_BEARER = re.compile(r"bearer ([a-zA-Z0-9\-._~+/]+=*)", re.IGNORECASE)
_RFC6750 = "https://tools.ietf.org/html/rfc6750#section-3.1"


@dataclass(frozen=True)
class Caller:
    """An authenticated caller."""

    subject: str
    authorities: frozenset[str]
    is_api_key: bool


@dataclass(frozen=True)
class Refusal:
    """Why there is no caller; None means that no bearer token was sent at all."""

    description: str | None

    def challenge(self, origin: str) -> str:
        """The `WWW-Authenticate` value; `origin` is the server's own URL."""
        metadata = f'resource_metadata="{origin}/.well-known/oauth-protected-resource"'
        if self.description is None:
            return f"Bearer {metadata}"
        return (
            f'Bearer error="invalid_token", error_description="{self.description}", error_uri="{_RFC6750}", {metadata}'
        )


def issue(subject: str, scopes: list[str], expires_at: int | None = None, *, api_key: bool = False) -> str:
    """Makes a token.

    Args:
        subject: Client id, or for an API key also an account id.
        scopes: Scope names without prefix.
        expires_at: Seconds since 1970; None never expires.
        api_key: An `nvapi-` key instead of a JWT stand-in.
    """
    claims: dict[str, object] = {"sub": subject, "scopes": scopes}
    if expires_at is not None:
        claims["exp"] = expires_at
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return (API_KEY_PREFIX if api_key else JWT_PREFIX) + payload


def authenticate(header: str | None, now: float) -> Caller | Refusal:
    """Reads an `Authorization` header.

    Args:
        header: Its value, None when absent.
        now: Seconds since 1970.
    """
    if header is None or not header.lower().startswith("bearer"):
        return Refusal(None)
    match = _BEARER.fullmatch(header)
    if match is None:
        return Refusal("Bearer token is malformed")
    token = match.group(1)
    for prefix, is_api_key in ((JWT_PREFIX, False), (API_KEY_PREFIX, True)):
        if token.startswith(prefix):
            return _read(token[len(prefix) :], now, is_api_key=is_api_key)
    return Refusal(_not_ours(token))


def _not_ours(token: str) -> str:
    """A foreign token is refused in the words the real server has for a bad signature."""
    if "." not in token:
        return "Invalid JWT serialization: Missing dot delimiter(s)"
    return "An error occurred while attempting to decode the Jwt: Signed JWT rejected: Invalid signature"


def _read(payload: str, now: float, *, is_api_key: bool) -> Caller | Refusal:
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        subject, scopes, expires = claims["sub"], claims.get("scopes", []), claims.get("exp")
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError):
        return Refusal("Invalid token")
    if isinstance(scopes, str):
        scopes = scopes.split()
    if not isinstance(subject, str) or not isinstance(scopes, list):
        return Refusal("Invalid token")
    if expires is not None and expires + CLOCK_SKEW_SECONDS < now:
        instant = java_text.format_instant(int(expires) * 1_000_000_000)
        return Refusal(f"An error occurred while attempting to decode the Jwt: Jwt expired at {instant}")
    authorities = frozenset(f"apikey:{s}" if is_api_key else s for s in scopes if isinstance(s, str))
    return Caller(subject, authorities, is_api_key)
