"""Changes of a state, and what an import is told."""

import copy

from ops.recovery.actions import ImportEntry, Replaced
from ops.recovery.state_edit import edited, import_file
from tests.unit.ops.findings_of import (
    CREDENTIAL_URN,
    PULLER,
    credential_resource,
    findings,
    pending,
    resource,
    state,
    urn,
)

REPOSITORY = "aws:ecr/repository:Repository"
STACK = "urn:pulumi:dev::nvcf-registry::pulumi:pulumi:Stack::nvcf-registry-dev"


def entry(name: str = "functions-echo", parent: str = PULLER, provider: str | None = None) -> ImportEntry:
    return ImportEntry(urn(REPOSITORY, name), f"prefix/{name}", REPOSITORY, parent, provider, "a repository")


def test_only_what_is_named_changes_and_pending_operations_go() -> None:
    export = findings(state(credential_resource()), operations=[pending("updating", credential_resource())]).export
    before = copy.deepcopy(export)
    changed = edited(export, resend=[CREDENTIAL_URN])
    assert export == before
    assert "pending_operations" not in changed["deployment"]
    (marked,) = [each for each in changed["deployment"]["resources"] if each["urn"] == CREDENTIAL_URN]
    assert marked["outputs"].pop("changedOutside") is True
    assert changed["deployment"]["resources"] == before["deployment"]["resources"]
    assert changed["version"] == 3


def test_our_own_write_is_noted() -> None:
    changed = edited(findings([credential_resource()]).export, noted={CREDENTIAL_URN: "2027-01-01T00:00:00.000Z"})
    (noted,) = changed["deployment"]["resources"]
    assert noted["outputs"]["lastUpdatedAt"] == "2027-01-01T00:00:00.000Z"


def test_a_successor_is_put_before_its_predecessor_which_is_to_be_deleted() -> None:
    old = resource(REPOSITORY, "functions-echo", "old/echo", inputs={"name": "old/echo"}, provider="aws::1")
    changed = edited(findings([old]).export, replaced=[Replaced("prefix/functions-echo", entry())])
    new, gone = changed["deployment"]["resources"]
    assert (new["id"], new["inputs"], new["outputs"], new["provider"]) == ("prefix/functions-echo", {}, {}, "aws::1")
    assert "delete" not in new
    assert gone == {**old, "delete": True}


def test_a_successor_of_what_is_deleted_already_stands_alone() -> None:
    old = resource(REPOSITORY, "functions-echo", "prefix/functions-echo", pendingReplacement=True)
    changed = edited(findings([old]).export, replaced=[Replaced("prefix/functions-echo", entry())])
    (new,) = changed["deployment"]["resources"]
    assert "pendingReplacement" not in new


def test_an_import_brings_a_component_that_is_not_in_state_once() -> None:
    resources, names = import_file([entry("functions-a"), entry("functions-b")], frozenset())
    assert resources == [
        {
            "type": "nvcf-registry:index:EcrPuller",
            "name": "component0",
            "logicalName": "functions",
            "component": True,
        },
        {
            "type": REPOSITORY,
            "name": "resource0",
            "logicalName": "functions-a",
            "id": "prefix/functions-a",
            "parent": "component0",
        },
        {
            "type": REPOSITORY,
            "name": "resource1",
            "logicalName": "functions-b",
            "id": "prefix/functions-b",
            "parent": "component0",
        },
    ]
    assert names == {}


def test_an_import_refers_to_what_is_in_state() -> None:
    cluster = "urn:pulumi:dev::nvcf-registry::pulumi:providers:kubernetes::cluster"
    resources, names = import_file([entry(provider=cluster)], frozenset({PULLER, cluster}))
    (made,) = resources
    assert {names[made["parent"]], names[made["provider"]]} == {PULLER, cluster}
    assert names[made["parent"]] == PULLER


def test_the_stack_itself_is_no_parent_to_name() -> None:
    resources, names = import_file([entry(parent=STACK)], frozenset({STACK}))
    assert "parent" not in resources[0]
    assert names == {}
