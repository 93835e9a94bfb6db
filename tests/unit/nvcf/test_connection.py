from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from nvcf.connection import Connection, connection_from, endpoint_mistake, host_header_mistake
from nvcf.errors import NotConfigured

TOKEN = "nvapi-TOKENMARKER"


def read(nvcf: object = None, token: object = None, environment: Mapping[str, str] | None = None) -> Connection:
    config = {"nvcf-registry:nvcf": nvcf, "nvcf-registry:nvcfToken": token}
    return connection_from(config.get, environment or {})


def test_configuration_wins_over_the_environment() -> None:
    environment = {"NVCF_ENDPOINT": "http://env", "NVCF_HOST": "env.example.com", "NVCF_TOKEN": "env-token"}
    settings = {"endpoint": "https://api/", "host": "h.example.com", "account": "acct-1", "propagationSeconds": 5}
    found = read(json.dumps(settings), TOKEN, environment)
    assert (found.endpoint, found.host, found.account, found.propagation_seconds) == (
        "https://api",
        "h.example.com",
        "acct-1",
        5,
    )
    assert found.token() == TOKEN
    found = read(None, None, environment)
    assert (found.endpoint, found.host, found.account, found.propagation_seconds) == (
        "http://env",
        "env.example.com",
        None,
        360,
    )
    assert found.token() == "env-token"


def test_the_time_for_an_answer_comes_from_the_environment() -> None:
    settings = {"endpoint": "http://x"}
    assert read(settings, TOKEN).timeout_seconds == 60
    assert read(settings, TOKEN, {"NVCF_TIMEOUT_SECONDS": "2.5"}).timeout_seconds == 2.5


@pytest.mark.parametrize("value", ["soon", "0", "-1", "601", "nan"])
def test_a_time_for_an_answer_that_is_none(value: str) -> None:
    with pytest.raises(NotConfigured, match="NVCF_TIMEOUT_SECONDS is no number of seconds from 1 to 600"):
        read({"endpoint": "http://x"}, TOKEN, {"NVCF_TIMEOUT_SECONDS": value})


def test_the_token_is_in_no_text() -> None:
    assert "MARKER" not in repr(read({"endpoint": "http://x"}, TOKEN))


@pytest.mark.parametrize(
    ("settings", "token", "parts"),
    [
        (None, TOKEN, ["endpoint", "is missing", "NVCF_ENDPOINT", "nvcf-registry:nvcf.endpoint"]),
        ({"endpoint": "api.example.com"}, TOKEN, ["no HTTP URL"]),
        ({"endpoint": "http://[x"}, TOKEN, ["no URL"]),
        ({"endpoint": "http://u:p@x"}, TOKEN, ["user or password"]),
        ({"endpoint": "http://x?a=b"}, TOKEN, ["query"]),
        ({"endpoint": "http://x/v2/nvcf"}, TOKEN, ["own path"]),
        ({"endpoint": "http://x y"}, TOKEN, ["no HTTP URL"]),
        ({"endpoint": "http://x", "host": "a/b"}, TOKEN, ["host", "NVCF_HOST"]),
        ({"endpoint": "http://x", "account": "a/b"}, TOKEN, ["account id"]),
        ({"endpoint": "http://x"}, None, ["token is missing", "NVCF_TOKEN", "--secret"]),
        ({"endpoint": "http://x"}, "TOKENMARKER\n", ["token contains white space"]),
        ({"endpoint": "http://x", "url": 1}, TOKEN, ["unknown member 'url'"]),
        ({"endpoint": "http://x", "propagationSeconds": "soon"}, TOKEN, ["propagationSeconds"]),
        ({"endpoint": "http://x", "propagationSeconds": -1}, TOKEN, ["propagationSeconds"]),
        ("not json", TOKEN, ["is no object"]),
        ("[]", TOKEN, ["is no object"]),
    ],
)
def test_each_mistake_says_what_to_set(settings: object, token: str | None, parts: list[str]) -> None:
    with pytest.raises(NotConfigured) as caught:
        read(settings, token)
    for part in parts:
        assert part in str(caught.value)
    assert "MARKER" not in str(caught.value)


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1", "https://api.example.com/nvcf", "http://localhost"])
def test_good_endpoints(endpoint: str) -> None:
    assert endpoint_mistake(endpoint) is None


@pytest.mark.parametrize("host", ["api.example.com", "api.example.com:8443", "API.example.com", "localhost"])
def test_good_hosts(host: str) -> None:
    assert host_header_mistake(host) is None
