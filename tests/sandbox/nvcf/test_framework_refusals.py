"""What the web framework refuses before any rule of NVCF's is looked at."""

from __future__ import annotations

import base64
import time

import pytest

from sandbox.nvcf import tokens
from tests.sandbox.nvcf.emulator import ADMIN, PATH, USER, Emulator, bearer, body

ID = "00000000-0000-4000-8000-000000000000"
METADATA = 'resource_metadata="http://127.0.0.1:18080/.well-known/oauth-protected-resource"'


@pytest.mark.parametrize("token", [None, "Basic YTpi", "nonsense"])
def test_without_a_bearer_token_nothing_is_said(nvcf: Emulator, token: str | None) -> None:
    response = nvcf.request("GET", token=token)
    assert (response.status_code, response.content) == (401, b"")
    assert response.headers["www-authenticate"] == f"Bearer {METADATA}"
    assert response.headers["content-length"] == "0"


@pytest.mark.parametrize(
    "token",
    ["Bearer", "Bearer a b", "Bearer garbage", "Bearer dev.!!!", "Bearer dev.e30", "Bearer nvapi-unknown", "Bearer é"],
)
def test_bad_tokens_are_invalid(nvcf: Emulator, token: str) -> None:
    response = nvcf.request("GET", token=token, headers={"Authorization": token.encode()})
    assert (response.status_code, response.content) == (401, b"")
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


def test_an_expired_token_says_when(nvcf: Emulator) -> None:
    expired = tokens.issue("ncp", ["manage_registry_credentials"], 1_700_000_000)
    response = nvcf.request("GET", token=f"Bearer {expired}")
    assert "Jwt expired at 2023-11-14T22:13:20Z" in response.headers["www-authenticate"]
    skewed = tokens.issue("ncp", ["manage_registry_credentials"], int(time.time()) - 30)
    assert nvcf.request("GET", token=f"Bearer {skewed}").status_code == 200


def test_unknown_paths_are_refused_without_a_token_and_unknown_with_one(nvcf: Emulator) -> None:
    assert nvcf.request("GET", "/v2/nvcf/nothing", token=None).status_code == 401
    response = nvcf.request("GET", f"{PATH}/")
    assert response.json() == {
        "detail": "No static resource v2/nvcf/registry-credentials for request '/v2/nvcf/registry-credentials/'.",
        "instance": "/v2/nvcf/registry-credentials/",
        "status": 404,
        "title": "Not Found",
    }


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("PUT", f"{PATH}/{ID}", "GET,PATCH,DELETE"), ("DELETE", PATH, "GET,POST")],
)
def test_other_methods(nvcf: Emulator, method: str, path: str, allow: str) -> None:
    response = nvcf.request(method, path, json={})
    assert (response.status_code, nvcf.detail(response)) == (405, f"Request method '{method}' is not supported")
    assert response.headers["allow"] == allow


def test_head_and_options(nvcf: Emulator) -> None:
    head = nvcf.request("HEAD")
    assert (head.status_code, head.content) == (200, b"")
    options = nvcf.request("OPTIONS")
    assert (options.status_code, options.headers["allow"]) == (200, "GET,HEAD,POST,OPTIONS")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("text/plain", "Content-Type 'text/plain' is not supported"),
        ("Application/Merge-Patch+JSON; a=B", "Content-Type 'application/merge-patch+json;a=B' is not supported"),
        ("", "Content-Type is not supported"),
    ],
)
def test_other_content_types(nvcf: Emulator, sent: str, shown: str) -> None:
    response = nvcf.request("PATCH", f"{PATH}/{ID}", content=b"{}", headers={"Content-Type": sent})
    assert (response.status_code, nvcf.detail(response)) == (415, shown)
    assert response.headers["accept"] == response.headers["accept-patch"] == "application/json"


def test_a_charset_is_fine(nvcf: Emulator) -> None:
    response = nvcf.request("POST", json=body(), headers={"Content-Type": "application/json;charset=UTF-8"})
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("accept", "status"),
    [("text/html", 406), ("application/problem+json", 406), ("*/*", 200), ("text/html, application/json;q=0.1", 200)],
)
def test_accept(nvcf: Emulator, accept: str, status: int) -> None:
    response = nvcf.request("GET", headers={"Accept": accept})
    assert response.status_code == status
    if status == 406:
        assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("1-1-1-1-1", "00000001-0001-0001-0001-000000000001"),
        ("fffffffff-1-1-1-1", "ffffffff-0001-0001-0001-000000000001"),
        ("A-B-C-D-+E", "0000000a-000b-000c-000d-00000000000e"),
    ],
)
def test_odd_ids_are_read_as_java_reads_them(nvcf: Emulator, sent: str, read: str) -> None:
    response = nvcf.request("GET", f"{PATH}/{sent}")
    assert nvcf.detail(response) == f"Registry Credential '{read}': Not found in account 'nvcf-default'"


@pytest.mark.parametrize("sent", ["x", "1-1-1-1", "1-1-1-1-1-1", "1--1-1-1", f"{ID}0", "1-1-1-1-g"])
def test_what_is_no_id(nvcf: Emulator, sent: str) -> None:
    for token in (USER, bearer("list_functions")):
        response = nvcf.request("GET", f"{PATH}/{sent}", token=token)
        assert response.status_code == 400
        assert nvcf.detail(response) == f"Failed to convert 'registryCredentialId' with value: '{sent}'"


def test_every_answer_is_labelled(nvcf: Emulator) -> None:
    for response in (
        nvcf.request("GET"),
        nvcf.request("GET", token=None),
        nvcf.request("GET", "/health", token=None),
        nvcf.request("GET", "/__sandbox", token=None),
    ):
        assert response.headers["x-sandbox"] == "nvcf-emulator"


def test_long_lists_are_compressed_for_those_who_ask(nvcf: Emulator) -> None:
    for i in range(10):
        nvcf.made(name=f"c{i}")
    plain = nvcf.request("GET", headers={"Accept-Encoding": "identity"})
    compressed = nvcf.request("GET", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert plain.json() == compressed.json()


def test_the_firewall_refuses_odd_paths(nvcf: Emulator) -> None:
    for path in (f"{PATH};a=b", f"{PATH}%2Fx", f"{PATH}//x"):
        assert nvcf.request("GET", path, token=ADMIN).status_code == 400


def test_scopes_may_be_one_string(nvcf: Emulator) -> None:
    claims = b'{"sub": "ncp", "scopes": "list_functions manage_registry_credentials"}'
    token = base64.urlsafe_b64encode(claims).decode()
    assert nvcf.request("GET", token=f"Bearer dev.{token}").status_code == 200
