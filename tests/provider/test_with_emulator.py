"""The provider against the NVCF emulator over real HTTP, and the two stand-ins against each other."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pulumi.dynamic import Config, ConfigureRequest

from nvcf import errors
from nvcf.provider import RegistryCredentialProvider
from nvcf.retries import Retries
from tests.provider.fake_clock import FakeClock
from tests.provider.fake_nvcf import FakeNvcf

ROOT = Path(__file__).parents[2]
HOST = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
PATH = "/v2/nvcf/registry-credentials"
PROPS: dict[str, Any] = {
    "hostname": HOST,
    "name": "functions",
    "username": "AKIAIOSFODNN7EXAMPLE",
    "password": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "artifactTypes": ["CONTAINER"],
    "tags": ["env=dev"],
}
PAIR = f"{PROPS['username']}:{PROPS['password']}"
UNKNOWN_KEY = '{"__type":"UnrecognizedClientException","message":"The security token included is invalid."}'


def token(*scopes: str) -> str:
    claims = json.dumps({"sub": "ncp", "scopes": list(scopes)})
    return "dev." + base64.urlsafe_b64encode(claims.encode()).decode().rstrip("=")


TOKEN = token("manage_registry_credentials", "account_setup", "admin:manage_registry_credentials")


class Emulator:
    """A running emulator and its test hooks."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False)

    def hook(self, method: str, path: str, /, **body: object) -> Any:
        answer = self.http.request(method, f"/__sandbox{path}", json=body or None)
        assert answer.is_success, answer.text
        return answer.json()

    def call(self, method: str, path: str = "", body: object = None) -> httpx.Response:
        return self.http.request(method, PATH + path, json=body)

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET").json()["registryCredentials"]
        return found

    def stored(self) -> list[str]:
        """The stored secrets, decoded: what the admin's route shows (NVCF contract 1.5)."""
        account = self.http.get("/v2/nvcf/accounts/nvcf-default").json()["account"]
        return [base64.b64decode(c["secret"]["value"]).decode() for c in account["registryCredentials"]]

    def writes(self) -> list[str]:
        calls = self.hook("GET", "/calls")["calls"]
        return [c["method"] for c in calls if c["method"] != "GET" and c["path"].startswith(PATH)]


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.nvcf", "--port", "0", "--exit-with-parent"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        word, _, url = process.stdout.readline().strip().partition(" ")
        assert word == "ready"
        server = Emulator(url)
        yield server
        server.http.close()
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture
def emulator(server: Emulator) -> Emulator:
    server.hook("POST", "/reset")
    server.hook("PUT", "/registries", logins={})
    server.hook("DELETE", "/faults")
    server.hook("DELETE", "/calls")
    return server


