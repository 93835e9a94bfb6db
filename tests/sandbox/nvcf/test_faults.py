"""Planned faults, and the log of what was called."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest

from sandbox.nvcf.artifact_types import ArtifactType
from sandbox.nvcf.credential_requests import SentSecret
from sandbox.nvcf.function_service import HandedOut
from sandbox.nvcf.wire import Request
from tests.sandbox.nvcf.emulator import ADMIN, PATH, USER, Emulator, bearer, encoded


def test_a_status_replaces_the_answer_before_the_effect(nvcf: Emulator) -> None:
    nvcf.hook("POST", "/faults", {"action": "status", "method": "POST", "status": 503, "body": '{"detail":"busy"}'})
    failed = nvcf.post()
    assert (failed.status_code, failed.json()) == (503, {"detail": "busy"})
    assert nvcf.request("GET").json() == {"registryCredentials": []}
    assert nvcf.post().status_code == 200


def test_or_after_the_effect(nvcf: Emulator) -> None:
    nvcf.hook("POST", "/faults", {"action": "status", "method": "POST", "when": "after", "status": 500})
    assert nvcf.post().status_code == 500
    assert len(nvcf.request("GET").json()["registryCredentials"]) == 1


@pytest.mark.parametrize(("when", "left"), [("before", 0), ("after", 1)])
def test_a_cut_connection(nvcf: Emulator, when: str, left: int) -> None:
    nvcf.hook("POST", "/faults", {"action": "cut", "path": "registry-credentials$", "when": when})
    with pytest.raises(ConnectionResetError):
        nvcf.post()
    assert len(nvcf.request("GET").json()["registryCredentials"]) == left


def test_a_gateways_page_instead_of_json(nvcf: Emulator) -> None:
    nvcf.hook("POST", "/faults", {"action": "not-json", "status": 502})
    response = nvcf.request("GET")
    assert (response.status_code, response.headers["content-type"]) == (502, "text/html")
    assert "<html>" in response.text


def test_a_delay(nvcf: Emulator) -> None:
    nvcf.hook("POST", "/faults", {"action": "delay", "seconds": 0.05})
    started = time.monotonic()
    assert nvcf.request("GET").status_code == 200
    assert time.monotonic() - started >= 0.05


def test_throttling(nvcf: Emulator) -> None:
    nvcf.hook("POST", "/faults", {"action": "throttle"})
    assert nvcf.request("GET").json()["type"] == "urn:nv-boot:problem-details:too-many-requests"


def test_the_secret_store_down_for_one_call_only(nvcf: Emulator) -> None:
    path = f"{PATH}/{nvcf.made()['registryCredentialId']}"
    nvcf.hook("POST", "/faults", {"action": "secret-store-down", "method": "PATCH"})
    change = {"secret": {"name": "cred", "value": encoded("u:q")}}
    statuses = [nvcf.request("PATCH", path, change).status_code for _ in range(2)]
    assert statuses == [502, 200]


def test_faults_are_counted_chosen_and_cleared(nvcf: Emulator) -> None:
    nvcf.hook("POST", "/faults", {"action": "status", "method": "GET", "path": "recognized", "times": 2})
    assert nvcf.request("GET").status_code == 200
    recognized = [nvcf.request("GET", "/v2/nvcf/recognized-registries").status_code for _ in range(3)]
    assert recognized == [503, 503, 200]
    nvcf.hook("POST", "/faults", {"action": "status", "times": None})
    assert [nvcf.request("GET").status_code for _ in range(3)] == [503] * 3
    (pending,) = nvcf.hook("GET", "/faults")["faults"]
    assert pending == {
        "action": "status",
        "method": ".*",
        "path": "",
        "account": None,
        "when": "before",
        "remaining": None,
        "skip": 0,
    }
    nvcf.hook("DELETE", "/faults")
    assert nvcf.request("GET").status_code == 200


def test_a_fault_can_be_meant_for_a_later_call(nvcf: Emulator) -> None:
    nvcf.hook("POST", "/faults", {"action": "status", "method": "GET", "skip": 2})
    assert [nvcf.request("GET").status_code for _ in range(4)] == [200, 200, 503, 200]


def test_or_for_one_account(nvcf: Emulator) -> None:
    nvcf.request("POST", "/v2/nvcf/accounts/other", {"name": "Other", "adminClientId": "theirs"}, ADMIN)
    nvcf.hook("POST", "/faults", {"action": "status", "account": "other", "times": 2})
    theirs = bearer("manage_registry_credentials", subject="theirs")
    by_path = "/v2/nvcf/accounts/other/registry-credentials"
    calls = [(PATH, USER), (PATH, theirs), (by_path, ADMIN), (by_path, ADMIN), (PATH, None)]
    assert [nvcf.request("GET", path, token=token).status_code for path, token in calls] == [200, 503, 503, 200, 401]


@pytest.mark.parametrize(
    "fault", [{}, {"action": "explode"}, {"action": "cut", "when": "never"}, {"action": "cut", "path": "("}]
)
def test_faults_nobody_knows_are_refused(nvcf: Emulator, fault: dict[str, str]) -> None:
    response = nvcf.request("POST", "/__sandbox/faults", fault, token=None)
    assert response.status_code == 400
    assert "/__sandbox/faults" in response.json()["error"]


def test_the_log_holds_no_secret(nvcf: Emulator) -> None:
    nvcf.made(pair="user:very-secret")
    nvcf.request("GET", f"{PATH}?artifactType=HELM")
    calls = nvcf.hook("GET", "/calls")["calls"]
    assert [(c["method"], c["path"], c["status"]) for c in calls] == [("POST", PATH, 200), ("GET", PATH, 200)]
    assert all(set(c) == {"method", "path", "status", "startedAt", "seconds"} for c in calls)
    nvcf.hook("DELETE", "/calls")
    assert nvcf.hook("GET", "/calls") == {"calls": []}


def test_secrets_do_not_show_in_representations(nvcf: Emulator) -> None:
    nvcf.made(pair="user:very-secret")
    state = nvcf.app.state.emulator
    stored = next(iter(state.secrets._secrets.values()))
    sent = SentSecret("n", encoded("user:very-secret"))
    handed_out = HandedOut("h", ArtifactType.CONTAINER, encoded("user:very-secret"))
    request = Request("GET", "/", ("",), (), {"authorization": "very-secret"}, b"very-secret", "http://nvcf")
    for thing in (stored, sent, handed_out, request):
        assert "very-secret" not in repr(thing)
        assert encoded("user:very-secret") not in repr(thing)


def test_reset(nvcf: Emulator) -> None:
    nvcf.made()
    nvcf.hook("POST", "/faults", {"action": "status", "times": None})
    nvcf.hook("POST", "/reset")
    assert nvcf.request("GET").json() == {"registryCredentials": []}
    assert nvcf.hook("GET", "")["accounts"] == ["nvcf-default"]


def test_hooks_answer_on_loopback_only(nvcf: Emulator) -> None:
    async def from_elsewhere() -> httpx.Response:
        transport = httpx.ASGITransport(nvcf.app, client=("192.0.2.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://nvcf.example") as client:
            return await client.get("/__sandbox/handed-out?account=nvcf-default")

    response = asyncio.run(from_elsewhere())
    assert response.status_code == 403
