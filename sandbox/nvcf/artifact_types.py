"""The two enums of the API. Positions matter: the server accepts `0` for CONTAINER."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class ArtifactType(Enum):
    """What a credential may fetch."""

    CONTAINER = "CONTAINER"
    HELM = "HELM"
    MODEL = "MODEL"
    RESOURCE = "RESOURCE"


class ProvisionedBy(Enum):
    """Who made a credential: the account's creation, or a user."""

    SYSTEM = "SYSTEM"
    USER = "USER"


ARTIFACT_TYPES = tuple(ArtifactType)
PROVISIONED_BY = tuple(ProvisionedBy)

VERIFIED_AT_REGISTRATION = (ArtifactType.CONTAINER, ArtifactType.HELM)
"""Types for which a credential is tried at the registry before it is stored (NVCF contract 2.1)."""

_ANSWER_ORDER = (ArtifactType.HELM, ArtifactType.CONTAINER, ArtifactType.RESOURCE, ArtifactType.MODEL)


def type_names(types: Iterable[ArtifactType]) -> list[str]:
    """Names in the order of an answer; the server's is that of a hash set, so clients must not lean on it."""
    wanted = set(types)
    return [t.name for t in _ANSWER_ORDER if t in wanted]
