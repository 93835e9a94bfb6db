"""When the key before the current one is taken away, and when not."""

from datetime import timedelta
from typing import Any

import pytest

from ops.decisions import Refuse, Skip
from ops.facts import RegistryFacts
from ops.retirement import Retire, RetirementRules, decide_retirement
from tests.unit.ops.facts_of import NOW, facts, key_facts

RULES = RetirementRules(unused_for=timedelta(days=1))
UNDO = RetirementRules(unused_for=timedelta(days=1), undo=True)


def decide(found: RegistryFacts, rules: RetirementRules = RULES) -> Any:
    """Decide now."""
    return decide_retirement(found, rules, NOW)


def test_an_active_key_is_switched_off_first() -> None:
    assert decide(facts(2)) == Retire("functions", "KEY1", "inactive")


def test_a_key_that_is_off_is_deleted() -> None:
    iam = [key_facts("KEY1", active=False), key_facts("KEY2")]
    assert decide(facts(2, iam=iam)) == Retire("functions", "KEY1", "absent")


def test_undo_switches_on_what_is_off_and_nothing_else() -> None:
    iam = [key_facts("KEY1", active=False, used=timedelta(minutes=1)), key_facts("KEY2")]
    assert decide(facts(2, iam=iam), UNDO) == Retire("functions", "KEY1", "active")
    assert isinstance(decide(facts(2), UNDO), Skip)


@pytest.mark.parametrize("found", [facts(1), facts(2, iam=[key_facts("KEY2")]), facts(1, kind="docker")])
def test_without_a_previous_key_there_is_nothing_to_do(found: RegistryFacts) -> None:
    assert isinstance(decide(found), Skip)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (facts(2, iam=[key_facts("KEY1", used=timedelta(hours=1)), key_facts("KEY2")]), "used 1h ago"),
        (facts(2, configured=3), "A rotation to generation 3 is configured"),
        (facts(2, credential={"name": "credentials"}), "so it may have the previous key"),
        (facts(2, gone=True), "no longer exists"),
    ],
)
def test_a_key_that_may_be_in_use_stays(found: RegistryFacts, said: str) -> None:
    refusal = decide(found)
    assert isinstance(refusal, Refuse)
    assert said in refusal.problem