class ProviderUnderTest(RegistryCredentialProvider):
    """The provider with time that passes only in its own sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()

    def _retries(self, propagation_seconds: float) -> Retries:
        return self.clock.retries(propagation_seconds=propagation_seconds)


@pytest.fixture
def provider(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProviderUnderTest:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return configured(ProviderUnderTest(), emulator)


def configured(
    provider: ProviderUnderTest, emulator: Emulator, secret: str = TOKEN, **settings: object
) -> ProviderUnderTest:
    config = {"nvcf-registry:nvcf": {"endpoint": emulator.url, **settings}, "nvcf-registry:nvcfToken": secret}
    provider.configure(ConfigureRequest(Config(config, "project")))
    return provider


def made(provider: ProviderUnderTest, **changes: object) -> tuple[str, dict[str, Any]]:
    result = provider.create(PROPS | changes)
    assert result.outs is not None
    return result.id, result.outs


@pytest.mark.parametrize("account", [None, "nvcf-default"])
def test_a_whole_life(provider: ProviderUnderTest, emulator: Emulator, account: str | None) -> None:
    configured(provider, emulator, **({"account": account} if account else {}))
    key, outs = made(provider)
    assert emulator.stored() == [PAIR]
    refreshed = provider.read(key, outs)
    assert refreshed.outs == outs
    news = PROPS | {"password": "new", "name": "renamed", "artifactTypes": ["HELM", "CONTAINER"]}
    updated = provider.update(key, outs, news).outs
    assert updated is not None
    assert emulator.stored() == ["AKIAIOSFODNN7EXAMPLE:new"]
    assert not provider.diff(key, updated, news).changes
    assert provider.read(key, updated).outs == updated
    provider.delete(key, updated)
    assert emulator.listed() == []
    assert provider.read(key, updated).id == ""
    provider.delete(key, updated)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("action", ["cut", "status", "not-json"])
def test_a_lost_creation_leaves_one_credential(
    provider: ProviderUnderTest, emulator: Emulator, action: str, when: str
) -> None:
    emulator.hook("POST", "/faults", action=action, when=when, method="POST", path=PATH)
    key, _ = made(provider)
    assert [c["registryCredentialId"] for c in emulator.listed()] == [key]
    assert emulator.stored() == [PAIR]
    assert emulator.writes() == (["POST", "PATCH"] if when == "after" else ["POST", "POST"])


def test_the_usual_creation_is_one_write(provider: ProviderUnderTest, emulator: Emulator) -> None:
    made(provider)
    assert emulator.writes() == ["POST"]


def test_a_row_without_its_secret_is_repaired(provider: ProviderUnderTest, emulator: Emulator) -> None:
    emulator.hook("POST", "/faults", action="secret-store-down", method="POST", path=PATH)
    key, _ = made(provider)
    assert [c["registryCredentialId"] for c in emulator.listed()] == [key]
    assert emulator.stored() == [PAIR]


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "GET"])
@pytest.mark.parametrize("action", ["cut", "status", "throttle"])
def test_other_calls_survive_a_fault(provider: ProviderUnderTest, emulator: Emulator, method: str, action: str) -> None:
    key, outs = made(provider)
    for when in ("before", "after") if action == "cut" else ("before",):
        emulator.hook("POST", "/faults", action=action, when=when, method=method, path=PATH)
    if method == "PATCH":
        provider.update(key, outs, PROPS | {"password": "new"})
        assert emulator.stored() == ["AKIAIOSFODNN7EXAMPLE:new"]
    elif method == "GET":
        assert provider.read(key, outs).id == key
    else:
        provider.delete(key, outs)
        assert emulator.listed() == []


def test_a_key_that_aws_learns_of_late(provider: ProviderUnderTest, emulator: Emulator) -> None:
    body = json.dumps({"detail": UNKNOWN_KEY, "status": 400, "type": "urn:nv-boot:problem-details:bad-request"})
    emulator.hook("POST", "/faults", action="status", status=400, body=body, method="POST", path=PATH, times=4)
    made(provider)
    assert emulator.stored() == [PAIR]
    assert provider.clock.time > 5


def test_a_key_that_aws_never_learns_of(provider: ProviderUnderTest, emulator: Emulator) -> None:
    emulator.hook("PUT", "/registries", logins={PAIR: {"status": 400, "body": UNKNOWN_KEY}})
    with pytest.raises(errors.KeyNotPropagated, match="in 30 s"):
        made(provider, propagationSeconds=30.0)
    assert emulator.listed() == []


def test_an_iam_denial(provider: ProviderUnderTest, emulator: Emulator) -> None:
    body = '{"__type":"AccessDeniedException","message":"not authorized to perform: ecr:GetAuthorizationToken"}'
    emulator.hook("PUT", "/registries", logins={PAIR: {"status": 403, "body": body}})
    with pytest.raises(errors.RegistryDenied, match="Grant its user"):
        made(provider)


def test_tokens(provider: ProviderUnderTest, emulator: Emulator) -> None:
    with pytest.raises(errors.Forbidden, match="manage_registry_credentials"):
        made(configured(provider, emulator, token("list_functions")))
    with pytest.raises(errors.TokenRejected):
        made(configured(provider, emulator, "nonsense"))
    stranger = "dev." + base64.urlsafe_b64encode(b'{"sub":"x","scopes":["manage_registry_credentials"]}').decode()
    with pytest.raises(errors.UnknownClient):
        made(configured(provider, emulator, stranger.rstrip("=")))
    with pytest.raises(errors.AccountNotFound, match="nowhere"):
        made(configured(provider, emulator, account="nowhere"))


def test_unknown_registries(provider: ProviderUnderTest) -> None:
    with pytest.raises(errors.NotRecognized, match=r"ghcr\.io"):
        made(provider, hostname="ghcr.io")


def test_the_limit(provider: ProviderUnderTest, emulator: Emulator) -> None:
    def fill() -> None:
        for number in range(100):
            made(provider, name=f"n{number}")

    with pytest.raises(errors.LimitReached) as caught:
        fill()
    number = len(emulator.listed())
    assert f"holds {number} registry credentials and may hold {number}" in str(caught.value)


def test_in_use(provider: ProviderUnderTest, emulator: Emulator) -> None:
    key, outs = made(provider)
    put = emulator.hook("POST", "/functions", account="nvcf-default", image=f"{HOST}/nvcf/echo:1")
    with pytest.raises(errors.InUse) as caught:
        provider.delete(key, outs)
    assert [(u.function, u.version) for u in caught.value.users] == [(put["id"], put["versionId"])]
    provider.update(key, outs, PROPS | {"password": "new"})
    emulator.hook("DELETE", f"/functions/{put['versionId']}")
    provider.delete(key, outs)
    assert emulator.listed() == []


def test_a_service_that_is_gone(provider: ProviderUnderTest, emulator: Emulator) -> None:
    key, outs = made(provider)
    config = {"nvcf-registry:nvcf": {"endpoint": "http://127.0.0.1:9"}, "nvcf-registry:nvcfToken": TOKEN}
    provider.configure(ConfigureRequest(Config(config, "project")))
    with pytest.raises(errors.Unreachable, match=r"http://127\.0\.0\.1:9 cannot be reached"):
        provider.read(key, outs)


def _script() -> Iterator[tuple[str, str, object]]:
    """Calls that the real server's recordings cover; `{0}` and `{1}` are the ids of what was made."""
    secret = {"name": "a", "value": base64.b64encode(PAIR.encode()).decode()}
    new = {
        "registryHostname": HOST,
        "secret": secret,
        "artifactTypes": ["CONTAINER"],
        "tags": ["x"],
        "description": "d",
    }
    yield "POST", "", new
    yield "POST", "", new
    yield "POST", "", new | {"secret": secret | {"name": "b"}, "artifactTypes": ["HELM", "CONTAINER"]}
    yield "POST", "", new | {"secret": secret | {"name": "c", "value": "dTpwOnE="}}
    yield "POST", "", new | {"registryHostname": "ghcr.io"}
    yield "GET", "", None
    yield "GET", "/{0}", None
    yield "GET", "/00000000-0000-4000-8000-000000000000", None
    yield "PATCH", "/{0}", {"secret": secret | {"name": "b"}}
    yield "PATCH", "/{0}", {"artifactTypes": ["HELM"]}
    yield "PATCH", "/{0}", {"secret": secret | {"name": "z"}, "artifactTypeEnums": ["HELM"]}
    yield "GET", "/{0}", None
    yield "DELETE", "/{0}", None
    yield "DELETE", "/{0}", None
    yield "PATCH", "/{0}", {"secret": secret}


