"""The passwords that `GetAuthorizationToken` gives out for `docker login`.

A password says who asked for it and until when it holds, and is sealed with a secret of the running process, so that a
registry beside this server can tell a genuine one and decide each pull by that identity's policies.
"""

import base64
import datetime as dt
from dataclasses import asdict, dataclass

from sandbox.aws.sealing import BrokenSealError, Seal

LIFETIME = dt.timedelta(hours=12)
"""How long a password holds (ECR API reference, GetAuthorizationToken)."""

USER_NAME = "AWS"
"""The user name that goes with the password."""


class InvalidTokenError(Exception):
    """The password was not issued by this process, or has expired."""


class ExpiredTokenError(InvalidTokenError):
    """The password has expired.

    Attributes:
        claims: What it said while it held.
    """

    def __init__(self, message: str, claims: "TokenClaims") -> None:
        super().__init__(message)
        self.claims = claims


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
        self._seal = Seal()

    def issue(self, claims: TokenClaims) -> str:
        """The authorization token: base64 of `AWS:<password>`."""
        return base64.b64encode(f"{USER_NAME}:{self.password(claims)}".encode()).decode()

    def password(self, claims: TokenClaims) -> str:
        """The password alone."""
        return self._seal.close(asdict(claims))

    def verify(self, password: str, now: dt.datetime) -> TokenClaims:
        """Reads a password back.

        Args:
            password: What followed `AWS:` in the token.
            now: The present moment, with its timezone.

        Raises:
            ExpiredTokenError: It has expired.
            InvalidTokenError: It is forged or damaged.
        """
        try:
            claims = TokenClaims(**self._seal.open(password))
        except BrokenSealError as error:
            raise InvalidTokenError(f"Your authorization token is invalid ({error}).") from None
        if now.timestamp() >= claims.expires_at:
            raise ExpiredTokenError("Your authorization token has expired. Reauthenticate and try again.", claims)
        return claims
