"""Calls that stand still at an exact point."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.sandbox.nvcf.emulator import PATH, USER, Emulator, body
from tests.sandbox.nvcf.test_process import running

HELD = "/__sandbox/held"


def credentials(client: httpx.Client) -> list[Any]:
    return list(client.get(PATH, headers={"Authorization": USER}).json()["registryCredentials"])


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_held_call_stands_still_and_goes_on_when_it_is_released(nvcf: Emulator, when: str, made: int) -> None:
    async def scenario() -> None:
        call = asyncio.create_task(nvcf.send("POST", PATH, body(), USER))
        held = (await nvcf.send("GET", f"{HELD}?wait=10", None, None)).json()["held"]
        assert held == [{"number": 1, "method": "POST", "path": PATH, "when": when}]
        listed = await nvcf.send("GET", PATH, None, USER)
        assert len(listed.json()["registryCredentials"]) == made
        assert not call.done()
        assert (await nvcf.send("DELETE", HELD, None, None)).json() == {"released": 1}
        assert (await call).status_code == 200

    nvcf.hook("POST", "/faults", {"action": "hold", "method": "POST", "when": when})
    nvcf.loop.run_until_complete(scenario())
    assert nvcf.hook("GET", "/held") == {"held": []}
    assert len(nvcf.request("GET").json()["registryCredentials"]) == 1


def test_waiting_for_a_held_call_ends(nvcf: Emulator) -> None:
    assert nvcf.hook("GET", "/held?wait=0.01") == {"held": []}


def test_a_reset_lets_held_calls_go(nvcf: Emulator) -> None:
    async def scenario() -> int:
        call = asyncio.create_task(nvcf.send("GET", PATH, None, USER))
        await nvcf.send("GET", f"{HELD}?wait=10", None, None)
        await nvcf.send("POST", "/__sandbox/reset", None, None)
        return (await call).status_code

    nvcf.hook("POST", "/faults", {"action": "hold"})
    assert nvcf.loop.run_until_complete(scenario()) == 200


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_held_call_goes_no_further_without_its_client(when: str, made: int) -> None:
    with running() as (_, url), httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        client.post("/__sandbox/faults", json={"action": "hold", "method": "POST", "path": PATH, "when": when})
        request = client.build_request("POST", PATH, json=body(host="docker.io"), headers={"Authorization": USER})
        lines = [f"POST {PATH} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers.items())]
        with socket.create_connection((request.url.host, request.url.port or 0)) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode() + request.content)
            assert len(client.get(f"{HELD}?wait=10").json()["held"]) == 1
        while client.get(HELD).json()["held"]:
            pass
        assert len(credentials(client)) == made
        (call,) = [each for each in client.get("/__sandbox/calls").json()["calls"] if each["method"] == "POST"]
        assert call["status"] == 0


def test_several_calls_are_held_at_once() -> None:
    with (
        running() as (_, url),
        httpx.Client(base_url=url, trust_env=False, timeout=30) as client,
        ThreadPoolExecutor(3) as threads,
    ):
        client.post("/__sandbox/faults", json={"action": "hold", "method": "GET", "path": PATH, "times": 3})
        calls = [threads.submit(credentials, client) for _ in range(3)]
        while len(client.get(f"{HELD}?wait=10").json()["held"]) < 3:
            pass
        assert client.delete(HELD).json() == {"released": 3}
        assert [call.result() for call in calls] == [[], [], []]
