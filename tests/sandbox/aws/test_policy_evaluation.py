"""The evaluator by itself, as tables."""

from typing import Any

import pytest

from sandbox.aws.policy_evaluation import AccessRequest, Decision, Policies, evaluate
from tests.sandbox.aws.cloud_under_test import PULL_ACTIONS, allow, deny, document, repository_arn

USER = ("AWS", "arn:aws:iam::123456789012:user/nvcf/puller")
ROOT = ("AWS", "arn:aws:iam::123456789012:root")


def ask(
    action: str,
    resource: str,
    *statements: Any,
    context: Any = None,
    boundary: str | None = None,
    session: str | None = None,
    resource_policy: str | None = None,
) -> Decision:
    request = AccessRequest(
        principals=frozenset({USER}),
        account_principals=frozenset({ROOT}),
        action=action,
        resource=resource,
        context=context or {},
    )
    policies = Policies((document(*statements),), boundary, session, resource_policy)
    return evaluate(request, policies)


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [
        (repository_arn("nvcf/echo"), True),
        (repository_arn("nvcf/team/echo"), True),
        (repository_arn("nvcf"), False),
        (repository_arn("nvcf-evil/echo"), False),
        (repository_arn("other/nvcf/echo"), False),
        (repository_arn("NVCF/echo"), False),
        (repository_arn("nvcf/echo", region="eu-west-1"), False),
        (repository_arn("nvcf/echo", account="999999999999"), False),
        ("*", False),
    ],
)
def test_a_prefix_covers_what_lies_under_it_and_nothing_else(resource: str, allowed: bool) -> None:
    statement = allow(PULL_ACTIONS, repository_arn("nvcf/*"))
    assert ask("ecr:BatchGetImage", resource, statement).allowed is allowed


@pytest.mark.parametrize(
    ("pattern", "action", "allowed"),
    [
        ("ecr:BatchGetImage", "ecr:BatchGetImage", True),
        ("ECR:batchgetimage", "ecr:BatchGetImage", True),
        ("ecr:Batch*", "ecr:BatchDeleteImage", True),
        ("ecr:?atchGetImage", "ecr:BatchGetImage", True),
        ("ecr:Batch", "ecr:BatchGetImage", False),
        ("ecr-public:*", "ecr:BatchGetImage", False),
        ("*", "iam:CreateUser", True),
    ],
)
def test_actions_match_by_wildcard_whatever_their_case(pattern: str, action: str, allowed: bool) -> None:
    assert ask(action, "*", allow(pattern, "*")).allowed is allowed


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        ("arn:aws:ecr:*:123456789012:repository/nvcf/*", True),
        ("arn:aws:ecr:us-*-2:123456789012:repository/nvcf/ech?", True),
        ("arn:aws:ecr:*:repository/nvcf/*", False),
        ("arn:*", False),
        ("*", True),
    ],
)
def test_a_wildcard_stays_within_its_arn_segment(pattern: str, allowed: bool) -> None:
    assert ask("ecr:BatchGetImage", repository_arn("nvcf/echo"), allow("ecr:*", pattern)).allowed is allowed


def test_not_action_and_not_resource_turn_a_statement_round() -> None:
    all_but_iam = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    assert ask("ecr:PutImage", "*", all_but_iam).allowed
    assert not ask("iam:CreateUser", "*", all_but_iam).allowed
    all_but_prod = {"Effect": "Allow", "Action": "ecr:*", "NotResource": repository_arn("prod/*")}
    assert ask("ecr:PutImage", repository_arn("dev/a"), all_but_prod).allowed
    assert not ask("ecr:PutImage", repository_arn("prod/a"), all_but_prod).allowed


def test_a_deny_wins_wherever_it_stands() -> None:
    resource = repository_arn("nvcf/echo")
    everything = allow("*", "*")
    explicit = document(everything, deny("ecr:PutImage", resource))
    cases: dict[str, dict[str, Any]] = {
        "an identity-based policy": {"statements": (everything, deny("ecr:PutImage", resource))},
        "a permissions boundary": {"boundary": explicit},
        "a session policy": {"session": explicit},
        "a resource-based policy": {"resource_policy": document(deny("ecr:PutImage", resource, Principal="*"))},
    }
    for where, given in cases.items():
        statements = given.pop("statements", (everything,))
        decision = ask("ecr:PutImage", resource, *statements, **given)
        assert (decision.allowed, decision.reason) == (False, f"with an explicit deny in {where}")
        assert ask("ecr:DescribeImages", resource, *statements, **given).allowed


