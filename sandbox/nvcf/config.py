"""The server's configuration file, in the shape of the recordings' own (`tests/data/nvcf-server-config*.json`).

Only `recognized` and `logins` are in the recorded file; the rest is added here, all optional:

- `artifacts`: how registries answer for an image, chart or model; see `RegistryRule`.
- `rateLimiter`: {policy: LEGACY | BUCKET, allowedInvocationsPerSecond, overrides: [{ncaId, policy, allowed…}]}.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.nvcf.artifact_types import ArtifactType


@dataclass(frozen=True)
class RegistryEntry:
    """One registry recognised beyond the defaults."""

    key: str
    name: str
    hostname: str


@dataclass(frozen=True)
class RegistryAnswer:
    """A registry's HTTP answer: status and body text."""

    status: int
    body: str = ""

    @property
    def is_success(self) -> bool:
        """True for 2xx."""
        return 200 <= self.status < 300


@dataclass(frozen=True)
class RegistryRule:
    """How registries answer for some artifacts.

    Attributes:
        match: Regular expression over the whole of `<credential> <reference>`, where the credential is the stored
            `username:password` and the reference `<host>/<repository>:<tag>` or `…@<digest>`.
        answer: The answer; `{0}`, `{name}` in its body are the groups of `match`.
    """

    match: re.Pattern[str]
    answer: RegistryAnswer

    def answer_for(self, subject: str) -> RegistryAnswer | None:
        """The answer if the rule matches, with the groups of the match filled in."""
        found = self.match.fullmatch(subject)
        if found is None:
            return None
        body = self.answer.body
        for name, text in found.groupdict().items():
            body = body.replace(f"{{{name}}}", text or "null")
        return RegistryAnswer(self.answer.status, body)


@dataclass(frozen=True)
class RateLimit:
    """A bucket's size in requests per second; None is no limit (policy LEGACY)."""

    per_second: int | None = None
    overrides: Mapping[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class ServerConfig:
    """Everything the emulator can be configured with."""

    recognized: Mapping[ArtifactType, tuple[RegistryEntry, ...]] = field(default_factory=dict)
    logins: Mapping[str, RegistryAnswer] = field(default_factory=dict)
    artifacts: tuple[RegistryRule, ...] = ()
    rate_limit: RateLimit = RateLimit()


def load(path: Path) -> ServerConfig:
    """Reads a configuration file.

    Args:
        path: A JSON file.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not JSON, or not of the shape above; the text names file and cause.
    """
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError, AttributeError, re.error) as error:
        raise ValueError(f"{path}: not a configuration of the NVCF emulator: {error!r}") from error


def from_json(document: Mapping[str, Any]) -> ServerConfig:
    """The configuration in a parsed JSON document of the shape above."""
    return ServerConfig(
        recognized={
            ArtifactType[kind]: tuple(
                RegistryEntry(key, entry["name"], entry["hostname"]) for key, entry in entries.items()
            )
            for kind, entries in document.get("recognized", {}).items()
        },
        logins=logins_from_json(document.get("logins", {})),
        artifacts=artifacts_from_json(document.get("artifacts", [])),
        rate_limit=rate_limit_from_json(document.get("rateLimiter", {})),
    )


def logins_from_json(document: Mapping[str, Any]) -> dict[str, RegistryAnswer]:
    """The `logins` table: `username:password` to the answer of the registry."""
    return {pair: RegistryAnswer(int(a["status"]), a.get("body", "")) for pair, a in document.items()}


def artifacts_from_json(document: list[Mapping[str, Any]]) -> tuple[RegistryRule, ...]:
    """The `artifacts` list: {match, status, body?}."""
    return tuple(
        RegistryRule(re.compile(rule["match"]), RegistryAnswer(int(rule["status"]), rule.get("body", "")))
        for rule in document
    )


def rate_limit_from_json(document: Mapping[str, Any]) -> RateLimit:
    """The `rateLimiter` object; absent means no limit."""
    return RateLimit(_per_second(document), {o["ncaId"]: _per_second(o) for o in document.get("overrides", [])})


def _per_second(document: Mapping[str, Any]) -> int | None:
    if document.get("policy", "LEGACY") != "BUCKET":
        return None
    return int(document["allowedInvocationsPerSecond"])
