"""The passwords that `GetAuthorizationToken` gives out for `docker login`.

A password says who asked for it and until when it holds, and is sealed with a secret of the running process, so that a
registry beside this server can tell a genuine one and decide each pull by that identity's policies.
"""

import base64
import datetime as dt
import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass

LIFETIME = dt.timedelta(hours=12)
"""How long a password holds (ECR API reference, GetAuthorizationToken)."""

USER_NAME = "AWS"
"""The user name that goes with the password."""


class InvalidTokenError(Exception):
    """The password was not issued by this process, or has expired."""


@dataclass(frozen=True)
class TokenClaims:
    """What a registry password says.

    Attributes:
        service: `ecr` or `ecr-public`.
        region: Region whose registry it opens.
        principal: ARN of the identity that asked.
        key_id: Access key id that asked.
        expires_at: Seconds since the epoch.
    """

    service: str
    region: str
    principal: str
    key_id: str
    expires_at: int


class TokenIssuer:
    """Makes and checks registry passwords."""

    def __init__(self) -> None:
        self._seal = secrets.token_bytes(32)

    def issue(self, claims: TokenClaims) -> str:
        """The authorization token: base64 of `AWS:<password>`."""
        body = json.dumps(asdict(claims), sort_keys=True).encode()
        password = base64.urlsafe_b64encode(self._mac(body) + body).decode()
        return base64.b64encode(f"{USER_NAME}:{password}".encode()).decode()

    def verify(self, password: str, now: dt.datetime) -> TokenClaims:
        """Reads a password back.

        Args:
            password: What followed `AWS:` in the token.
            now: The present moment, with its timezone.

        Raises:
            InvalidTokenError: It is forged, damaged or expired.
        """
        try:
            sealed = base64.urlsafe_b64decode(password.encode())
        except ValueError:
            raise InvalidTokenError("Your authorization token is malformed.") from None
        mac, body = sealed[:32], sealed[32:]
        if not hmac.compare_digest(mac, self._mac(body)):
            raise InvalidTokenError("Your authorization token was not issued here.")
        claims = TokenClaims(**json.loads(body))
        if now.timestamp() >= claims.expires_at:
            raise InvalidTokenError("Your authorization token has expired. Reauthenticate and try again.")
        return claims

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._seal, body, hashlib.sha256)
