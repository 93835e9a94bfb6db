"""What a stack's configuration file says of its registries, and the keys that change it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nvcf.connection import NAMESPACE

REGISTRIES = f"{NAMESPACE}:registries"


@dataclass(frozen=True)
class ConfiguredRegistry:
    """One registry as configured; whether that is right is for `settings` to say, when the program runs.

    Attributes:
        index: its place in the list, which is how its settings are addressed.
        name: its name.
        kind: its kind.
        generation: `keyGeneration`, 1 unless set.
        previous_key: `previousKey`, `active` unless set.
        makes_key: whether the stack makes its IAM user and keys.
    """

    index: int
    name: str
    kind: str
    generation: int
    previous_key: str
    makes_key: bool

    def key(self, setting: str) -> str:
        """Return the path of one of its settings, as `pulumi config set --path` takes it."""
        return f"{REGISTRIES}[{self.index}].{setting}"


def configured_registries(config: Mapping[str, Any]) -> tuple[ConfiguredRegistry, ...]:
    """Read the registries of a stack file.

    Args:
        config: the `config` member of `Pulumi.<stack>.yaml`, secrets left encrypted.
    """
    listed = config.get(REGISTRIES) or []
    if isinstance(listed, str):
        listed = json.loads(listed)
    return tuple(_registry(index, each) for index, each in enumerate(listed) if isinstance(each, Mapping))


def _registry(index: int, settings: Mapping[str, Any]) -> ConfiguredRegistry:
    kind = str(settings.get("kind", ""))
    return ConfiguredRegistry(
        index=index,
        name=str(settings.get("name", "")),
        kind=kind,
        generation=int(settings.get("keyGeneration", 1)),
        previous_key=str(settings.get("previousKey", "active")),
        makes_key=kind.startswith("ecr-") and "username" not in settings and "password" not in settings,
    )
