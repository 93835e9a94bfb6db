from typing import Any

import pytest

from sandbox.plugins.kubernetes.ownership import has_own_updates, taken_over, without_ignored

OURS = "pulumi-kubernetes-1"


def entry(manager: str, operation: str, fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "fieldsV1": fields, **more}


def test_a_plain_create_becomes_our_apply() -> None:
    created = entry(OURS, "Update", {"f:data": {"f:a": {}}})
    assert taken_over([created], OURS) == [entry(OURS, "Apply", {"f:data": {"f:a": {}}})]


def test_updates_join_an_apply_that_is_there_and_others_stay() -> None:
    other = entry("controller", "Update", {"f:status": {}})
    status = entry(OURS, "Update", {"f:status": {}}, subresource="status")
    managed = [
        entry(OURS, "Apply", {"f:data": {"f:a": {}}}),
        entry("pulumi-kubernetes-2", "Update", {"f:data": {".": {}, "f:b": {}}}),
        entry("kubectl", "Apply", {"f:metadata": {"f:labels": {"f:x": {}}}}),
        other,
        status,
    ]
    assert taken_over(managed, OURS) == [
        entry(
            OURS,
            "Apply",
            {"f:data": {"f:a": {}, ".": {}, "f:b": {}}, "f:metadata": {"f:labels": {"f:x": {}}}},
        ),
        other,
        status,
    ]


def test_nothing_to_take_over() -> None:
    assert taken_over([entry(OURS, "Apply", {"f:data": {}}), entry("controller", "Update", {"f:x": {}})], OURS) is None
    assert taken_over([], OURS) is None


def test_an_ignored_property_of_another_manager_is_left_out() -> None:
    live = {
        "metadata": {"managedFields": [entry("refresher", "Update", {"f:data": {"f:.dockerconfigjson": {}}})]},
        "data": {".dockerconfigjson": "fresh"},
    }
    inputs = {"data": {".dockerconfigjson": "seed"}, "type": "t"}
    assert without_ignored(inputs, live, OURS, ["data"]) == {"type": "t"}
    assert inputs["data"] == {".dockerconfigjson": "seed"}


def test_an_ignored_property_of_ours_keeps_its_live_value() -> None:
    live = {"metadata": {"managedFields": [entry(OURS, "Apply", {"f:data": {}})]}, "data": {"a": "live"}}
    assert without_ignored({"data": {"a": "new"}}, live, OURS, ["data"]) == {"data": {"a": "live"}}
    assert without_ignored({"data": {"a": "new"}}, live, OURS, ["data.b"]) == {"data": {"a": "new"}}


@pytest.mark.parametrize(
    ("managed", "own"),
    [
        ([], True),
        ([entry("pulumi-kubernetes-2", "Update", {})], True),
        ([entry(OURS, "Apply", {}), entry("kubectl-patch", "Update", {})], False),
    ],
)
def test_a_preview_forces_only_past_our_own_updates(managed: list[dict[str, Any]], own: bool) -> None:
    assert has_own_updates(managed) is own
