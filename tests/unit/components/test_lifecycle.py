"""Lifecycle rules: protected tags first, then untagged images, then the count."""

import json

import pytest

from components.lifecycle import lifecycle_policy


def rules(**args: object) -> list[dict[str, object]]:
    """Return the rules of a policy with these arguments."""
    defaults = {"untagged_days": None, "keep_images": None, "protected_tags": ()}
    return list(json.loads(lifecycle_policy(**{**defaults, **args}) or "null")["rules"])  # type: ignore[arg-type]


def test_nothing_expires_without_a_rule() -> None:
    assert lifecycle_policy(untagged_days=None, keep_images=None, protected_tags=["v*"]) is None


def test_protected_tags_come_before_every_rule_that_expires() -> None:
    made = rules(untagged_days=14, keep_images=30, protected_tags=["release-*", "v*"])
    assert [rule["rulePriority"] for rule in made] == [1, 2, 3, 4]
    selections = [rule["selection"] for rule in made]
    assert [s.get("tagPatternList") for s in selections] == [["release-*"], ["v*"], None, None]  # type: ignore[attr-defined]
    # ECR wants the rule for any image to have the highest number.
    assert selections[-1] == {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 30}
    assert selections[2]["countUnit"] == "days"  # type: ignore[index]


def test_counts_start_at_one() -> None:
    with pytest.raises(ValueError, match="keep_images"):
        lifecycle_policy(untagged_days=1, keep_images=0, protected_tags=())
