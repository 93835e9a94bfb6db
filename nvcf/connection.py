"""Where NVCF is and how to speak to it: endpoint, Host header, account, token.

Read from the stack's configuration (`nvcf-registry:nvcf` and the secret `nvcf-registry:nvcfToken`), else from
the environment (`NVCF_ENDPOINT`, `NVCF_HOST`, `NVCF_TOKEN`, `NVCF_TIMEOUT_SECONDS`). Nothing of it is ever an input of
a resource, so none of it reaches state.
"""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from nvcf.errors import NotConfigured
from nvcf.hostnames import hostname_mistake
from nvcf.mistakes import Mistake

NAMESPACE = "nvcf-registry"
"""The namespace of the project's configuration keys."""

CONFIG_KEY = f"{NAMESPACE}:nvcf"
TOKEN_KEY = f"{NAMESPACE}:nvcfToken"
DEFAULT_PROPAGATION_SECONDS = 360.0
"""How long a new key may take to be known everywhere (design: six minutes cover NVCF's five-minute caches)."""

DEFAULT_TIMEOUT_SECONDS = 60.0
"""How long to wait for an answer. NVCF itself waits 10 s for a registry, once an artifact type, and retries its secret
store."""

_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", re.ASCII)
_HOST_HEADER = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?", re.ASCII)
_SETTINGS = frozenset({"endpoint", "host", "account", "propagationSeconds"})


@dataclass(frozen=True)
class Connection:
    """How to reach one NVCF installation.

    Attributes:
        endpoint: The API's base URL.
        token: Gives the bearer token when a call is made; never kept in a text.
        host: The Host header to send instead of the endpoint's own, for gateways that route by it; or `None`.
        account: The account to act on through the cross-account routes, or `None` for the token's own.
        propagation_seconds: How long to go on trying with a key that AWS does not know yet, in seconds.
        timeout_seconds: How long to wait for an answer, in seconds.
    """

    endpoint: str
    token: Callable[[], str] = field(repr=False)
    host: str | None = None
    account: str | None = None
    propagation_seconds: float = DEFAULT_PROPAGATION_SECONDS
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS


def connection_from(config: Callable[[str], object], environment: Mapping[str, str]) -> Connection:
    """Reads the connection from a stack's configuration, else from the environment.

    Args:
        config: Returns the value of a full configuration key, or `None`; structured values are JSON text.
        environment: The process's environment.

    Returns:
        The connection.

    Raises:
        NotConfigured: Something is missing or unusable; the text says what, and how to set it.
    """
    settings = _settings(config(CONFIG_KEY))
    endpoint = _text(settings.get("endpoint")) or environment.get("NVCF_ENDPOINT", "")
    host = _text(settings.get("host")) or environment.get("NVCF_HOST") or None
    account = _text(settings.get("account")) or None
    token = _text(config(TOKEN_KEY)) or environment.get("NVCF_TOKEN", "")
    _refuse("endpoint", endpoint_mistake(endpoint), "NVCF_ENDPOINT")
    _refuse("host", host_header_mistake(host) if host else None, "NVCF_HOST")
    _refuse("account", account_id_mistake(account) if account else None)
    mistake = token_mistake(token)
    if mistake:
        raise NotConfigured(
            f"The NVCF token {mistake.problem}.",
            f"{mistake.remedy}: run `pulumi config set --secret {TOKEN_KEY}`, or set NVCF_TOKEN in the environment.",
        )
    timeout = _timeout(environment.get("NVCF_TIMEOUT_SECONDS", ""))
    return Connection(endpoint.rstrip("/"), lambda: token, host, account, _seconds(settings), timeout)


def endpoint_mistake(endpoint: str) -> Mistake | None:
    """Judges the base URL of NVCF's API."""
    example = "such as 'https://api.nvcf.example.com'"
    if not endpoint.strip():
        return Mistake("is missing", f"Give the URL of NVCF's API, {example}")
    try:
        url = urllib.parse.urlsplit(endpoint)
        host, port = url.hostname, url.port
    except ValueError:
        return Mistake("is no URL", f"Give the URL of NVCF's API, {example}")
    if url.scheme not in ("http", "https") or not host or port == 0 or _has_blank(endpoint):
        return Mistake("is no HTTP URL", f"Give scheme and host, {example}")
    return _extras_mistake(url)


