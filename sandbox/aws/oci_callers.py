"""Which registry a request means, and who pulls or pushes: the identity whose key the password was got with."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.aws.account import ACCOUNT_ID, GLOBAL_REGION, PUBLIC_REGISTRY_ALIAS
from sandbox.aws.cloud import Cloud
from sandbox.aws.identities import Credential, find_access_key, find_role_named, iam
from sandbox.aws.oci_errors import DENIED, UNAUTHORIZED, OciCode, OciError
from sandbox.aws.tokens import LIFETIME, USER_NAME, ExpiredTokenError, InvalidTokenError, TokenClaims

PUBLIC_HOST = "public.ecr.aws"
TOKEN_PATH = "/token"
"""Where a client of the public registry gets the token that its pulls carry."""

_PRIVATE_HOST = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)"
)
_SOMEBODY = "000000000000"
"""Stands for the account behind an alias that is not this one's."""

_INVALID = "Your Authorization Token is invalid."


@dataclass(frozen=True)
class Address:
    """A registry and a repository in it.

    Attributes:
        service: `ecr` or `ecr-public`.
        account: Whose registry it is.
        region: Its region.
        name: Repository, without the alias of a public registry; empty when none is named.
        is_loopback: Whether the client addressed this server as itself, not as ECR.
    """

    service: str
    account: str
    region: str
    name: str
    is_loopback: bool

    @property
    def is_public(self) -> bool:
        """Whether it is ECR Public."""
        return self.service == "ecr-public"


@dataclass(frozen=True)
class Caller:
    """Who pulls or pushes.

    Attributes:
        claims: What the password says, even when it holds no more; None without a genuine one.
        credential: The key it was got with; None for an anonymous client.
        refusal: Why the client is turned away, whatever it wants; None when it is not.
    """

    claims: TokenClaims | None = None
    credential: Credential | None = None
    refusal: OciError | None = None


def identify(cloud: Cloud, headers: Mapping[str, str]) -> Caller:
    """Finds who a request's password stands for.

    A password holds twelve hours, but here no longer than the access key it was got with: AWS does not say whether a
    key that is deleted or switched off takes its passwords along, so the sandbox supposes the worse for whoever still
    pulls. A password got with temporary credentials outlives them, as in AWS, though not their user or role.

    Args:
        cloud: Where passwords and keys are known.
        headers: Header values by lower-case name.
    """
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if not scheme:
        return Caller()
    try:
        claims = cloud.tokens.verify(_password(scheme.lower(), value.strip()), cloud.clock())
    except ExpiredTokenError as error:
        return Caller(error.claims, refusal=OciError(DENIED, str(error), "ExpiredAuthorizationToken"))
    except InvalidTokenError:
        return Caller(refusal=OciError(OciCode(DENIED.name, 400), _INVALID, "InvalidAuthorizationToken"))
    credential = _credential(cloud, claims.key_id) if claims.key_id else None
    if claims.key_id and credential is None:
        text = f"{_INVALID} (sandbox: its access key {claims.key_id} is switched off or gone)"
        return Caller(claims, refusal=OciError(DENIED, text, "UnrecognizedClientException"))
    return Caller(claims, credential)


def find_address(host: str, name: str, caller: Caller) -> Address:
    """Which registry a request is for, by the name its client called this server, or else by its password.

    Args:
        host: The `Host` header.
        name: Repository in the path.
        caller: Who asks.
    """
    host_name, claims = host.partition(":")[0].lower(), caller.claims
    match = _PRIVATE_HOST.fullmatch(host_name)
    if match is not None:
        return Address("ecr", match["account"], match["region"], name, is_loopback=False)
    is_loopback = host_name != PUBLIC_HOST
    alias, _, rest = name.partition("/")
    has_alias = alias == PUBLIC_REGISTRY_ALIAS and rest != ""
    if not is_loopback or (claims.service == "ecr-public" if claims else has_alias):
        if name and not has_alias:
            return Address("ecr-public", _SOMEBODY, GLOBAL_REGION, name, is_loopback)
        return Address("ecr-public", ACCOUNT_ID, GLOBAL_REGION, rest, is_loopback)
    return Address("ecr", ACCOUNT_ID, claims.region if claims else GLOBAL_REGION, name, is_loopback)


def admit(caller: Caller, address: Address, host: str, *, is_pull: bool) -> None:
    """Turns away who has no business in a registry.

    Args:
        caller: Who asks.
        address: For what.
        host: The `Host` header.
        is_pull: Whether the call is one that ECR Public lets everyone make.

    Raises:
        OciError: The password is missing, does not hold, or is for another registry.
    """
    if caller.refusal is not None:
        raise caller.refusal
    claims = caller.claims
    if claims is not None and (claims.service, claims.region) != (address.service, address.region):
        text = f"{_INVALID} (sandbox: it is for {claims.service} in {claims.region})"
        raise OciError(DENIED, text, "InvalidAuthorizationToken")
    is_open = address.is_public and is_pull and (claims is not None or address.is_loopback)
    if caller.credential is None and not is_open:
        raise OciError(UNAUTHORIZED, "Not Authorized", "MissingAuthenticationToken", _challenge(address, host))


def give_public_token(cloud: Cloud, caller: Caller) -> str:
    """The token for pulls from ECR Public: of whoever shows a password, or of nobody.

    Args:
        cloud: Where passwords are made.
        caller: Who asks.

    Raises:
        OciError: There is a password, and it does not hold or is for private ECR.
    """
    if caller.refusal is not None:
        raise caller.refusal
    if caller.claims is not None and caller.claims.service != "ecr-public":
        raise OciError(DENIED, _INVALID, "InvalidAuthorizationToken")
    expires = int((cloud.clock() + LIFETIME).timestamp())
    return cloud.tokens.password(caller.claims or TokenClaims("ecr-public", GLOBAL_REGION, "", "", expires))


def _challenge(address: Address, host: str) -> Mapping[str, str]:
    if address.is_public:
        challenge = f'Bearer realm="http://{host}{TOKEN_PATH}/",service="{PUBLIC_HOST}",scope="aws"'
    else:
        challenge = f'Basic realm="http://{host}/",service="ecr.amazonaws.com"'
    return {"Www-Authenticate": challenge}


def _password(scheme: str, value: str) -> str:
    if scheme == "bearer":
        return value
    try:
        user, _, password = base64.b64decode(value).decode().partition(":")
    except ValueError:
        raise InvalidTokenError(_INVALID) from None
    if scheme != "basic" or user != USER_NAME:
        raise InvalidTokenError(_INVALID)
    return password


def _credential(cloud: Cloud, key_id: str) -> Credential | None:
    session = cloud.sessions.find(key_id)
    if session is None:
        key = find_access_key(key_id)
        return key if key is not None and key.active else None
    name = session.principal.name
    exists = name in iam().users if session.principal.is_user else find_role_named(name) is not None
    return session if exists else None
