"""The account rate limiter, played with the recording's bursts."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sandbox.nvcf.clock import Clock
from sandbox.nvcf.config import RateLimit
from sandbox.nvcf.problems import Problem
from sandbox.nvcf.ratelimit import RateLimiter
from tests.sandbox.nvcf.emulator import ADMIN, PATH, USER, Emulator, bearer, body
from tests.sandbox.nvcf.replay import DATA, read_exchanges

UNKNOWN = f"{PATH}/00000000-0000-4000-8000-000000000000"
NO_SCOPE = bearer("list_functions")
ADMIN_PATH = "/v2/nvcf/accounts/nvcf-default/registry-credentials"
BURSTS: dict[str, Any] = {
    "6 lists at once, 3/s": [("GET", PATH, None, USER)] * 6,
    "6 creates at once, other names": [("POST", PATH, body(f"c{i}"), USER) for i in range(6)],
    "6 DELETEs of an unknown id at once": [("DELETE", UNKNOWN, None, USER)] * 6,
    "6 invalid POST bodies at once (validation is before the limiter)": [("POST", PATH, {}, USER)] * 6,
    "6 requests without the scope at once (403 before the limiter)": [("GET", PATH, None, bearer("list_functions"))]
    * 6,
    "recognized-registries 6 at once": [("GET", "/v2/nvcf/recognized-registries", None, USER)] * 6,
    "admin route for acct-rl-1, 6 at once": [("GET", ADMIN_PATH, None, ADMIN)] * 6,
    "account endpoint (not limited?) 6 at once": [("GET", "/v2/nvcf/accounts/nvcf-default", None, ADMIN)] * 6,
    "3 lists and 3 function lists at once: one bucket per account": [
        *[("GET", PATH, None, USER)] * 3,
        *[("GET", "/v2/nvcf/functions/ids", None, USER)] * 3,
    ],
}
RECORDED = [e for e in read_exchanges(DATA / "nvcf-server-exchanges-2.jsonl") if e.group == "ratelimit"]


@pytest.mark.parametrize("title", BURSTS)
def test_bursts(nvcf: Emulator, title: str) -> None:
    recorded = {e.status for e in RECORDED if e.title == title}
    nvcf.hook("PUT", "/rate-limiter", {"policy": "BUCKET", "allowedInvocationsPerSecond": 3})
    responses = nvcf.at_once(*BURSTS[title])
    statuses = Counter(r.status_code for r in responses)
    assert recorded == set(statuses)
    if 429 in statuses:
        assert statuses[429] == 3


def test_the_answer(nvcf: Emulator) -> None:
    nvcf.hook("PUT", "/rate-limiter", {"policy": "BUCKET", "allowedInvocationsPerSecond": 1})
    nvcf.request("GET")
    response = nvcf.request("GET")
    assert response.json() == {
        "detail": "Account 'nvcf-default': too many requests. Slow down.",
        "instance": PATH,
        "status": 429,
        "title": "Too Many Requests",
        "type": "urn:nv-boot:problem-details:too-many-requests",
    }
    assert "retry-after" not in response.headers
    nvcf.seconds += 1
    assert nvcf.request("GET").status_code == 200


def test_overrides(nvcf: Emulator) -> None:
    limited = {"ncaId": "nvcf-default", "policy": "BUCKET", "allowedInvocationsPerSecond": 1}
    nvcf.hook("PUT", "/rate-limiter", {"policy": "LEGACY", "overrides": [limited]})
    assert [nvcf.request("GET").status_code for _ in range(3)] == [200, 429, 429]
    free = {"ncaId": "nvcf-default", "policy": "LEGACY"}
    nvcf.hook("PUT", "/rate-limiter", {"policy": "BUCKET", "allowedInvocationsPerSecond": 1, "overrides": [free]})
    assert [nvcf.request("GET").status_code for _ in range(3)] == [200, 200, 200]


def test_a_bucket_fills_evenly_and_no_further_than_its_size() -> None:
    now = [0.0]
    limiter = RateLimiter(RateLimit(per_second=3), Clock(monotonic=lambda: now[0]))

    def passes() -> bool:
        try:
            limiter.take("a")
        except Problem:
            return False
        return True

    assert [passes() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.34
    assert [passes() for _ in range(2)] == [True, False]
    now[0] = 100.0
    assert [passes() for _ in range(4)] == [True, True, True, False]
