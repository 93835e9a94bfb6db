"""Documents compared by meaning."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.plugins.aws.documents import is_json, kept, normalized, same_lifecycle, same_policy


def policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", **statement}]})


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (policy(Action="a:B"), policy(Action=["a:B"])),
        (policy(Action=["a:B", "a:C"]), policy(Action=["a:C", "a:B"])),
        (policy(Principal="*"), policy(Principal={"AWS": "*"})),
        (policy(Condition={"Bool": {"k": "true"}}), policy(Condition={"Bool": {"k": [True]}})),
        ('{"Statement": {"Effect": "Deny"}}', '{"Statement": [{"Effect": "Deny"}]}'),
        ('{"Statement": [{"Sid": "1"}, {"Sid": "2"}]}', '{"Statement": [{"Sid": "2"}, {"Sid": "1"}]}'),
        ("no json", "no json"),
    ],
)
def test_same_policies(left: str, right: str) -> None:
    assert same_policy(left, right)
    assert same_policy(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (policy(Action="a:B"), policy(Action="a:C")),
        (policy(Action="a:B"), policy(NotAction="a:B")),
        (policy(Effect="Deny"), policy(Effect="Allow")),
        (policy(Condition={"Bool": {"k": "true"}}), policy(Condition={"Bool": {"k": "false"}})),
        (policy(Sid="a"), policy(Sid="b")),
        ("no json", "{}"),
        ("[]", "{}"),
    ],
)
def test_different_policies(left: str, right: str) -> None:
    assert not same_policy(left, right)


def rules(*entries: dict[str, Any]) -> str:
    return json.dumps({"rules": list(entries)})


def test_lifecycle_rules_are_ordered_by_priority_and_tag_lists_are_sets() -> None:
    first = {"rulePriority": 1, "selection": {"tagStatus": "tagged", "tagPrefixList": ["a", "b"], "countNumber": 1}}
    second = {"rulePriority": 2, "selection": {"tagStatus": "any", "countNumber": 2}}
    turned = {**first, "selection": {**first["selection"], "tagPrefixList": ["b", "a"]}}  # type: ignore[dict-item]
    assert same_lifecycle(rules(first, second), rules(second, turned))
    assert not same_lifecycle(rules(first), rules(second))
    assert not same_lifecycle(rules(first), "no json")


def test_the_text_in_state_stays_as_long_as_it_means_the_same() -> None:
    spaced = json.dumps(json.loads(policy(Action="a:B")), indent=4)
    assert kept(spaced, policy(Action=["a:B"]), same_policy) == spaced
    assert kept(spaced, policy(Action="a:C"), same_policy) == normalized(policy(Action="a:C"))
    assert kept(None, '{"b": 1, "a": 2}', same_policy) == '{"a":2,"b":1}'


def test_is_json() -> None:
    assert is_json("{}")
    assert not is_json("{")


@settings(max_examples=30, deadline=None)
@given(st.permutations(["a:A", "a:B", "a:C"]), st.integers(0, 8))
def test_form_never_matters(actions: list[str], indent: int) -> None:
    document = json.loads(policy(Action=actions))
    assert same_policy(json.dumps(document, indent=indent), policy(Action=["a:A", "a:B", "a:C"]))
