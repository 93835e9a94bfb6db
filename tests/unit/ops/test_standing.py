"""How a registry stands, and as metrics."""

from datetime import timedelta
from pathlib import Path

import pytest

from ops.facts import RegistryFacts
from ops.metrics import write_metrics
from ops.standing import PullSecretStanding, Standing, standing
from tests.unit.ops.facts_of import NOW, facts, key_facts

QUARTER = timedelta(days=365)


def look(found: RegistryFacts, *secrets: PullSecretStanding, every: timedelta = QUARTER) -> Standing:
    """Look now."""
    return standing(found, secrets, every, NOW)


def test_a_sound_registry_has_no_problems() -> None:
    seen = look(facts(2))
    assert seen.problems == ()
    assert [(key.id, key.current, key.status) for key in seen.keys] == [
        ("KEY2", True, "active"),
        ("KEY1", False, "active"),
    ]
    assert seen.due == NOW - timedelta(days=98) + QUARTER


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (facts(2, gone=True), "no longer exists in NVCF"),
        (facts(2, credential={"name": "credentials"}), "is called 'credentials' now"),
        (facts(2, configured=3), "keyGeneration is 3, but NVCF has 2"),
        (facts(2, iam=[key_facts("KEY2")]), "KEY1 (generation 1) is gone from IAM"),
        (facts(2, iam=[key_facts("KEY1"), key_facts("KEY2", active=False)]), "is inactive, so pulls fail"),
        (facts(2, iam=[key_facts("KEY1", active=False), key_facts("KEY2")]), "was switched off by somebody"),
        (facts(1, iam=[key_facts("KEY1"), key_facts("OTHER")]), "the key OTHER is not this stack's"),
    ],
)
def test_what_somebody_should_see_to_is_said_once(found: RegistryFacts, said: str) -> None:
    (problem,) = look(found).problems
    assert said in problem


def test_an_overdue_rotation_is_a_problem() -> None:
    (problem,) = look(facts(2), every=timedelta(days=90)).problems
    assert "8d overdue" in problem


def test_a_registry_without_keys_is_never_due() -> None:
    seen = look(facts(1, kind="ngc", iam=[]))
    assert (seen.due, seen.generation, seen.problems) == (None, None, ())


def test_metrics_are_written_whole_and_say_which_stack_could_not_be_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "nvcf.prom"
    secret = PullSecretStanding("nvcf", "functions-pull", NOW + timedelta(hours=6), None)
    write_metrics(file, {"dev": [look(facts(2), secret)], "broken": None}, NOW)
    text = file.read_text()
    assert 'nvcf_registry_look_success{stack="dev"} 1.0' in text
    assert 'nvcf_registry_look_success{stack="broken"} 0.0' in text
    labels = 'generation="2",key_id="KEY2",registry="functions",stack="dev"'
    assert f"nvcf_registry_key_active{{{labels}}} 1.0" in text
    expires = f"{(NOW + timedelta(hours=6)).timestamp():.9g}"
    assert 'namespace="nvcf",registry="functions",secret="functions-pull",stack="dev"' in text
    assert expires[:3] in text
    assert list(tmp_path.iterdir()) == [file]
