"""What is read from a stack's exported state."""

from datetime import datetime, timezone
from typing import Any

from ops.deployed import ACCESS_KEY, CREDENTIAL, KEY_GENERATION, USER, deployed_stack

_URN = "urn:pulumi:dev::nvcf-registry::nvcf-registry:index:EcrPuller$"
_PULLER = "urn:pulumi:dev::nvcf-registry::nvcf-registry:index:EcrPuller::functions"
_REGISTRATION = "urn:pulumi:dev::nvcf-registry::nvcf-registry:index:RegistryCredential::functions"


def custom(kind: str, name: str, id_: str, parent: str, /, **outputs: Any) -> dict[str, Any]:
    """Return a resource as an export has it."""
    return {
        "urn": f"{_URN}{kind}::{name}",
        "type": kind,
        "id": id_,
        "custom": True,
        "parent": parent,
        "outputs": outputs,
    }


def key(generation: int, secret: object) -> dict[str, Any]:
    """Return an access key."""
    made = custom(
        ACCESS_KEY,
        f"functions-key-{'b' if generation % 2 else 'a'}",
        f"AKIA{generation}",
        _PULLER,
        status="Active",
        createDate="2026-11-21T14:25:36Z",
        secret=secret,
    )
    return {**made, "replacementTrigger": generation}


def export(secret: object, username: object = "AKIA2") -> dict[str, Any]:
    """Return the export of a registry at generation 2."""
    return {
        "deployment": {
            "resources": [
                {"urn": _PULLER, "type": "nvcf-registry:index:EcrPuller", "custom": False},
                custom(USER, "functions-user", "nvcf-registry-dev-functions", _PULLER),
                custom(KEY_GENERATION, "functions-generation-wanted", "generation", _PULLER, generation=3),
                custom(KEY_GENERATION, "functions-generation-reached", "generation", _PULLER, generation=2),
                key(2, secret),
                key(1, secret),
                {**key(1, secret), "id": "AKIAGOING", "delete": True},
                custom(
                    CREDENTIAL,
                    "functions-credential",
                    "id-1",
                    _REGISTRATION,
                    hostname="h",
                    name="functions",
                    artifactTypes=["CONTAINER"],
                    lastUpdatedAt="2026-11-21T14:25:36.757Z",
                    username=username,
                    password=secret,
                ),
            ],
            "pending_operations": [
                {"type": "creating", "resource": {"urn": f"{_URN}x::functions-key-b", "type": ACCESS_KEY, "inputs": {}}}
            ],
        }
    }


def test_a_registry_is_put_together_from_its_resources() -> None:
    found = deployed_stack(export({"plaintext": '"hidden"'})).registries["functions"]
    assert found.user == "nvcf-registry-dev-functions"
    assert [(each.id, each.generation) for each in found.keys] == [("AKIA1", 1), ("AKIA2", 2)]
    assert (found.wanted, found.reached) == (3, 2)
    assert found.current is not None
    assert found.current.id == "AKIA2"
    assert found.current.created == datetime(2026, 11, 21, 14, 25, 36, tzinfo=timezone.utc)
    assert found.credential is not None
    assert found.credential.artifact_types == {"CONTAINER"}


def test_a_secret_is_there_only_when_it_was_exported_and_never_shown() -> None:
    shown = deployed_stack(export({"plaintext": '"hidden"'})).registries["functions"]
    assert shown.keys[0].secret == "hidden"
    assert "hidden" not in repr(shown)
    encrypted = deployed_stack(export({"ciphertext": "v1:abc"})).registries["functions"]
    assert encrypted.keys[0].secret == ""


def test_an_encrypted_user_name_leaves_the_generation_to_tell_the_current_key() -> None:
    found = deployed_stack(export({"ciphertext": "x"}, username={"ciphertext": "x"})).registries["functions"]
    assert found.current is not None
    assert found.current.id == "AKIA2"


def test_a_key_about_to_be_deleted_is_none_of_the_stacks() -> None:
    assert "AKIAGOING" not in deployed_stack(export("")).ids(ACCESS_KEY)


def test_pending_operations_are_named() -> None:
    (pending,) = deployed_stack(export("")).pending
    assert (pending.kind, pending.name, pending.type) == ("creating", "functions-key-b", ACCESS_KEY)


def test_a_stack_that_was_never_deployed_has_nothing() -> None:
    empty = deployed_stack({"version": 3, "deployment": {"manifest": {}}})
    assert empty.registries == {}
    assert empty.pending == ()
