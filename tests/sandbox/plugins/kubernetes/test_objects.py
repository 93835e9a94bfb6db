from typing import Any

import pytest

from sandbox.plugins.kubernetes import objects
from sandbox.plugins.kubernetes.objects import ObjectId, TypeToken
from sandbox.plugins.protocol.errors import UnsupportedError
from sandbox.plugins.protocol.values import UNKNOWN, Secret

SECRET = TypeToken("v1", "Secret")


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("kubernetes:core/v1:Secret", TypeToken("v1", "Secret")),
        ("kubernetes:batch/v1:CronJob", TypeToken("batch/v1", "CronJob")),
        ("kubernetes:rbac.authorization.k8s.io/v1:Role", TypeToken("rbac.authorization.k8s.io/v1", "Role")),
        ("kubernetes:core/v1:SecretPatch", TypeToken("v1", "Secret", patch=True)),
        ("kubernetes:example.com/v1alpha1:Widget", TypeToken("example.com/v1alpha1", "Widget")),
    ],
)
def test_type_tokens(token: str, expected: TypeToken) -> None:
    assert TypeToken.parse(token) == expected


@pytest.mark.parametrize(
    "token", ["kubernetes:helm.sh/v3:Release", "kubernetes:yaml:ConfigFile", "kubernetes:core/v1:SecretList"]
)
def test_what_is_no_object_is_not_carried(token: str) -> None:
    with pytest.raises(UnsupportedError, match="kubernetes:"):
        TypeToken.parse(token)


@pytest.mark.parametrize(("text", "where"), [("ns/n", ObjectId("ns", "n")), ("n", ObjectId("", "n"))])
def test_ids_are_read_and_written(text: str, where: ObjectId) -> None:
    assert ObjectId.parse(text) == where
    assert str(where) == text


def test_inputs_take_the_form_that_the_server_shows() -> None:
    news = {
        "metadata": {"name": "n", "uid": "x", "creationTimestamp": None, "labels": {"a": None}},
        "stringData": {"pw": "secret", "over": "new"},
        "data": {"over": "b2xk", "kept": "YQ=="},
        "status": {},
        "immutable": None,
    }
    assert objects.normalized(news, SECRET) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "n", "labels": {}},
        "data": {"pw": "c2VjcmV0", "over": "bmV3", "kept": "YQ=="},
    }
    assert "stringData" in news


def test_string_data_that_is_not_known_yet_stays() -> None:
    assert objects.normalized({"stringData": {"a": UNKNOWN}}, SECRET)["stringData"] == {"a": UNKNOWN}


def test_a_secrets_data_is_secret_always_and_kubectls_copy_of_it_too() -> None:
    annotations = {objects.LAST_APPLIED: '{"data":{"a":"MQ=="}}', "other": "plain"}
    live: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "n", "annotations": annotations, "managedFields": [{}]},
        "data": {"a": "MQ=="},
    }
    shown = objects.outputs(live, "me")
    assert shown["data"] == Secret({"a": "MQ=="})
    assert shown["metadata"]["annotations"] == {objects.LAST_APPLIED: Secret('{"data":{"a":"MQ=="}}'), "other": "plain"}
    assert "managedFields" not in shown["metadata"]
    assert shown["__fieldManager"] == "me"


def test_a_secret_of_another_group_is_somebody_elses() -> None:
    assert objects.concealed({"apiVersion": "example.com/v1", "kind": "Secret", "data": 1})["data"] == 1


def test_imported_inputs_hold_nothing_that_only_the_server_writes() -> None:
    live = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "n", "uid": "u", "resourceVersion": "1", "annotations": {objects.LAST_APPLIED: "{}"}},
        "type": "Opaque",
        "status": {},
    }
    assert objects.imported_inputs(live) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "n"},
        "type": "Opaque",
    }


def test_a_name_is_foretold_by_its_seed() -> None:
    assert objects.random_suffix(b"a") == objects.random_suffix(b"a") != objects.random_suffix(b"b")
    assert objects.random_suffix(b"") != objects.random_suffix(b"")