def _played(call: Any, token_text: str) -> list[object]:
    ids: list[str] = []
    seen: list[object] = []
    for method, path, body in _script():
        answer = call(method, PATH + path.format(*ids), body, token_text)
        parsed: Any = json.loads(answer.text) if answer.text else None
        if method == "POST" and answer.is_success:
            ids.append(parsed["registryCredential"]["registryCredentialId"])
        seen.append((method, path, answer.status_code, _normal(parsed)))
    return seen


def _normal(value: object) -> object:
    """Drops what two servers cannot agree on: ids, times, the account's name, order."""
    if isinstance(value, dict):
        dropped = {"registryCredentialId", "createdAt", "lastUpdatedAt", "ncaId", "instance"}
        return {k: _normal(v) for k, v in sorted(value.items()) if k not in dropped}
    if isinstance(value, list):
        return sorted((_normal(item) for item in value), key=repr)
    if isinstance(value, str):
        return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|acct-1|nvcf-default", "…", value)
    return value


def test_the_two_stand_ins_agree(emulator: Emulator) -> None:
    fake = FakeNvcf()

    def ask_fake(method: str, path: str, body: object, token_text: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token_text}"}
        return fake.handle(httpx.Request(method, f"http://nvcf.test{path}", json=body, headers=headers))

    def ask_emulator(method: str, path: str, body: object, _: str) -> httpx.Response:
        return emulator.http.request(method, path, json=body)

    assert _played(ask_fake, fake.token) == _played(ask_emulator, TOKEN)
