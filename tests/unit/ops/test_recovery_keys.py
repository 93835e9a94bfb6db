"""Which access keys that the state does not hold a cut-off run made, and which are somebody's."""

from typing import Any

import pytest

from ops.errors import RefusedError
from ops.recovery.findings import Findings
from ops.recovery.keys import gone_keys, key_decisions
from tests.unit.ops.findings_of import (
    USER_NAME,
    findings,
    in_iam,
    key,
    lock,
    pending,
    run,
    state,
)

CURRENT = key("AKIACURRENT", 2)
BEGUN = pending("creating", key("", 0))


def with_unknown(
    made: float, *, used: bool = False, resources: list[dict[str, Any]] | None = None, **more: Any
) -> Findings:
    """Return a stack that holds a key, with another one in IAM made at a minute."""
    keys = {USER_NAME: (in_iam("AKIACURRENT", 2, used=True), in_iam("AKIAUNKNOWN", made, used=used))}
    return findings(state(CURRENT) if resources is None else resources, keys=keys, **more)


def deleted(found: Findings, *named: str) -> list[str]:
    return [each.key for each in key_decisions(found, frozenset(named))[0]]


ORPHANS = {
    "made under the lock of a dead run": with_unknown(9, locks=(lock(8),)),
    "made in the very second of the lock": with_unknown(8, locks=(lock(8.01),)),
    "made by a run that failed": with_unknown(6, runs=(run(5, 7, failed=True),)),
    "noted as begun, and made again later": with_unknown(1, operations=[BEGUN]),
    "asked for twice by a run that ended well": with_unknown(1.5, runs=(run(1, 3),)),
}
SOMEBODYS = {
    "made while nothing ran": with_unknown(30, runs=(run(1, 3), run(50, 60, failed=True))),
    "made before the lock": with_unknown(7, locks=(lock(8),)),
    "made after the run that failed": with_unknown(8, runs=(run(5, 7, failed=True),)),
    "made before the failed run": with_unknown(4, runs=(run(5, 7, failed=True),)),
    "made during a refresh": with_unknown(6, runs=(run(5, 7, failed=True, kind="refresh"),)),
    "made before the interrupted run began": with_unknown(0.2, operations=[BEGUN]),
    "made after the run that repeated it": with_unknown(3, operations=[BEGUN]),
    "made long after the run was killed": with_unknown(15, locks=(lock(1),)),
    "made after the run had its key": with_unknown(2.5, runs=(run(1, 3),)),
    "made after the run ended": with_unknown(4, runs=(run(1, 3),)),
    "older than the user in state": with_unknown(-5, runs=(run(-6, -4, failed=True),)),
    "used, though made under the lock": with_unknown(9, used=True, locks=(lock(8),)),
    "used, though noted as begun": with_unknown(1, used=True, operations=[BEGUN]),
    "another registry's was begun": with_unknown(
        1, operations=[{"type": "creating", "resource": {**key("", 0), "urn": "urn::samples-key-b"}}]
    ),
}


@pytest.mark.parametrize("found", ORPHANS.values(), ids=ORPHANS)
def test_a_key_that_nobody_can_know_is_deleted(found: Findings) -> None:
    assert deleted(found) == ["AKIAUNKNOWN"]


@pytest.mark.parametrize("found", SOMEBODYS.values(), ids=SOMEBODYS)
def test_any_other_key_is_somebodys_and_spoken_of(found: Findings) -> None:
    actions, (note,) = key_decisions(found, frozenset())
    assert actions == []
    assert f"the access key AKIAUNKNOWN of {USER_NAME}" in note
    assert "--delete-key AKIAUNKNOWN" in note


def test_the_only_key_of_a_first_run_that_was_killed_is_an_orphan() -> None:
    keys = {USER_NAME: (in_iam("AKIAUNKNOWN", 1),)}
    assert deleted(findings(state(), keys=keys, operations=[BEGUN])) == ["AKIAUNKNOWN"]


def test_a_key_made_long_after_the_run_was_cut_off_is_somebodys() -> None:
    keys = {USER_NAME: (in_iam("AKIAUNKNOWN", 15),)}
    assert deleted(findings(state(), keys=keys, operations=[BEGUN])) == []


def test_the_slot_of_a_key_that_was_deleted_to_be_replaced_counts_as_free() -> None:
    """Rotating for the third time deletes the key in the slot first: it stays in state, marked, and is older."""
    waiting = key("AKIAOLD", -50, pendingReplacement=True)
    keys = {USER_NAME: (in_iam("AKIAUNKNOWN", 1),)}
    found = findings(state(waiting), keys=keys, operations=[BEGUN])
    assert deleted(found) == ["AKIAUNKNOWN"]
    assert gone_keys(found.deployed, found.keys) == []


def test_a_key_that_the_state_holds_only_to_delete_it_is_no_orphan() -> None:
    condemned = key("AKIAUNKNOWN", 1, delete=True)
    found = with_unknown(1, resources=state(CURRENT, condemned), locks=(lock(0),))
    assert key_decisions(found, frozenset()) == ([], [])


def test_a_user_that_is_not_in_state_may_have_come_back_with_its_keys() -> None:
    keys = {USER_NAME: (in_iam("AKIAUNKNOWN", 6),)}
    assert deleted(findings([], keys=keys, runs=(run(5, 7, failed=True),))) == []
    assert deleted(findings([], keys=keys, locks=(lock(5),))) == ["AKIAUNKNOWN"]


def test_a_key_is_deleted_when_it_is_named() -> None:
    found = with_unknown(30, used=True)
    ((action,), notes) = key_decisions(found, frozenset({"AKIAUNKNOWN"}))
    assert (action.user, action.key, action.reason) == (USER_NAME, "AKIAUNKNOWN", "you named it")
    assert notes == []


@pytest.mark.parametrize(
    ("named", "said"), [("AKIACURRENT", "is one that this stack holds"), ("AKIAELSEWHERE", "No IAM user of this stack")]
)
def test_a_key_in_use_or_of_another_user_is_not_deleted_by_name(named: str, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        key_decisions(with_unknown(30), frozenset({named}))


def test_a_key_that_is_gone_is_noticed_where_the_user_could_be_asked() -> None:
    found = findings(state(CURRENT), keys={USER_NAME: ()})
    assert gone_keys(found.deployed, found.keys) == [(CURRENT["urn"], "AKIACURRENT")]
    assert gone_keys(found.deployed, {}) == []
