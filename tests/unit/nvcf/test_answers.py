"""The recorded answers of the real server, and what they mean."""

from __future__ import annotations

import json

import pytest

from nvcf import errors
from nvcf.answers import FailedAnswer, error_of
from nvcf.errors import FunctionUser, InUse

URN = "urn:nv-boot:problem-details:"
ACCESS_DENIED = (
    '{"__type":"AccessDeniedException","Message":"User: arn:aws:iam::123456789012:user/ci is not authorized to '
    'perform: ecr:GetAuthorizationToken on resource: *"}'
)


def answer(
    method: str, status: int, detail: str | None = None, kind: str | None = "bad-request", **more: str
) -> FailedAnswer:
    problem = {} if detail is None else {"detail": detail, "status": status} | ({"type": URN + kind} if kind else {})
    return FailedAnswer(method, status, problem, more.pop("text", json.dumps(problem) if problem else ""), **more)  # type: ignore[arg-type] # texts only


CASES = {
    "no token": (answer("GET", 401), errors.TokenRejected, "not the registry's password"),
    "expired": (
        answer("POST", 401, challenge='Bearer error="invalid_token", error_description="Jwt expired at 5"'),
        errors.TokenRejected,
        "Jwt expired",
    ),
    "registry 401": (
        answer("POST", 401, '{"errors":[{"code":"UNAUTHORIZED"}]}', "unauthorized"),
        errors.RegistryRejectedCredential,
        "token itself is fine",
    ),
    "401 of a call that logs in nowhere": (
        answer("GET", 401, "Unauthorized", "unauthorized"),
        errors.TokenRejected,
        "not the registry's password",
    ),
    "scope": (answer("POST", 403, "Access Denied", "forbidden"), errors.Forbidden, "manage_registry_credentials"),
    "gateway 403": (answer("PATCH", 403, text="<html>no</html>"), errors.Forbidden, "<html>no</html>"),
    "IAM denial": (
        answer("PATCH", 403, ACCESS_DENIED, "forbidden"),
        errors.RegistryDenied,
        "ecr:GetAuthorizationToken on resource: *",
    ),
    "IAM denial as 400": (answer("POST", 400, ACCESS_DENIED), errors.RegistryDenied, "AccessDeniedException: User"),
    "gone": (
        answer("DELETE", 404, "Registry Credential '0': Not found in account 'acct-1'", "not-found"),
        errors.NotFound,
        "no such credential",
    ),
    "client": (
        answer("GET", 404, "Unknown client_id 'x' when finding account id", "not-found"),
        errors.UnknownClient,
        "'x'",
    ),
    "account": (answer("POST", 404, "Account with ncaId 'x' not found", "not-found"), errors.AccountNotFound, "'x'"),
    "wrong path": (answer("GET", 404, "No static resource v2/nvcf.", None), errors.NotNvcf, "host setting"),
    "gateway 404": (answer("GET", 404, text="404 page not found"), errors.NotNvcf, "404 page not found"),
    "duplicate": (
        answer("POST", 409, "Account 'a': Registry credential 'n' for hostname 'h' already exists", "conflict"),
        errors.Conflict,
        "'n' for hostname 'h'",
    ),
    "slow down": (
        answer("POST", 429, "Account 'acct-rl-1': too many requests. Slow down.", "too-many-requests"),
        errors.Throttled,
        "Slow down",
    ),
    "AWS throttling": (
        answer("POST", 400, '{"__type":"ThrottlingException","message":"Rate exceeded"}'),
        errors.Throttled,
        "Rate exceeded",
    ),
    "new key": (
        answer("POST", 400, '{"__type":"UnrecognizedClientException","message":"The security token"}'),
        errors.KeyNotPropagated,
        "UnrecognizedClientException: The security token",
    ),
    "signature": (
        answer("PATCH", 400, '{"__type":"com.amazon.coral#InvalidSignatureException","message":"does not match"}'),
        errors.KeyNotPropagated,
        "InvalidSignatureException: does not match",
    ),
    "token id": (
        answer("PATCH", 400, '{"__type":"InvalidClientTokenId","message":"x"}'),
        errors.KeyNotPropagated,
        "active",
    ),
    "key name in an echo": (
        answer("POST", 400, "Validation failed: [rejected=UnrecognizedClientException]", None),
        errors.InvalidRequest,
        "Validation failed",
    ),
    "VolcEngine": (
        answer("POST", 400, '{"ResponseMetadata":{"Error":{"Code":"InvalidAccessKey"}}}'),
        errors.RegistryRejectedCredential,
        "InvalidAccessKey",
    ),
    "unknown registry": (
        answer("POST", 400, "Invalid request: CONTAINER registry with hostname ghcr.io is not yet recognized"),
        errors.NotRecognized,
        "ghcr.io",
    ),
    "unknown for type": (
        answer("PATCH", 400, "Invalid request: 'X' with hostname 'h' not recognized for artifact type 'MODEL'"),
        errors.NotRecognized,
        "MODEL",
    ),
    "bad ECR host": (answer("POST", 400, "Invalid ECR private hostname format"), errors.NotRecognized, "ECR"),
    "limit": (
        answer("POST", 400, "maximum allowed registry credentials (25) exceeded. Current count: 26"),
        errors.LimitReached,
        "holds 26 registry credentials and may hold 25",
    ),
    "system": (
        answer("DELETE", 400, "Invalid request: Cannot delete system provisioned registry credential"),
        errors.SystemProvisioned,
        "with the account",
    ),
    "secret format": (
        answer("POST", 400, "Invalid request: Registry credential secret must be base64 encoded"),
        errors.InvalidRequest,
        "base64",
    ),
    "unreadable": (answer("POST", 400, "Failed to read request", None), errors.InvalidRequest, "Failed to read"),
    "ESS": (
        answer("POST", 502, "Failed to get response from 'ESS' after retries.", "upstream"),
        errors.Upstream,
        "ESS",
    ),
    "503": (answer("GET", 503, text="upstream connect error"), errors.Upstream, "upstream connect error"),
    "504": (answer("POST", 504, text=""), errors.NoAnswer, "(no text)"),
    "AWS timeout": (
        answer("POST", 500, "java.util.concurrent.TimeoutException: Did not observe", None),
        errors.Upstream,
        "Timeout",
    ),
    "DNS": (
        answer("POST", 500, "500 INTERNAL_SERVER_ERROR, detail='Failed to resolve 'x'", None),
        errors.Upstream,
        "resolve",
    ),
    "poison function": (
        answer("DELETE", 500, "400 BAD_REQUEST Invalid registry URL: ubuntu:22.04", None),
        errors.ServerFault,
        "ubuntu:22.04",
    ),
    "redirect": (answer("GET", 302, location="https://login.example.com/"), errors.NotNvcf, "login.example.com"),
    "method": (answer("POST", 405, "Request method 'POST' is not supported", None), errors.InvalidRequest, "405"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_answer_is_the_error_it_stands_for(case: tuple[FailedAnswer, type[errors.NvcfError], str]) -> None:
    given, kind, part = case
    error = error_of(given)
    assert type(error) is kind
    assert part in str(error)
    assert error.remedy


def test_functions_in_use_are_all_named() -> None:
    sentence = (
        "Registry Credential 'c': Cannot be deleted as it is in use by Function id '{}', version '{}' - Delete the "
        "function first to be able to delete the registry credential."
    )
    users = [("f1", "v1"), ("f1", "v2"), ("f2", "v3")]
    error = error_of(answer("DELETE", 400, f"[{', '.join(sentence.format(*u) for u in users)}]"))
    assert isinstance(error, InUse)
    assert error.users == tuple(FunctionUser(*u) for u in users)
    assert "function f1, version v1, v2; function f2, version v3" in str(error)


def test_not_found_names_the_account() -> None:
    error = error_of(answer("GET", 404, "Registry Credential '0': Not found in account 'acct-2'", "not-found"))
    assert isinstance(error, errors.NotFound)
    assert error.account == "acct-2"


def test_the_cross_account_routes_need_another_scope() -> None:
    denied = FailedAnswer("GET", 403, {"detail": "Access Denied"}, "", cross_account=True)
    assert "admin:manage_registry_credentials" in str(error_of(denied))


def test_long_and_unprintable_texts_are_tamed() -> None:
    text = str(error_of(answer("GET", 503, text="line\n\x1b[31m" + "x" * 5000)))
    assert len(text) < 1000
    assert text.isprintable()
