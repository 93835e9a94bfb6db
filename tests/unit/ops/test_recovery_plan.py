"""What is decided to be done about a stack."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ops.deployed import CREDENTIAL
from ops.recovery.actions import Import, Plan, Refresh, Replaced, Verify
from ops.recovery.findings import Findings, Owner, Wishes
from ops.recovery.plan import plan
from ops.recovery.processes import Leftover
from tests.unit.ops.findings_of import (
    CREDENTIAL_URN,
    PROVIDER,
    PULLER,
    credential_fact,
    credential_resource,
    existing,
    findings,
    key,
    lock,
    pending,
    resource,
    run,
    state,
    wanted,
)

REPOSITORY = wanted()
BEGUN = pending("creating", resource(REPOSITORY.type, "functions-echo", ""))
DEPLOYED = state(key("AKIA1", 1), credential_resource())


def planned(found: Findings, **wishes: Any) -> Plan:
    return plan(found, Wishes(**wishes))


def kinds(made: Plan) -> list[str]:
    return [each.kind for each in made.actions]


def with_credential(**members: Any) -> Findings:
    found = findings(DEPLOYED)
    return replace(found, credentials=(credential_fact(found, **members),))


def test_nothing_is_done_where_nothing_is_wrong() -> None:
    assert planned(with_credential()) == Plan()


def test_everything_of_a_killed_run_is_done_in_order() -> None:
    found = findings(
        DEPLOYED,
        operations=[BEGUN],
        locks=(lock(3),),
        wanted=(REPOSITORY,),
        existing={REPOSITORY.urn: existing()},
    )
    made = planned(found)
    assert kinds(made) == ["release-lock", "refresh", "import", "forget-pending"]
    assert "creating functions-echo" in made.lines()[-1]


def test_what_keeps_the_stack_from_being_looked_at_goes_first_and_alone() -> None:
    found = findings(DEPLOYED, locks=(lock(3),), leftovers=(Leftover(7, "pulumi-resource-aws"),))
    assert kinds(planned(found)) == ["end-process"]
    unreadable = replace(found, unreadable=(Path("/srv/dev.json.attrs"),))
    assert kinds(planned(unreadable)) == ["end-process", "mend-store"]


@pytest.mark.parametrize(
    "runs", [(run(5, 6, failed=True), run(1, 2)), (run(8, 9, kind="resource-import"), run(5, 6, failed=True))]
)
def test_everything_is_read_again_after_a_run_that_failed(runs: tuple[Any, ...]) -> None:
    assert kinds(planned(findings(DEPLOYED, runs=runs))) == ["refresh"]


@pytest.mark.parametrize("runs", [(run(5, 6), run(1, 2, failed=True)), (run(5, 6, kind="refresh"),), ()])
def test_nothing_is_read_again_after_one_that_did_not(runs: tuple[Any, ...]) -> None:
    assert planned(findings(DEPLOYED, runs=runs)).actions == ()


def test_what_a_run_made_is_imported_with_its_component_and_provider() -> None:
    found = findings([], wanted=(REPOSITORY,), existing={REPOSITORY.urn: existing(region="us-east-1")})
    (action,) = planned(found).actions
    assert isinstance(action, Import)
    (entry,) = action.entries
    assert (entry.urn, entry.id, entry.parent) == (REPOSITORY.urn, "prefix/echo@us-east-1", PULLER)
    assert entry.provider is None, "a default provider is found by the engine"


def test_an_explicit_provider_is_named_if_it_is_in_state() -> None:
    cluster = PROVIDER.replace("default_7_51_1", "cluster")
    role = replace(REPOSITORY, provider=f"{cluster}::4711")
    known = {"urn": cluster, "type": "pulumi:providers:kubernetes", "id": "4711", "custom": True}
    (action,) = planned(findings([known], wanted=(role,), existing={role.urn: existing()})).actions
    assert isinstance(action, Import)
    assert action.entries[0].provider == cluster
    made = planned(findings([], wanted=(role,), existing={role.urn: existing()}))
    assert made.actions == ()
    assert "the state does not hold its provider 'cluster'" in made.refused[0].problem


def test_another_stacks_is_named_and_left_alone() -> None:
    other = existing(Owner("nvcf-registry", "prod"))
    made = planned(findings([], wanted=(REPOSITORY,), existing={REPOSITORY.urn: other}, operations=[BEGUN]))
    assert "import" not in kinds(made)
    (refused,) = made.refused
    assert "its marks name the stack 'prod' of the project 'nvcf-registry'" in refused.problem


@pytest.mark.parametrize(
    ("operations", "runs", "made_at", "is_ours"),
    [
        ([BEGUN], (), 1, True),
        ([BEGUN], (run(0, 0.5),), 1, True),
        ([BEGUN], (run(3, 4, failed=True), run(0, 0.5)), 1, True),
        ([BEGUN], (run(2, 3),), 1, False),
        ([], (), 1, False),
    ],
    ids=["begun", "begun since", "begun before a failed repetition", "older than the last success", "not begun"],
)
def test_what_has_no_marks_is_ours_only_when_a_run_had_begun_to_make_it(
    operations: list[dict[str, Any]], runs: tuple[Any, ...], made_at: float, is_ours: bool
) -> None:
    there = {REPOSITORY.urn: existing(None, made_at)}
    made = planned(findings([], wanted=(REPOSITORY,), existing=there, operations=operations, runs=runs))
    assert ("import" in kinds(made)) is is_ours
    assert [("nothing shows that this stack made it" in each) for each in made.notes] == ([] if is_ours else [True])


@pytest.mark.parametrize(
    ("more", "is_imported"),
    [
        ({}, False),
        ({"operations": [BEGUN]}, True),
        ({"locks": (lock(0.5),)}, True),
        ({"locks": (lock(2),)}, False),
        ({"runs": (run(0, 2, failed=True),)}, True),
    ],
    ids=["nothing cut off", "begun", "under the lock", "before the lock", "in a failed run"],
)
def test_what_was_kept_on_purpose_is_not_taken_back(more: dict[str, Any], is_imported: bool) -> None:
    there = {REPOSITORY.urn: existing(kept=True)}
    made = planned(findings([], wanted=(REPOSITORY,), existing=there, **more))
    assert ("import" in kinds(made)) is is_imported
    assert [("was kept when it left this stack" in each) for each in made.notes] == ([] if is_imported else [True])


@pytest.mark.parametrize(
    ("known", "action"),
    [
        ({"id": "prefix/echo"}, None),
        ({"id": "prefix/echo", "pendingReplacement": True}, Replaced),
        ({"id": "old/echo"}, Replaced),
        ({"id": "old/echo", "delete": True}, Import),
    ],
    ids=["the predecessor itself", "deleted before", "made before its predecessor goes", "only to be deleted"],
)
def test_a_successor_takes_the_place_of_what_is_in_state(known: dict[str, Any], action: type | None) -> None:
    held = resource(REPOSITORY.type, "functions-echo", "") | known
    made = planned(findings([held], wanted=(REPOSITORY,), existing={REPOSITORY.urn: existing()}))
    assert [type(each) for each in made.actions] == ([action] if action else [])


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"name": "credentials"}, "somebody renamed the credential 'functions' to 'credentials'"),
        ({"last_updated_at": "2026-11-21T12:05:00.001Z"}, "was written to at 2026-11-21T12:05:00.001Z"),
    ],
)
def test_a_credential_that_was_written_to_is_read_again(members: dict[str, str], said: str) -> None:
    (action,) = planned(with_credential(**members)).actions
    assert isinstance(action, Refresh)
    assert action.urns == (CREDENTIAL_URN,)
    assert said in str(action)


def test_a_credential_that_is_gone_is_read_again() -> None:
    found = with_credential()
    gone = replace(found, credentials=(replace(found.credentials[0], found=None),))
    (action,) = planned(gone, verify=True).actions
    assert "NVCF no longer has the credential id-1" in str(action)


@pytest.mark.parametrize("kind", ["updating", "deleting"])
def test_a_secret_that_a_cut_off_run_may_have_changed_is_sent_again(kind: str) -> None:
    found = findings(DEPLOYED, operations=[pending(kind, credential_resource())])
    made = planned(replace(found, credentials=(credential_fact(found),)), verify=True)
    assert kinds(made) == ["refresh", "resend", "forget-pending"], "what is sent again need not be tried"


def test_secrets_are_tried_when_that_is_wanted() -> None:
    assert planned(with_credential(), verify=True).actions == (Verify((CREDENTIAL_URN,)),)


def test_a_row_of_this_stack_that_is_not_in_state_is_spoken_of() -> None:
    row = credential_fact(findings(DEPLOYED)).found
    assert row is not None
    awaited = replace(REPOSITORY, type=CREDENTIAL, inputs={"hostname": "registry", "name": "functions"})
    (note,) = planned(findings([], unclaimed=(row,), wanted=(awaited,))).notes
    assert "is taken over by the next `pulumi up`" in note
    (note,) = planned(findings([], unclaimed=(row,))).notes
    assert "python -m ops leftovers" in note


def test_a_report_for_machines_has_what_people_read() -> None:
    found = findings(DEPLOYED, operations=[BEGUN], locks=(lock(3),))
    report = planned(found).report()
    actions = report["actions"]
    assert isinstance(actions, list)
    assert [each["kind"] for each in actions] == ["release-lock", "refresh", "forget-pending"]
    assert actions[-1]["operations"] == ["creating functions-echo"]
    assert "process 4711 of ann on here" in actions[0]["text"]
