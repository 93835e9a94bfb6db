"""When a key is rotated, and what keeps it from being rotated."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nvcf.functions import FunctionVersion
from ops.decisions import Refuse, Skip
from ops.facts import RegistryFacts
from ops.rotation import Rotate, RotationRules, decide_rotation
from tests.unit.ops.facts_of import HOST, NOW, facts, key_facts

DAY = timedelta(days=1)
RULES = RotationRules(unused_for=DAY)


def decide(found: RegistryFacts, rules: RotationRules = RULES) -> Any:
    """Decide now."""
    return decide_rotation(found, rules, NOW)


def test_a_sound_registry_is_rotated_and_loses_the_key_retired_before() -> None:
    assert decide(facts(2)) == Rotate("functions", 3, deletes="KEY1", resumes=False, wait=timedelta(0))


def test_the_first_rotation_deletes_nothing() -> None:
    assert decide(facts(1)) == Rotate("functions", 2, deletes=None, resumes=False, wait=timedelta(0))


def test_a_key_that_is_gone_already_is_not_said_to_be_deleted() -> None:
    assert decide(facts(2, iam=[key_facts("KEY2")])).deletes is None


@pytest.mark.parametrize(
    ("used", "rotates"),
    [(timedelta(hours=23), False), (DAY, True), (None, True)],
)
def test_a_key_used_lately_stays(used: timedelta | None, rotates: bool) -> None:
    decision = decide(facts(2, iam=[key_facts("KEY1", used=used), key_facts("KEY2")]))
    assert isinstance(decision, Rotate) is rotates


def test_a_key_in_use_is_named_with_the_functions_that_may_hold_it() -> None:
    function = FunctionVersion("f-1", "v-1", "echo", "ACTIVE", frozenset({HOST}))
    used = key_facts("KEY1", used=timedelta(hours=2))
    refusal = decide(facts(2, iam=[used, key_facts("KEY2")], running=(function,)))
    assert isinstance(refusal, Refuse)
    assert "the key KEY1, which was used 2h ago (ecr)" in refusal.problem
    assert "echo (function f-1, version v-1)" in refusal.problem
    assert "--unused-for 0s" in refusal.remedy


def test_an_inactive_key_goes_however_lately_it_was_used() -> None:
    switched_off = key_facts("KEY1", active=False, used=timedelta(minutes=1))
    assert isinstance(decide(facts(2, iam=[switched_off, key_facts("KEY2")])), Rotate)


def test_a_foreign_key_is_in_the_way() -> None:
    refusal = decide(facts(1, iam=[key_facts("KEY1"), key_facts("AKIAFOREIGN", used=None)]))
    assert isinstance(refusal, Refuse)
    assert "has the access key AKIAFOREIGN" in refusal.problem
    assert "never used" in refusal.problem
    assert "ops recover" in refusal.remedy


@pytest.mark.parametrize("iam", [[], [key_facts("KEY2", active=False)]])
def test_a_current_key_that_cannot_pull_is_put_right_first(iam: list[Any]) -> None:
    refusal = decide(facts(2, iam=iam))
    assert isinstance(refusal, Refuse)
    assert "pulls are failing now" in refusal.problem


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": "credentials"}, "is called 'credentials' now, not 'functions'"),
        ({"updated": "2026-11-02T00:00:00.000Z"}, "somebody changed the credential id-1"),
        ({"artifact_types": frozenset()}, "lacks the artifact types CONTAINER"),
    ],
)
def test_drift_is_put_right_first(changed: dict[str, Any], said: str) -> None:
    refusal = decide(facts(2, credential=changed))
    assert isinstance(refusal, Refuse)
    assert said in refusal.problem
    assert "pulumi refresh" in refusal.remedy


def test_a_credential_that_is_gone_is_made_first() -> None:
    assert "no longer exists in NVCF" in decide(facts(2, gone=True)).problem


def test_a_rotation_that_was_begun_is_finished_and_not_begun_again() -> None:
    changed_by_ourselves = {"updated": "2026-11-21T11:59:00.000Z"}
    decision = decide(facts(2, configured=3, credential=changed_by_ourselves))
    assert decision == Rotate("functions", 3, deletes="KEY1", resumes=True, wait=timedelta(0))


@pytest.mark.parametrize(("configured", "remedy"), [(1, "git pull"), (4, "keyGeneration' 3")])
def test_a_configuration_that_is_out_of_step_is_refused(configured: int, remedy: str) -> None:
    refusal = decide(facts(2, configured=configured))
    assert isinstance(refusal, Refuse)
    assert remedy in refusal.remedy


def test_a_young_key_is_left_alone_when_an_age_is_given() -> None:
    young = RotationRules(DAY, if_older_than=timedelta(days=365))
    old = RotationRules(DAY, if_older_than=timedelta(days=90))
    assert isinstance(decide(facts(2), young), Skip)
    assert isinstance(decide(facts(2), old), Rotate)


def test_the_rotation_before_is_waited_out() -> None:
    just_now = "2026-11-21T11:58:00.000Z"
    found = facts(2)
    assert found.deployed is not None
    assert found.deployed.credential is not None
    ours = replace(found.deployed.credential, last_updated_at=just_now)
    spreading = replace(
        found,
        deployed=replace(found.deployed, credential=ours),
        credential=replace(found.credential, last_updated_at=just_now) if found.credential else None,
    )
    assert decide(spreading).wait == timedelta(minutes=4)


def test_a_password_given_by_hand_is_not_ours_to_rotate() -> None:
    decision = decide(facts(1, kind="ngc"))
    assert isinstance(decision, Skip)
    assert "config set --secret --path 'nvcf-registry:registries[0].password'" in decision.reason


def test_what_is_not_deployed_is_refused() -> None:
    assert "not deployed yet" in decide(replace(facts(1), deployed=None)).problem
