"""Which resources a run would create, as a preview tells, and which ones a cut-off run had begun to create."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.automation.events import EngineEvent, OpType

from ops.recovery.findings import Wanted

_CREATED = (OpType.CREATE, OpType.CREATE_REPLACEMENT)


class WantedListener:
    """Listens to a preview.

    Attributes:
        wanted: the custom resources that it would create.
    """

    def __init__(self) -> None:
        self.wanted: list[Wanted] = []

    def __call__(self, event: EngineEvent) -> None:
        """Take note of an event."""
        if event.resource_pre_event is None:
            return
        metadata = event.resource_pre_event.metadata
        new = metadata.new
        if metadata.op in _CREATED and new is not None and new.custom and not _is_provider(new.type):
            self.wanted.append(
                Wanted(new.urn, new.type, new.parent or "", metadata.provider or "", _properties(new.inputs))
            )


def interrupted_creations(export: Mapping[str, Any]) -> tuple[Wanted, ...]:
    """Return what runs had begun to create when they were cut off.

    Args:
        export: the state.
    """
    pending = (export.get("deployment") or {}).get("pending_operations") or ()
    resources = [each["resource"] for each in pending if each["type"] == "creating"]
    return tuple(
        Wanted(
            each["urn"], each["type"], each.get("parent", ""), each.get("provider", ""), _properties(each.get("inputs"))
        )
        for each in resources
        if each.get("custom") and not _is_provider(each["type"])
    )


def _is_provider(kind: str) -> bool:
    return kind.startswith("pulumi:providers:")


def _properties(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
