from typing import Any

import pytest

from sandbox.plugins.kubernetes.replacement import changes, deletes_first, is_within, replacing_properties
from sandbox.plugins.kubernetes.settings import Settings
from sandbox.plugins.protocol.values import UNKNOWN

FIXED = Settings()
MUTABLE = Settings(secret_mutable=True, config_map_mutable=True)


def obj(api_version: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "n", "namespace": "ns"}, **fields}


def job(**spec: Any) -> dict[str, Any]:
    return obj("batch/v1", "Job", spec={"template": {"spec": {"containers": [{"name": "c", "image": "a"}]}}, **spec})


def secret(**fields: Any) -> dict[str, Any]:
    return obj("v1", "Secret", **fields)


def binding(role: str) -> dict[str, Any]:
    return obj("rbac.authorization.k8s.io/v1", "RoleBinding", roleRef={"kind": "Role", "name": role}, subjects=[])


@pytest.mark.parametrize(
    ("old", "new", "settings", "replaced"),
    [
        (secret(data={"a": "1"}), secret(data={"a": "2"}), FIXED, {"data.a"}),
        (secret(data={"a": "1"}), secret(data={"a": "2"}), MUTABLE, set()),
        (secret(data={"a": "1"}, immutable=True), secret(data={"a": "2"}, immutable=True), MUTABLE, {"data.a"}),
        (secret(), secret(stringData={"a": UNKNOWN}), FIXED, {"stringData"}),
        (secret(data={"a": "1"}), secret(data=UNKNOWN), FIXED, {"data"}),
        (secret(type="Opaque"), secret(type="other"), FIXED, {"type"}),
        (secret(type="Opaque"), secret(type="other"), MUTABLE, {"type"}),
        (obj("v1", "ConfigMap", data={"a": "1"}), obj("v1", "ConfigMap", data={"a": "2"}), FIXED, {"data.a"}),
        (obj("v1", "ConfigMap", data={"a": "1"}), obj("v1", "ConfigMap", data={"a": "2"}), MUTABLE, set()),
        (obj("v1", "ConfigMap"), obj("v1", "ConfigMap", binaryData={"a": "Mg=="}), FIXED, {"binaryData"}),
        (binding("a"), binding("b"), FIXED, {"roleRef.name"}),
        (job(), job(completions=2), FIXED, {"spec.completions"}),
        (job(), job(backoffLimit=2), FIXED, set()),
        (obj("batch/v1", "Job"), job(), FIXED, {"spec"}),
        (job(), obj("batch/v1", "Job"), FIXED, set()),
        (
            obj("v1", "Service", spec={"clusterIP": "a"}),
            obj("v1", "Service", spec={"clusterIP": "b"}),
            FIXED,
            {"spec.clusterIP"},
        ),
        (
            obj("v1", "Pod", spec={"containers": [{"name": "c", "env": [{"name": "x", "value": "1"}]}]}),
            obj("v1", "Pod", spec={"containers": [{"name": "c", "env": [{"name": "x", "value": "2"}]}]}),
            FIXED,
            {"spec.containers[0].env[0].value"},
        ),
        (
            obj("v1", "Namespace"),
            {**obj("v1", "Namespace"), "metadata": {"name": "other", "namespace": "ns"}},
            FIXED,
            {"metadata.name"},
        ),
        (obj("v1", "Namespace"), {**obj("v1", "Namespace"), "metadata": UNKNOWN}, FIXED, set()),
        (secret(), {**secret(), "metadata": {"name": "n", "namespace": "b"}}, FIXED, {"metadata.namespace"}),
        (secret(), {**secret(), "metadata": {"name": "n", "namespace": "ns", "labels": {"a": "1"}}}, FIXED, set()),
    ],
)
def test_the_official_plugins_rules(
    old: dict[str, Any], new: dict[str, Any], settings: Settings, replaced: set[str]
) -> None:
    found = changes(old, new, replacing_properties(new, settings))
    assert found
    assert {change.path for change in found if change.replace} == replaced


def test_a_patch_resource_is_replaced_for_another_object_only() -> None:
    found = changes(secret(type="a"), secret(type="b"), replacing_properties(secret(), FIXED, patch=True))
    assert [change.replace for change in found] == [False]


@pytest.mark.parametrize(
    ("metadata", "first"),
    [
        ({"name": "n", "namespace": "ns"}, True),
        ({"name": "n", "namespace": "elsewhere"}, False),
        ({"name": "other", "namespace": "ns"}, False),
        ({"name": "n", "namespace": "ns", "annotations": {"pulumi.com/autonamed": "true"}}, False),
        ({"name": UNKNOWN, "namespace": "ns"}, False),
        ({"namespace": "ns"}, False),
    ],
)
def test_the_old_object_goes_first_when_the_program_fixes_its_name(metadata: dict[str, Any], first: bool) -> None:
    assert deletes_first(secret(), {**secret(), "metadata": metadata}) is first


@pytest.mark.parametrize(
    ("path", "outer", "within"),
    [
        ("data.a", "data", True),
        ("data", "data", True),
        ("data", "data.a", False),
        ('data[".dockerconfigjson"]', 'data[".dockerconfigjson"]', True),
        ('metadata.annotations["example.com/a"]', "metadata.annotations", True),
        ("spec.containers[1].image", "spec.containers[*].image", True),
        ("database", "data", False),
    ],
)
def test_paths_within_paths(path: str, outer: str, within: bool) -> None:
    assert is_within(path, outer) is within