def host_header_mistake(host: str) -> Mistake | None:
    """Judges a Host header to send instead of the endpoint's own host."""
    if _HOST_HEADER.fullmatch(host) and not hostname_mistake(f"{host.partition(':')[0].lower()}.test"):
        return None
    return Mistake("is no host name", "Give the name the gateway routes by, such as 'api.nvcf.example.com'")


def account_id_mistake(account: str) -> Mistake | None:
    """Judges the id of an NVCF account, such as `nvcf-default`."""
    if _ACCOUNT.fullmatch(account):
        return None
    return Mistake("is no NVCF account id", "Give the account's id, such as 'nvcf-default'")


def token_mistake(token: str) -> Mistake | None:
    """Judges a bearer token, in words that do not repeat it."""
    if not token:
        return Mistake("is missing", "Give a JWT or an 'nvapi-' key with the scope manage_registry_credentials")
    if _has_blank(token) or not token.isascii():
        return Mistake("contains white space or characters no header can carry", "Set it again as one plain word")
    return None


def _extras_mistake(url: urllib.parse.SplitResult) -> Mistake | None:
    """Finds what a base URL must not have."""
    if url.username is not None or url.password is not None:
        return Mistake("contains a user or password", "Remove it; NVCF is given a token")
    if url.query or url.fragment:
        return Mistake("has a query or fragment", "Give scheme, host and, where there is one, a path")
    if "/v2/nvcf" in url.path:
        return Mistake("contains the API's own path", "End it before '/v2/nvcf'; the rest is added")
    return None


def _has_blank(text: str) -> bool:
    return any(c.isspace() or not c.isprintable() for c in text)


def _settings(value: object) -> Mapping[str, object]:
    if value is None:
        return {}
    try:
        parsed = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        parsed = None
    if not isinstance(parsed, Mapping):
        raise NotConfigured(
            f"{CONFIG_KEY} is no object.",
            f"Set its members by path: `pulumi config set --path '{CONFIG_KEY}.endpoint' URL`.",
        )
    unknown = sorted(set(parsed) - _SETTINGS)
    if unknown:
        raise NotConfigured(
            f"{CONFIG_KEY} has the unknown member {', '.join(map(repr, unknown))}.",
            f"Its members are {', '.join(sorted(_SETTINGS))}.",
        )
    return parsed


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _seconds(settings: Mapping[str, object]) -> float:
    value = settings.get("propagationSeconds", DEFAULT_PROPAGATION_SECONDS)
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            seconds = float(value)
        except ValueError:
            seconds = -1.0
        if 0 <= seconds <= 3600:
            return seconds
    raise NotConfigured(
        f"{CONFIG_KEY}.propagationSeconds is no number of seconds from 0 to 3600.",
        f"Set it with `pulumi config set --path '{CONFIG_KEY}.propagationSeconds' 360`, or remove it.",
    )


def _timeout(value: str) -> float:
    if not value:
        return DEFAULT_TIMEOUT_SECONDS
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if 1 <= seconds <= 600:
        return seconds
    raise NotConfigured(
        "NVCF_TIMEOUT_SECONDS is no number of seconds from 1 to 600.",
        f"Correct it, or remove it to wait {DEFAULT_TIMEOUT_SECONDS:.0f} s for an answer.",
    )


def _refuse(member: str, mistake: Mistake | None, variable: str = "") -> None:
    if mistake:
        instead = f", or set {variable} in the environment" if variable else ""
        raise NotConfigured(
            f"The NVCF {member} ({CONFIG_KEY}.{member}) {mistake.problem}.",
            f"{mistake.remedy}: `pulumi config set --path '{CONFIG_KEY}.{member}' VALUE`{instead}.",
        )
