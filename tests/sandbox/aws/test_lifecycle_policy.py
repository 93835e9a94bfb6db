"""ECR's rules for lifecycle policies, by themselves."""

import json
from typing import Any

import pytest

from sandbox.aws.lifecycle_policy import InvalidLifecyclePolicyError, check_lifecycle_policy


def rule(priority: int = 1, action: str = "expire", **selection: Any) -> Any:
    known = {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 3} | selection
    return {
        "rulePriority": priority,
        "selection": {key: value for key, value in known.items() if value is not None},
        "action": {"type": action},
    }


BY_AGE: dict[str, Any] = {"countType": "sinceImagePushed", "countUnit": "days"}


@pytest.mark.parametrize(
    "rules",
    [
        [rule()],
        [rule(**BY_AGE)],
        [rule(tagStatus="tagged", tagPrefixList=["v"])],
        [rule(tagStatus="tagged", tagPatternList=["v*"])],
        [rule(1), rule(2, tagStatus="any")],
        [rule(countType="sinceImagePulled", countUnit="days")],
    ],
)
def test_valid_policies(rules: Any) -> None:
    check_lifecycle_policy(json.dumps({"rules": rules}))


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ([], "1 to 50"),
        ([rule() | {"extra": 1}], "not allowed by the schema"),
        ([{"rulePriority": 1}], "missing required properties"),
        ([rule(0)], "rulePriority"),
        ([rule(action="delete")], "neither 'expire'"),
        ([rule(tagStatus="some")], "is not one of"),
        ([rule(tagStatus="tagged")], "exactly one of"),
        ([rule(tagStatus="tagged", tagPrefixList=["a"], tagPatternList=["b"])], "exactly one of"),
        ([rule(tagPrefixList=["a"])], "only allowed with tagStatus 'tagged'"),
        ([rule(countType="often")], "is not allowed with action"),
        ([rule(countNumber=0)], "countNumber"),
        ([rule(countNumber="3")], "countNumber"),
        ([rule(countType="sinceImagePushed")], "needs countUnit"),
        ([rule(countUnit="days")], "countUnit is not allowed"),
        ([rule(1), rule(1)], "unique"),
        ([rule(1, tagStatus="any"), rule(2)], "highest rulePriority"),
        ([rule(1, tagStatus="any"), rule(2, tagStatus="any")], "only one rule"),
    ],
)
def test_invalid_policies(rules: Any, why: str) -> None:
    with pytest.raises(InvalidLifecyclePolicyError, match=why):
        check_lifecycle_policy(json.dumps({"rules": rules}))


@pytest.mark.parametrize("text", ["", "[]", "{", '"rules"'])
def test_what_is_no_policy_at_all(text: str) -> None:
    with pytest.raises(InvalidLifecyclePolicyError, match="Could not map"):
        check_lifecycle_policy(text)
