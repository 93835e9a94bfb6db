"""A registry credential as NVCF describes it, and as this project sends it.

The only module that knows the names of the fields in NVCF's JSON; POST's `artifactTypes` is PATCH's
`artifactTypeEnums` (NVCF contract 1.3, 1.4).
"""

from __future__ import annotations

import calendar
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nvcf.secret import RegistrySecret

SYSTEM = "SYSTEM"

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|\+00:00)", re.ASCII)


@dataclass(frozen=True)
class Credential:
    """A credential as the server tells of it; its secret never comes back.

    Attributes:
        id: The server's id, a UUID.
        account: The account it belongs to.
        name: Its name, which is also the name of its secret.
        hostname: The registry's hostname, as sent.
        registry_name: What NVCF calls the registry.
        artifact_types: What it may be used for; unordered.
        tags: Its tags; unordered, empty when there are none.
        description: Its description, or `None`.
        provisioned_by: `USER`, or `SYSTEM` for those made with the account.
        created_at: When it was made, as the server wrote it.
        last_updated_at: When it was last changed, as the server wrote it.
    """

    id: str
    account: str
    name: str
    hostname: str
    registry_name: str
    artifact_types: frozenset[str]
    tags: frozenset[str]
    description: str | None
    provisioned_by: str
    created_at: str
    last_updated_at: str

    @property
    def is_system(self) -> bool:
        """Whether it came with the account: it can be given a new secret, but not be deleted."""
        return self.provisioned_by == SYSTEM

    @classmethod
    def from_json(cls, data: object) -> Credential:
        """Reads the server's description of a credential (NVCF contract 1.5).

        Raises:
            ValueError: It is not one.
        """
        fields = data if isinstance(data, Mapping) else {}
        return cls(
            id=_text(fields, "registryCredentialId"),
            account=_text(fields, "ncaId", ""),
            name=_text(fields, "registryCredentialName"),
            hostname=_text(fields, "registryHostname"),
            registry_name=_text(fields, "registryName", ""),
            artifact_types=_texts(fields, "artifactTypes"),
            tags=_texts(fields, "tags"),
            description=_text(fields, "description", "") or None,
            provisioned_by=_text(fields, "provisionedBy", ""),
            created_at=_text(fields, "createdAt", ""),
            last_updated_at=_text(fields, "lastUpdatedAt", ""),
        )


@dataclass(frozen=True)
class NewCredential:
    """Everything about a credential but its secret, as it is to be made.

    Attributes:
        hostname: The registry's hostname.
        name: The credential's name.
        artifact_types: What it is to be used for; not empty.
        tags: Its tags.
        description: Its description, or `None`.
    """

    hostname: str
    name: str
    artifact_types: frozenset[str]
    tags: frozenset[str] = frozenset()
    description: str | None = None

    def body(self, secret: RegistrySecret) -> dict[str, object]:
        """Returns the JSON to POST, the secret encoded in it: to be sent at once and kept nowhere."""
        body: dict[str, object] = {
            "registryHostname": self.hostname,
            "secret": {"name": self.name, "value": secret.encoded()},
            "artifactTypes": sorted(self.artifact_types),
        }
        if self.tags:
            body["tags"] = sorted(self.tags)
        if self.description:
            body["description"] = self.description
        return body


def change_body(name: str, secret: RegistrySecret, added_types: Iterable[str]) -> dict[str, object]:
    """Returns the JSON to PATCH: the secret, the name it goes by from now on, and types to add.

    The name always goes with the secret (NVCF contract 1.4), and the secret with every change: a change of
    types alone is checked against a copy of the secret that may be minutes old (observed-2 §3).
    """
    body: dict[str, object] = {"secret": {"name": name, "value": secret.encoded()}}
    types = sorted(added_types)
    if types:
        body["artifactTypeEnums"] = types
    return body


def types_body(types: Iterable[str]) -> dict[str, object]:
    """Returns the JSON to PATCH types alone."""
    return {"artifactTypeEnums": sorted(types)}


def is_later(time_a: str, time_b: str) -> bool:
    """Tells whether a server's time is later than another, to the millisecond.

    Answers to writes carry nanoseconds and those to reads milliseconds, cut off, not rounded (observed 15).

    Args:
        time_a: An ISO 8601 time in UTC as the server writes it.
        time_b: Another.

    Returns:
        Whether `time_a` is later; `False` when either is no such time.
    """
    a, b = _milliseconds(time_a), _milliseconds(time_b)
    return a is not None and b is not None and a > b


def in_milliseconds(text: str) -> str:
    """Cuts a server's time to the milliseconds that it keeps, so that writes and reads tell the same."""
    match = _TIME.fullmatch(text)
    return f"{match[1]}.{(match[2] or '').ljust(3, '0')[:3]}Z" if match else text


def _milliseconds(text: str) -> int | None:
    match = _TIME.fullmatch(text)
    if not match:
        return None
    seconds = calendar.timegm(time.strptime(match[1], "%Y-%m-%dT%H:%M:%S"))
    return seconds * 1000 + int((match[2] or "").ljust(3, "0")[:3])


def _text(data: Mapping[object, object], key: str, default: str | None = None) -> str:
    value = data.get(key, default)
    if value is None:
        value = default
    if isinstance(value, str):
        return value
    raise ValueError(f"a registry credential has a text '{key}'")


def _texts(data: Mapping[object, object], key: str) -> frozenset[str]:
    value = data.get(key) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"a registry credential has a list of texts '{key}'")
    return frozenset(value)