def test_limits_take_away_and_never_give() -> None:
    pull_only = document(allow(PULL_ACTIONS, "*"))
    for limit in ("boundary", "session"):
        assert not ask("ecr:PutImage", "*", allow("*", "*"), **{limit: pull_only}).allowed
        assert ask("ecr:BatchGetImage", "*", allow("*", "*"), **{limit: pull_only}).allowed
        assert not ask("ecr:BatchGetImage", "*", **{limit: pull_only}).allowed


def test_a_resource_policy_grants_to_those_it_names() -> None:
    resource = repository_arn("nvcf/echo")
    by_name = document({"Effect": "Allow", "Principal": {"AWS": USER[1]}, "Action": "ecr:BatchGetImage"})
    by_account = document({"Effect": "Allow", "Principal": {"AWS": ROOT[1]}, "Action": "ecr:BatchGetImage"})
    assert ask("ecr:BatchGetImage", resource, resource_policy=by_name).allowed
    assert not ask("ecr:BatchGetImage", resource, resource_policy=by_account).allowed


@pytest.mark.parametrize(
    ("operator", "wanted", "given", "holds"),
    [
        ("StringEquals", "a", ("a",), True),
        ("StringEquals", "A", ("a",), False),
        ("StringEquals", ["b", "a"], ("a",), True),
        ("StringEquals", "a", (), False),
        ("StringEqualsIfExists", "a", (), True),
        ("StringNotEquals", "a", ("b",), True),
        ("StringNotEquals", ["b", "a"], ("a",), False),
        ("StringNotEquals", "a", (), True),
        ("StringEqualsIgnoreCase", "A", ("a",), True),
        ("StringLike", "team-*", ("team-1",), True),
        ("StringNotLike", "team-*", ("team-1",), False),
        ("ArnLike", "arn:aws:iam::*:user/nvcf/*", ("arn:aws:iam::123456789012:user/nvcf/x",), True),
        ("ArnLike", "arn:aws:iam::*:role/*", ("arn:aws:iam::123456789012:user/nvcf/x",), False),
        ("Bool", "true", ("true",), True),
        ("Bool", True, ("true",), True),
        ("Null", "true", (), True),
        ("Null", "false", (), False),
        ("NumericLessThan", "10", ("9",), True),
        ("NumericLessThan", "10", ("10",), False),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", ("2026-06-01T00:00:00Z",), True),
        ("DateGreaterThan", "2026-01-01", ("2025-06-01T00:00:00Z",), False),
        ("IpAddress", "127.0.0.0/8", ("127.0.0.1",), True),
        ("NotIpAddress", "127.0.0.0/8", ("127.0.0.1",), False),
        ("ForAllValues:StringEquals", ["a", "b"], ("a", "b"), True),
        ("ForAllValues:StringEquals", ["a"], ("a", "b"), False),
        ("ForAllValues:StringEquals", ["a"], (), True),
        ("ForAnyValue:StringEquals", ["a"], ("a", "b"), True),
        ("ForAnyValue:StringEquals", ["a"], (), False),
    ],
)
def test_condition_operators(operator: str, wanted: Any, given: Any, holds: bool) -> None:
    statement = allow("ecr:*", "*", Condition={operator: {"aws:Key": wanted}})
    assert ask("ecr:PutImage", "*", statement, context={"aws:key": given} if given else {}).allowed is holds


def test_an_unknown_operator_grants_nothing_and_lets_nothing_through() -> None:
    odd = {"StringResembles": {"aws:Key": "a"}}
    assert not ask("ecr:PutImage", "*", allow("*", "*", Condition=odd)).allowed
    assert not ask("ecr:PutImage", "*", allow("*", "*"), deny("ecr:*", "*", Condition=odd)).allowed


def test_policy_variables_stand_for_the_caller() -> None:
    own = allow("iam:*", "arn:aws:iam::123456789012:user/nvcf/${aws:username}")
    context = {"aws:username": ("puller",)}
    assert ask("iam:GetUser", "arn:aws:iam::123456789012:user/nvcf/puller", own, context=context).allowed
    assert not ask("iam:GetUser", "arn:aws:iam::123456789012:user/nvcf/other", own, context=context).allowed
    assert not ask("iam:GetUser", "arn:aws:iam::123456789012:user/nvcf/", own).allowed
