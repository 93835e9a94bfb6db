"""Who owns which fields of an object: server-side apply's `managedFields`. All pure.

The format is Kubernetes' `FieldsV1`: `f:name` for a field, `k:{…}` for a list item by key, `.` for the item
itself.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

OWN_UPDATES = ("pulumi-kubernetes", "pulumi-resource-kubernetes")
"""How the names begin under which this plugin, or an older one, creates and updates without apply."""

TAKEN_OVER = {"Update": ("kubectl", "before-first-apply", *OWN_UPDATES), "Apply": ("kubectl",)}
"""How the names of managers begin whose fields this plugin takes over before it applies, by their operation.

From the official plugin, which takes over `kubectl patch`, `edit` and `apply`, but nobody else's work.
"""

Entry = dict[str, Any]


def taken_over(managed: Sequence[Entry], manager: str) -> list[Entry] | None:
    """`managedFields` in which what was written by other means than apply belongs to `manager`'s apply.

    An object is made by a plain create, which leaves its fields to an *update* entry. Without this, a later
    apply that drops a field would leave it on the object, since that entry still wants it.

    Returns:
        The new entries; None when there is nothing to take over.
    """
    ours: Entry | None = None
    others: list[Entry] = []
    fields: dict[str, Any] = {}
    for entry in managed:
        operation, theirs = str(entry.get("operation")), str(entry.get("manager"))
        if operation == "Apply" and theirs == manager and not entry.get("subresource"):
            ours = entry
        elif theirs.startswith(TAKEN_OVER.get(operation, ())) and not entry.get("subresource"):
            fields = _union(fields, entry.get("fieldsV1") or {})
            ours = ours or {**entry, "manager": manager, "operation": "Apply", "fieldsV1": {}}
        else:
            others.append(entry)
    if not fields or ours is None:
        return None
    return [{**ours, "fieldsV1": _union(ours.get("fieldsV1") or {}, fields)}, *others]


def has_own_updates(managed: Sequence[Entry]) -> bool:
    """Whether fields are this plugin's by other means than apply. A preview, which takes nothing over, then forces."""
    return not managed or any(
        entry.get("operation") == "Update" and str(entry.get("manager")).startswith(OWN_UPDATES) for entry in managed
    )


def without_ignored(
    inputs: Mapping[str, Any], live: Mapping[str, Any], manager: str, ignored: Sequence[str]
) -> dict[str, Any]:
    """Inputs for an apply that leaves ignored properties as they are.

    A property that another manager owns is left out, so that neither a conflict nor shared ownership
    arises; one of our own is given the value it has, since leaving it out would remove it.

    Args:
        inputs: the new object.
        live: the live object, with `managedFields`.
        manager: our name.
        ignored: property paths such as `data` or `metadata.labels.team`, as in `ignoreChanges`.
    """
    result: dict[str, Any] = copy.deepcopy(dict(inputs))
    managed = live.get("metadata", {}).get("managedFields") or []
    for path in ignored:
        steps = path.split(".")
        owners = [entry.get("manager") for entry in managed if _owns(entry.get("fieldsV1") or {}, steps)]
        if owners and manager not in owners:
            _remove(result, steps)
        elif (value := _dig(live, steps)) is not None:
            _place(result, steps, value)
    return result


def _union(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(one)
    for key, value in other.items():
        result[key] = _union(result.get(key) or {}, value or {})
    return result


def _owns(fields: Mapping[str, Any], steps: Sequence[str]) -> bool:
    for step in steps:
        if f"f:{step}" not in fields:
            return False
        fields = fields[f"f:{step}"]
    return True


def _dig(value: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _place(target: dict[str, Any], steps: Sequence[str], value: Any) -> None:
    for step in steps[:-1]:
        target = target.setdefault(step, {})
    target[steps[-1]] = copy.deepcopy(value)


def _remove(target: dict[str, Any], steps: Sequence[str]) -> None:
    holder = _dig(target, steps[:-1])
    if isinstance(holder, dict):
        holder.pop(steps[-1], None)
