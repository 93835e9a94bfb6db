"""Changes of an exported state that no command of the engine makes. Secrets in it stay encrypted."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nvcf.credential_diff import MARKER
from ops.deployed import logical_name
from ops.recovery.actions import ImportEntry, Replaced

_STACK = "pulumi:pulumi:Stack"


def edited(
    export: Mapping[str, Any],
    *,
    resend: Iterable[str] = (),
    noted: Mapping[str, str] | None = None,
    replaced: Iterable[Replaced] = (),
) -> dict[str, Any]:
    """Return a state with changes; operations of unknown end are left out of it, as the engine leaves them out.

    Args:
        export: the state.
        resend: credentials, by URN, whose secret the next run is to send again.
        noted: by URN of a credential, NVCF's time of a write that was ours.
        replaced: successors that take the place of what is in state.
    """
    changed = copy.deepcopy(dict(export))
    deployment = changed["deployment"]
    deployment.pop("pending_operations", None)
    marked, times = frozenset(resend), noted or {}
    for each in deployment.get("resources") or ():
        if each["urn"] in marked and not each.get("delete"):
            each["outputs"][MARKER] = True
        elif each["urn"] in times and not each.get("delete"):
            each["outputs"]["lastUpdatedAt"] = times[each["urn"]]
    successors = {each.urn: each for each in replaced}
    if successors:
        deployment["resources"] = list(_with_successors(deployment["resources"], successors))
    return changed


def _with_successors(
    resources: Iterable[dict[str, Any]], successors: Mapping[str, Replaced]
) -> Iterator[dict[str, Any]]:
    for each in resources:
        successor = successors.get(each["urn"])
        if successor is None or each.get("delete"):
            yield each
            continue
        new = {key: value for key, value in each.items() if key != "pendingReplacement"}
        # Without inputs the provider reads them as for an import: those of the predecessor are another's.
        yield {**new, "id": successor.id, "inputs": {}, "outputs": {}}
        if not each.get("pendingReplacement"):
            yield {**each, "delete": True}


def import_file(
    entries: Sequence[ImportEntry], in_state: frozenset[str]
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return what `pulumi import --file` is given: the resources, and URNs in state by the names used for them.

    Args:
        entries: what is to be taken into state; providers are in state already.
        in_state: URNs of everything in state.
    """
    names: dict[str, str] = {}
    components: dict[str, dict[str, Any]] = {}

    def name_of(urn: str) -> str:
        if urn not in in_state and urn not in components:
            # urn:pulumi:<stack>::<project>::<types, the outermost first, with $ between>::<name>
            kind = urn.split("::")[2].rpartition("$")[2]
            label = f"component{len(components)}"
            components[urn] = {"type": kind, "name": label, "logicalName": logical_name(urn), "component": True}
        return str(components[urn]["name"]) if urn in components else names.setdefault(urn, f"known{len(names)}")

    resources = []
    for number, each in enumerate(entries):
        made = {"type": each.type, "name": f"resource{number}", "logicalName": logical_name(each.urn), "id": each.id}
        if each.parent and each.parent.split("::")[2] != _STACK:
            made["parent"] = name_of(each.parent)
        if each.provider is not None:
            made["provider"] = name_of(each.provider)
        resources.append(made)
    return [*components.values(), *resources], {name: urn for urn, name in names.items()}
