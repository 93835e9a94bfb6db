"""OpenID Connect tokens that pods exchange for AWS credentials (IAM roles for service accounts).

AWS fetches an issuer's public keys over HTTPS. A sandbox's issuer has no public address, so a test hands the keys over,
and everything else is checked as AWS does: signature, lifetime, a provider in IAM for the issuer, and the audience.
"""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact
from moto.iam.models import OpenIDConnectProvider

from sandbox.aws.errors import OperationError
from sandbox.aws.identities import iam

_ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]


class IdentityProviderKeys:
    """Public signing keys, by issuer URL."""

    def __init__(self) -> None:
        self._by_issuer: dict[str, KeySet] = {}

    def register(self, issuer: str, key_set: Mapping[str, Any]) -> None:
        """Takes an issuer's keys.

        Args:
            issuer: The `iss` claim of its tokens.
            key_set: JSON Web Key Set, as at the issuer's `jwks_uri`.
        """
        self._by_issuer[issuer] = KeySet.import_key_set({"keys": list(key_set["keys"])})

    def verify(self, token: str, now: dt.datetime) -> tuple[dict[str, Any], OpenIDConnectProvider]:
        """Checks a token.

        Args:
            token: The compact JSON Web Token.
            now: The present moment, with its timezone.

        Returns:
            Its claims, and the IAM identity provider that vouches for its issuer.

        Raises:
            OperationError: With the error code that `AssumeRoleWithWebIdentity` gives.
        """
        issuer = _issuer(token)
        provider = find_provider(issuer)
        if provider is None:
            raise _invalid(f"No OpenIDConnect provider found in your account for {issuer}")
        keys = self._by_issuer.get(issuer)
        if keys is None:
            raise _invalid(
                "Couldn't retrieve verification key from your identity provider, please reference "
                "AssumeRoleWithWebIdentity documentation for requirements"
            )
        try:
            claims = dict(jwt.decode(token, keys, algorithms=_ALGORITHMS).claims)
        except (JoseError, ValueError):
            raise _invalid("The ID Token provided is not a valid JWT") from None
        if now.timestamp() >= float(claims.get("exp", 0)):
            raise OperationError(
                "ExpiredTokenException", "Token expired: current date/time must be before its expiration"
            )
        if not set(audiences(claims)) & set(provider.client_id_list):
            raise _invalid("Incorrect token audience")
        return claims, provider


def audiences(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """The `aud` claim, which may be one or many."""
    value = claims.get("aud", [])
    return (value,) if isinstance(value, str) else tuple(value)


def find_provider(issuer: str) -> OpenIDConnectProvider | None:
    """The account's identity provider for an issuer, or None."""
    bare = issuer.removeprefix("https://").rstrip("/")
    return next((provider for provider in iam().open_id_providers.values() if provider.url.rstrip("/") == bare), None)


def _issuer(token: str) -> str:
    try:
        claims = json.loads(extract_compact(token.encode()).payload.decode())
    except (JoseError, ValueError):
        raise _invalid("The ID Token provided is not a valid JWT.") from None
    return str(claims.get("iss", ""))


def _invalid(message: str) -> OperationError:
    return OperationError("InvalidIdentityToken", message)
