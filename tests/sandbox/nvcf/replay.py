"""Plays recorded exchanges of the real NVCF server against the emulator and compares the answers.

A recording is a JSON-lines file: `request`, `response`, `group`, `title`, `n`. A third of the exchanges is not in it,
so ids that the missing ones made are learnt where they first appear. Compared are status, body and the headers that
clients act on; times, ids and the order of sets are not.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from sandbox.nvcf import tokens
from sandbox.nvcf.app import create_app
from sandbox.nvcf.clock import Clock
from sandbox.nvcf.config import load

DATA = Path(__file__).parents[2] / "data"

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_JWT = re.compile(r"([Bb]earer) <jwt (.*)>")
_CLAIM = re.compile(r"(\w+)=(\S+)")
_VIOLATION = re.compile(r"\[object=.*?, message=.*?\](?= \[object|$)", re.DOTALL)
_API_KEYS = {"nvapi-good-1": ["manage_registry_credentials"], "nvapi-noscope-1": ["list_functions"]}
_UNCOMPARED = {"createdAt", "lastUpdatedAt"}
_COMPARED_HEADERS = ("content-type", "connection", "allow", "accept", "accept-patch", "vary", "www-authenticate")


@dataclass(frozen=True)
class Exchange:
    """One recorded exchange."""

    n: int
    group: str
    title: str
    replica: str | None
    method: str
    path: str
    headers: Mapping[str, str]
    body: str | None
    status: int
    answer_headers: Mapping[str, str]
    answer: str


@dataclass(frozen=True)
class Outcome:
    """What the emulator made of an exchange, both sides in comparable form."""

    wanted: object
    got: object


@dataclass
class Stage:
    """The emulator during a replay: its HTTP client, its clock, and which recorded id is which of its own."""

    client: httpx.AsyncClient
    seconds: float = 1_000_000.0
    ids: dict[str, str] = field(default_factory=dict)

    async def hook(self, method: str, path: str, body: object = None) -> Any:
        """Calls one of the emulator's test hooks."""
        response = await self.client.request(method, f"/__sandbox{path}", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    @staticmethod
    def token(subject: str, scopes: str) -> str:
        """An `Authorization` value."""
        return f"Bearer {tokens.issue(subject, scopes.split(','))}"

    async def call(self, method: str, path: str, subject: str, scopes: str, body: object = None) -> Any:
        """An API call that stands in for an exchange the recording does not have."""
        headers = {"Authorization": self.token(subject, scopes)}
        response = await self.client.request(method, path, headers=headers, json=body)
        assert response.status_code < 300, response.text
        return response.json() if response.content else None


Direction = Callable[[Stage], Awaitable[None]]
"""What happens on stage before an exchange: something the recording's surroundings did, or a missing exchange."""


def read_exchanges(path: Path) -> list[Exchange]:
    """The exchanges of a recording, in order."""
    exchanges = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        request, response = row["request"], row["response"]
        exchanges.append(
            Exchange(
                row["n"],
                row["group"],
                row["title"],
                row.get("replica"),
                request["method"],
                request["path"],
                request["headers"],
                request.get("body"),
                response["status"],
                response["headers"],
                response["body"] or "",
            )
        )
    return exchanges


async def replay(exchanges: Iterable[Exchange], config: str, directions: Mapping[int, Direction]) -> dict[int, Outcome]:
    """Plays exchanges in order against a fresh emulator.

    Args:
        exchanges: What to play; leave out what hangs on the recording's surroundings.
        config: Name of the configuration file in the data directory.
        directions: By exchange number, what happens before it.

    Returns:
        Outcome by exchange number.
    """
    clock = Clock(monotonic=lambda: stage.seconds)
    transport = httpx.ASGITransport(create_app(load(DATA / config), clock=clock))
    outcomes = {}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:18080") as client:
        stage = Stage(client)
        for exchange in exchanges:
            if exchange.n in directions:
                await directions[exchange.n](stage)
            outcomes[exchange.n] = await _play(exchange, stage)
    return outcomes


async def _play(exchange: Exchange, stage: Stage) -> Outcome:
    headers = dict(exchange.headers)
    if "Authorization" in headers:
        headers["Authorization"] = _authorization(headers["Authorization"])
    if exchange.replica == "B":
        headers["X-Sandbox-Replica"] = "b"
    response = await stage.client.request(
        exchange.method,
        _renamed(exchange.path, stage.ids),
        headers=headers,
        content=None if exchange.body is None else _renamed(exchange.body, stage.ids).encode(),
    )
    wanted, got = _parsed(exchange.answer), _parsed(response.text)
    _learn_ids(wanted, got, stage.ids)
    return Outcome(
        _comparable(exchange.status, exchange.answer_headers, wanted),
        _comparable(response.status_code, response.headers, got),
    )


def _authorization(recorded: str) -> str:
    """The emulator's token for a recorded one: same client, same scopes, expired if it was."""
    match = _JWT.fullmatch(recorded)
    if match:
        claims = dict(_CLAIM.findall(match[2]))
        scopes = [s for s in claims.get("scopes", "").strip("[]").split(",") if s]
        expires_at = int(time.time()) - 3600 if "exp" in claims else None
        token = tokens.issue(claims.get("sub", "client-1"), scopes, expires_at)
        return f"{match[1]} {'x' + token if 'sub' not in claims else token}"
    key = recorded.rsplit(maxsplit=1)[-1]
    if key in _API_KEYS:
        return f"Bearer {tokens.issue('client-1', _API_KEYS[key], api_key=True)}"
    return recorded


def _renamed(text: str, ids: Mapping[str, str]) -> str:
    for recorded, own in ids.items():
        text = text.replace(recorded, own).replace(recorded.upper(), own.upper())
    return text


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def _learn_ids(wanted: Any, got: Any, ids: dict[str, str]) -> None:
    """Pairs the ids of one answer with those of the other, where both describe the same thing."""
    if not isinstance(wanted, dict) or not isinstance(got, dict):
        return
    for name, id_fields in (("registryCredential", ["registryCredentialId"]), ("function", ["id", "versionId"])):
        pairs = [(wanted.get(name), got.get(name))]
        if name == "registryCredential":
            own = {_natural_key(c): c for c in got.get("registryCredentials", [])}
            pairs += [(c, own.get(_natural_key(c))) for c in wanted.get("registryCredentials", [])]
        for recorded, emulated in pairs:
            if isinstance(recorded, dict) and isinstance(emulated, dict):
                ids.update({recorded[f]: emulated[f] for f in id_fields})


def _natural_key(credential: Mapping[str, str]) -> tuple[str, str]:
    return credential["registryHostname"], credential["registryCredentialName"]


def _comparable(status: int, headers: Mapping[str, str], body: Any) -> object:
    lower = {name.lower(): value for name, value in headers.items()}
    compared = {name: lower[name] for name in _COMPARED_HEADERS if name in lower}
    return {"status": status, "headers": compared, "body": _normal(body)}


def _normal(value: Any) -> Any:
    """No ids, no times, unordered things sorted."""
    if isinstance(value, dict):
        return {
            k: re.sub(r"\d", "0", v) if k in _UNCOMPARED and isinstance(v, str) else _normal(v)
            for k, v in value.items()
            if not k.endswith("At")
        } | {k: True for k in value if k.endswith("At")}
    if isinstance(value, list):
        return sorted((_normal(v) for v in value), key=lambda v: json.dumps(v, sort_keys=True))
    if isinstance(value, str):
        text = _UUID.sub("<id>", value)
        if text.startswith("Validation failed:"):
            return sorted(_VIOLATION.findall(text))
        return text
    return value
