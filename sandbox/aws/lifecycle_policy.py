"""Which lifecycle policies ECR accepts ("Lifecycle policy properties" in the ECR User Guide). Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

_COUNT_TYPES = {
    "expire": {"imageCountMoreThan", "sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned"},
    "transition": {"sinceImagePushed", "sinceImagePulled", "imageCountMoreThan"},
}
_RULE_KEYS = {"rulePriority", "description", "selection", "action"}
_SELECTION_KEYS = {
    "tagStatus",
    "tagPatternList",
    "tagPrefixList",
    "storageClass",
    "countType",
    "countUnit",
    "countNumber",
}
_LONGEST_TEXT = 30720
_MOST_RULES = 50


class InvalidLifecyclePolicyError(Exception):
    """ECR would refuse the policy; the text says why."""


def check_lifecycle_policy(text: str) -> None:
    """Refuses what ECR refuses.

    Args:
        text: The policy, as JSON.

    Raises:
        InvalidLifecyclePolicyError: It breaks a rule of the format.
    """
    try:
        document = json.loads(text)
    except ValueError:
        raise InvalidLifecyclePolicyError("Could not map policyString into LifecyclePolicy.") from None
    if not isinstance(document, dict) or len(text) > _LONGEST_TEXT:
        raise InvalidLifecyclePolicyError("Could not map policyString into LifecyclePolicy.")
    rules = document.get("rules")
    if not isinstance(rules, list) or not 1 <= len(rules) <= _MOST_RULES:
        raise InvalidLifecyclePolicyError(f"rules must be a list of 1 to {_MOST_RULES} rules")
    for rule in rules:
        _check_rule(rule)
    _check_order(rules)


def _check_rule(rule: Any) -> None:
    _check_keys(rule, _RULE_KEYS, {"rulePriority", "selection", "action"}, "rule")
    if not _whole(rule["rulePriority"]):
        raise InvalidLifecyclePolicyError("rulePriority must be a whole number of at least 1")
    action = rule["action"]
    _check_keys(action, {"type", "targetStorageClass"}, {"type"}, "action")
    if action["type"] not in _COUNT_TYPES:
        raise InvalidLifecyclePolicyError(f"action type {action['type']!r} is neither 'expire' nor 'transition'")
    _check_selection(rule["selection"], action["type"])


def _check_selection(selection: Any, action: str) -> None:
    _check_keys(selection, _SELECTION_KEYS, {"tagStatus", "countType", "countNumber"}, "selection")
    status = selection["tagStatus"]
    patterns = [key for key in ("tagPatternList", "tagPrefixList") if selection.get(key)]
    if status not in {"tagged", "untagged", "any"}:
        raise InvalidLifecyclePolicyError(f"tagStatus {status!r} is not one of tagged, untagged, any")
    if status == "tagged" and len(patterns) != 1:
        raise InvalidLifecyclePolicyError("tagStatus 'tagged' needs exactly one of tagPatternList and tagPrefixList")
    if status != "tagged" and patterns:
        raise InvalidLifecyclePolicyError(f"{patterns[0]} is only allowed with tagStatus 'tagged'")
    count_type = selection["countType"]
    if count_type not in _COUNT_TYPES[action]:
        raise InvalidLifecyclePolicyError(f"countType {count_type!r} is not allowed with action {action!r}")
    if not _whole(selection["countNumber"]):
        raise InvalidLifecyclePolicyError("countNumber must be a whole number of at least 1")
    by_age = count_type.startswith("since")
    if by_age and selection.get("countUnit") != "days":
        raise InvalidLifecyclePolicyError(f"countType {count_type!r} needs countUnit 'days'")
    if not by_age and "countUnit" in selection:
        raise InvalidLifecyclePolicyError(f"countUnit is not allowed with countType {count_type!r}")


def _check_order(rules: Sequence[Mapping[str, Any]]) -> None:
    priorities = [rule["rulePriority"] for rule in rules]
    if len(set(priorities)) != len(priorities):
        raise InvalidLifecyclePolicyError("rulePriority must be unique among the rules")
    for kind in {rule["action"]["type"] for rule in rules}:
        of_kind = [rule for rule in rules if rule["action"]["type"] == kind]
        last = max(rule["rulePriority"] for rule in of_kind)
        wide = [rule["rulePriority"] for rule in of_kind if rule["selection"]["tagStatus"] == "any"]
        if len(wide) > 1 or (wide and wide[0] != last):
            raise InvalidLifecyclePolicyError(
                "only one rule may have tagStatus 'any', and it must have the highest rulePriority"
            )


def _check_keys(value: Any, allowed: set[str], required: set[str], name: str) -> None:
    if not isinstance(value, dict):
        raise InvalidLifecyclePolicyError(f"each {name} must be an object")
    if missing := sorted(required - value.keys()):
        raise InvalidLifecyclePolicyError(f"{name} has missing required properties ({json.dumps(missing)})")
    if unknown := sorted(value.keys() - allowed):
        raise InvalidLifecyclePolicyError(
            f"{name} has properties which are not allowed by the schema: {json.dumps(unknown)}"
        )


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
