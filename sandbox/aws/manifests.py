"""What a manifest says: its type, what it is made of, its size (OCI image specification, "Manifest" and "Index")."""

import functools
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


class InvalidManifestError(Exception):
    """The text is no manifest."""


@dataclass(frozen=True)
class Manifest:
    """One manifest.

    Attributes:
        digest: Digest of its bytes.
        media_type: What it says it is; empty when it does not.
        layers: Digests of its configuration and layers; without those that are to be had elsewhere.
        images: Digests of the manifests that an index lists.
        size: Bytes of the manifest and its layers together.
    """

    digest: str
    media_type: str
    layers: tuple[str, ...]
    images: tuple[str, ...]
    size: int


@functools.lru_cache(maxsize=4096)
def read_manifest(text: str) -> Manifest:
    """Reads a manifest.

    Args:
        text: Its exact text.

    Raises:
        InvalidManifestError: It is not a JSON object.
    """
    try:
        content = json.loads(text)
    except ValueError:
        raise InvalidManifestError("Invalid JSON syntax") from None
    if not isinstance(content, dict):
        raise InvalidManifestError("Invalid JSON syntax")
    layers = list(_descriptors(content.get("layers")))
    config = list(_descriptors([content.get("config")]))
    return Manifest(
        digest=f"sha256:{hashlib.sha256(text.encode()).hexdigest()}",
        media_type=str(content.get("mediaType") or ""),
        # A layer with addresses of its own is fetched from there and never uploaded.
        layers=tuple(dict.fromkeys(item["digest"] for item in config + layers if not item.get("urls"))),
        images=tuple(dict.fromkeys(item["digest"] for item in _descriptors(content.get("manifests")))),
        size=len(text.encode()) + sum(int(item.get("size", 0)) for item in layers),
    )


def _descriptors(items: Any) -> Iterable[Mapping[str, Any]]:
    found = items if isinstance(items, list) else []
    return (item for item in found if isinstance(item, dict) and isinstance(item.get("digest"), str))
