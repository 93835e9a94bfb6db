"""What of a live object is the program's doing, and whether it is still as the program left it. All pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ABSENT = object()


def live_inputs(inputs: Mapping[str, Any], left: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that would make an object what it now is, as far as the program's inputs reach.

    A property that is as the last run left it keeps the program's own spelling (`0.5`, where the server
    writes `500m`). One that somebody changed or removed shows what it is now. What only the server or
    others set is not the program's, so it does not show.

    Args:
        inputs: the program's inputs of the last run.
        left: the live object after the last run.
        live: the live object now.
    """
    return {
        key: found
        for key, value in inputs.items()
        if (found := _project(value, left.get(key, _ABSENT), live.get(key, _ABSENT))) is not _ABSENT
    }


def _project(value: Any, left: Any, live: Any) -> Any:
    if live is _ABSENT:
        # Never there, such as an empty map that the server drops; or there and gone.
        return value if left is _ABSENT else _ABSENT
    if isinstance(value, dict) and isinstance(live, dict):
        return live_inputs(value, left if isinstance(left, dict) else {}, live)
    if isinstance(value, list) and isinstance(live, list):
        return _project_list(value, left if isinstance(left, list) else [], live)
    return value if _equal(left, live) else live


def _project_list(value: list[Any], left: list[Any], live: list[Any]) -> list[Any]:
    """Items are matched by place; one more or one less than the last run left is somebody's change."""
    if len(value) != len(live) or len(left) != len(live):
        return value if _equal(left, live) else live
    items = (_project(*places) for places in zip(value, left, live, strict=True))
    return [item for item in items if item is not _ABSENT]


def _equal(left: Any, live: Any) -> bool:
    return bool(left == live) and isinstance(left, bool) == isinstance(live, bool)
