"""What NVCF's answers mean: from a status and a body to a typed error.

Written from the recorded answers of the real server. Two traps are dealt with here and nowhere else: 401 and 403 come
from NVCF about our token as well as from a registry about the credential, and AWS's complaints come as 400 with AWS's
JSON inside a text (NVCF contract, observed 5, observed-2 §1).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from nvcf import errors
from nvcf.errors import FunctionUser, NvcfError

SCOPE = "manage_registry_credentials"

_URN = "urn:nv-boot:problem-details:"
_SHOWN = 600
_IN_USE = re.compile(r"in use by Function id '([^']*)', version '([^']*)'")
_LIMIT = re.compile(r"maximum allowed registry credentials \((\d+)\) exceeded\. Current count: (\d+)")
_NOT_RECOGNIZED = re.compile(
    r"is not yet recognized|not recognized for artifact type|Invalid \w+( private)? hostname format"
)
_UNKNOWN_KEY = re.compile(r"UnrecognizedClientException|InvalidSignatureException|InvalidClientTokenId")
_THROTTLED = re.compile(r"ThrottlingException|TooManyRequestsException|RequestLimitExceeded")
_OUTSIDE = re.compile(
    r"TimeoutException|Failed to resolve|UnknownHost|Connection refused|Connection reset|PrematureClose"
)
_NO_SECRET = re.compile(r"Registry credential '[^']*' missing secret")
_MISSING_ID = re.compile(r"Registry Credential '[^']*': Not found in account '([^']*)'")


@dataclass(frozen=True)
class FailedAnswer:
    """An answer that is no success, its texts already redacted.

    Attributes:
        method: The call's method.
        status: The HTTP status.
        problem: The body as a JSON object; empty when it is none.
        text: The body as text.
        challenge: The WWW-Authenticate header.
        location: The Location header.
        cross_account: Whether a route that names the account was used.
    """

    method: str
    status: int
    problem: Mapping[str, object]
    text: str
    challenge: str = ""
    location: str = ""
    cross_account: bool = False

    @property
    def detail(self) -> str:
        """What the problem says, or the body's text when it is no problem."""
        detail = self.problem.get("detail")
        return detail if isinstance(detail, str) else self.text

    @property
    def is_nvcf_problem(self) -> bool:
        """Whether NVCF's own code wrote this, rather than its framework or a gateway."""
        return str(self.problem.get("type", "")).startswith(_URN)

    @property
    def checks_login(self) -> bool:
        """Whether the call makes NVCF log in to the registry, so that the answer may be the registry's."""
        return self.method in ("POST", "PATCH")


def error_of(answer: FailedAnswer) -> NvcfError:
    """Finds the error an answer stands for.

    Args:
        answer: The answer, its texts redacted.

    Returns:
        The error, not raised.
    """
    by_status = {
        400: _bad_request,
        401: _unauthorized,
        403: _forbidden,
        404: _not_found,
        408: _no_answer,
        409: _conflict,
        429: _throttled,
        502: _upstream,
        503: _upstream,
        504: _no_answer,
    }
    if answer.status in by_status:
        return by_status[answer.status](answer)
    if 300 <= answer.status < 400:
        return errors.NotNvcf(
            f"NVCF's endpoint redirects elsewhere ({answer.status}, to '{_cut(answer.location)}').",
            "Set the endpoint to the URL that answers itself; tokens are not sent along redirects.",
        )
    if answer.status >= 500:
        return _server_fault(answer)
    return errors.InvalidRequest(
        f"NVCF refused the call with {answer.status}: {_said(answer)}",
        "Check that the endpoint is an NVCF API of a supported release.",
    )


def _bad_request(answer: FailedAnswer) -> NvcfError:
    detail = answer.detail
    users = [FunctionUser(*ids) for ids in _IN_USE.findall(detail)]
    if users:
        return _in_use(users)
    if "Cannot delete system provisioned" in detail:
        return errors.SystemProvisioned(
            "The credential came with the NVCF account and cannot be deleted by itself.",
            "It is removed with the account only.",
        )
    limit = _LIMIT.search(detail)
    if limit:
        return errors.LimitReached(
            f"The NVCF account holds {limit[2]} registry credentials and may hold {limit[1]}.",
            "Delete one that no function needs, or have an administrator raise the account's limit.",
        )
    if _NOT_RECOGNIZED.search(detail):
        return errors.NotRecognized(
            f"This NVCF installation does not know the registry: {_said(answer)}",
            "Check hostname and artifact types; a registry of your own must first be added to NVCF's configuration.",
        )
    if answer.checks_login and not detail.startswith(("Validation failed", "Failed to")):
        return _registry_trouble(answer)
    return _invalid(answer)


def _in_use(users: list[FunctionUser]) -> NvcfError:
    versions: dict[str, list[str]] = {}
    for user in users:
        versions.setdefault(user.function, []).append(user.version)
    named = "; ".join(f"function {function}, version {', '.join(found)}" for function, found in versions.items())
    return errors.InUse(
        f"NVCF does not delete the credential while functions use its registry, whichever credential they pull with: "
        f"{named}.",
        "Delete these function versions first (undeploying them is not enough), or keep the credential with "
        "onDestroy: keep; to change only its secret, name or to add artifact types, no deletion is needed.",
        users=users,
    )


def _registry_trouble(answer: FailedAnswer) -> NvcfError:
    """Tells apart what AWS and other registries say inside a 400."""
    detail, said = answer.detail, _said(answer)
    if _THROTTLED.search(detail):
        return errors.Throttled(f"AWS is throttling NVCF's logins: {said}", "Run again in a minute.")
    if "InvalidSignatureException" in detail:
        return errors.KeyNotPropagated(
            f"AWS refuses the access key when NVCF logs in with it: {said}",
            "The secret access key does not belong to the access key id, or is too new: check both and run again.",
        )
    if _UNKNOWN_KEY.search(detail):
        return errors.KeyNotPropagated(
            f"AWS refuses the access key when NVCF logs in with it: {said}",
            "The key was deleted, deactivated or mistyped, or is too new: check that it is active and run again.",
        )
    if "AccessDenied" in detail:
        return _registry_denied(answer)
    if isinstance(_json(detail), dict):
        return errors.RegistryRejectedCredential(
            f"The registry refuses the credential when NVCF logs in with it: {said}", "Check username and password."
        )
    return _invalid(answer)


def _registry_denied(answer: FailedAnswer) -> NvcfError:
    return errors.RegistryDenied(
        f"The registry knows the credential but does not let it log in: {_said(answer)}",
        "Grant its user the right to log in; for ECR that is ecr:GetAuthorizationToken, for ECR Public "
        "ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken, each on all resources.",
    )


def _invalid(answer: FailedAnswer) -> NvcfError:
    return errors.InvalidRequest(f"NVCF finds the request invalid: {_said(answer)}", "Correct the value it names.")


def _unauthorized(answer: FailedAnswer) -> NvcfError:
    if answer.checks_login and answer.is_nvcf_problem:
        return errors.RegistryRejectedCredential(
            f"The registry refuses the username and password when NVCF logs in with them: {_said(answer)}",
            "Check username and password; the NVCF token itself is fine.",
        )
    why = re.search(r'error_description="([^"]*)"', answer.challenge)
    reason = f" ({_cut(why[1])})" if why else ""
    return errors.TokenRejected(
        f"NVCF does not accept the token it was given{reason}.",
        "Set a token that is valid and not expired, in NVCF_TOKEN or the secret nvcf-registry:nvcfToken; it is the "
        "token for NVCF that is refused, not the registry's password.",
    )


def _forbidden(answer: FailedAnswer) -> NvcfError:
    if answer.checks_login and answer.is_nvcf_problem and answer.detail != "Access Denied":
        return _registry_denied(answer)
    scope = f"admin:{SCOPE}" if answer.cross_account else SCOPE
    why = "." if answer.detail in ("", "Access Denied") else f": {_said(answer)}"
    return errors.Forbidden(
        f"The NVCF token is valid but may not manage registry credentials here{why}",
        f"Use a token with the scope {scope}; a service key of hosted NVCF also needs the resource type 'All Entity', "
        "and changes to it take up to 15 minutes.",
    )


def _not_found(answer: FailedAnswer) -> NvcfError:
    detail = answer.detail
    if "Unknown client_id" in detail:
        return errors.UnknownClient(
            f"The NVCF token is valid but its client belongs to no NVCF account: {_said(answer)}",
            "Use a token of a client that is registered with the account.",
        )
    if re.search(r"Account with ncaId '[^']*' not found", detail):
        return errors.AccountNotFound(
            f"NVCF has no such account: {_said(answer)}",
            "Correct the account id, or create the account first (NVCF's bootstrap does).",
        )
    missing = _MISSING_ID.search(detail)
    if missing or answer.is_nvcf_problem:
        return errors.NotFound(
            "NVCF has no such credential.",
            "It was deleted outside this stack: `pulumi refresh` takes note of that.",
            account=missing[1] if missing else None,
        )
    return errors.NotNvcf(
        f"Nothing at this endpoint answers NVCF's registry-credential API (404): {_said(answer)}",
        "Check the endpoint's URL and, behind a gateway that routes by host name, the host setting.",
    )


def _conflict(answer: FailedAnswer) -> NvcfError:
    return errors.Conflict(
        f"The NVCF account already has a credential of this hostname and name: {_said(answer)}",
        "Give this one another name, or delete the other.",
    )


def _throttled(answer: FailedAnswer) -> NvcfError:
    return errors.Throttled(f"NVCF asks to slow down (429): {_said(answer)}", "Run again in a minute.")


def _no_answer(answer: FailedAnswer) -> NvcfError:
    return errors.NoAnswer(
        f"A gateway gave up waiting for NVCF ({answer.status}): {_said(answer)}",
        "Run again; what the call did is found and taken over then.",
    )


def _upstream(answer: FailedAnswer) -> NvcfError:
    return errors.Upstream(
        f"NVCF, or a service it depends on, is in trouble ({answer.status}): {_said(answer)}",
        "Run again when it has recovered; what the call did is found and taken over then.",
    )


def _server_fault(answer: FailedAnswer) -> NvcfError:
    if _OUTSIDE.search(answer.detail):
        return _upstream(answer)
    if _NO_SECRET.search(answer.detail):
        return errors.SecretLost(
            f"NVCF has lost the credential's secret: {_said(answer)}",
            "Run `python -m ops recover --verify`, then `pulumi up`, which sends it again.",
        )
    return errors.ServerFault(
        f"NVCF failed in itself ({answer.status}): {_said(answer)}", "Look at NVCF's log, or ask its operator to."
    )


def _said(answer: FailedAnswer) -> str:
    """Returns the server's words as a sentence: those of a registry unpacked, short enough to read."""
    inner = _json(answer.detail)
    if isinstance(inner, dict):
        kind = str(inner.get("__type", "")).rpartition("#")[2]
        message = inner.get("message") or inner.get("Message")
        if kind and isinstance(message, str):
            return _sentence(f"{kind}: {message}")
    return _sentence(answer.detail or "(no text)")


def _sentence(text: str) -> str:
    cut = _cut(text)
    return cut if cut.endswith((".", "!", "?")) else f"{cut}."


def _cut(text: str) -> str:
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}…"


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None
