"""Policy documents: what is refused, and what text IAM gets."""

from __future__ import annotations

import json

import pytest

from policies.document import TRUST_POLICY_LIMIT, Condition, Document, PolicyError, Statement


def statement(**changes: object) -> Statement:
    fields: dict[str, object] = {
        "sid": "Read",
        "actions": ("ecr:BatchGetImage",),
        "resources": ("arn:aws:ecr:us-west-2:123456789012:repository/nvcf/echo",),
        "reason": "to read",
    }
    return Statement(**{**fields, **changes})  # type: ignore[arg-type]  # wrong values are the point


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sid": ""}, "not valid in IAM"),
        ({"sid": "Read-Images"}, "letters and digits"),
        ({"reason": " "}, "gives no reason"),
        ({"actions": ()}, "allows no action"),
        ({"actions": ("*",)}, "name every action in full"),
        ({"actions": ("ecr:*",)}, "name every action in full"),
        ({"actions": ("ecr:Batch*",)}, "name every action in full"),
        ({"actions": ("BatchGetImage",)}, "name every action in full"),
        ({"actions": ("ecr:BatchGetImage", "ecr:BatchGetImage")}, "action ecr:BatchGetImage twice"),
        ({"resources": ()}, "needs either resources"),
        ({"federated": "arn:aws:iam::123456789012:oidc-provider/x"}, "not both"),
        ({"resources": ("a", "a")}, "resource a twice"),
        ({"resources": ("*",)}, "wildcard '*' without a reason"),
        ({"resources": ("arn:aws:ecr:us-west-2:123456789012:repository/*",)}, "without a reason"),
        ({"resources": ("arn:aws:ecr:us-west-2:123456789012:repository/nvcf/*",)}, "without a reason"),
        ({"resources": ("arn:aws:ecr:us-west-2:123456789012:repository/nvc?",)}, "without a reason"),
        ({"resources": ("*",), "wildcard": " "}, "without a reason"),
        ({"wildcard": "none here"}, "explains a wildcard but holds none"),
    ],
)
def test_a_statement_that_cannot_be(changes: dict[str, object], said: str) -> None:
    with pytest.raises(PolicyError, match=said.replace("*", r"\*")):
        statement(**changes)


def test_a_wildcard_with_its_reason_is_accepted() -> None:
    assert statement(resources=("*",), wildcard="nothing narrower exists").resources == ("*",)


def test_a_condition_needs_a_value() -> None:
    with pytest.raises(PolicyError, match="compares with nothing"):
        Condition("StringEquals", "aws:PrincipalTag/team", ())


def test_the_document_is_what_iam_reads() -> None:
    document = Document(
        (
            statement(
                actions=("ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"),
                conditions=(
                    Condition("StringEquals", "k2", ("b", "a")),
                    Condition("StringEquals", "k1", ("only",)),
                    Condition("ArnLike", "k3", ("arn",)),
                ),
            ),
        )
    )
    assert document.to_dict() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                "Resource": ["arn:aws:ecr:us-west-2:123456789012:repository/nvcf/echo"],
                "Condition": {"ArnLike": {"k3": "arn"}, "StringEquals": {"k1": "only", "k2": ["a", "b"]}},
            }
        ],
    }
    assert json.loads(document.to_json()) == document.to_dict()
    assert json.loads(document.to_json(indent=2)) == document.to_dict()
    assert " " not in document.to_json()


def test_equal_documents_give_equal_text() -> None:
    one = Document((statement(actions=("ecr:BatchGetImage", "ecr:DescribeImages")),))
    other = Document((statement(actions=("ecr:DescribeImages", "ecr:BatchGetImage")),))
    assert one.to_json() == other.to_json()


def test_a_trust_statement_names_its_principal_and_no_resource() -> None:
    provider = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A"
    rendered = statement(resources=(), federated=provider).to_dict()
    assert rendered["Principal"] == {"Federated": provider}
    assert "Resource" not in rendered


def test_an_empty_document_is_refused() -> None:
    with pytest.raises(PolicyError, match="no statement"):
        Document(())


def test_statement_names_are_unique() -> None:
    with pytest.raises(PolicyError, match="the policy has the statement name Read twice"):
        Document((statement(), statement()))


def test_a_condition_key_is_given_once() -> None:
    twice = (Condition("StringEquals", "k", ("a",)), Condition("StringEquals", "k", ("b",)))
    with pytest.raises(PolicyError, match="StringEquals on k twice"):
        Document((statement(conditions=twice),))


def test_size_counts_what_iam_counts() -> None:
    spaced = Document((statement(resources=("arn:aws:x:::with space",)),))
    assert spaced.size == len(spaced.to_json()) - 1


@pytest.mark.parametrize("limit", [6144, TRUST_POLICY_LIMIT])
def test_the_limit_is_exact(limit: int) -> None:
    empty = Document((statement(resources=("x",)),)).size - 1
    assert Document((statement(resources=("x" * (limit - empty),)),), limit=limit).size == limit
    with pytest.raises(PolicyError, match=f"has {limit + 1} characters and IAM takes {limit}; .* statement is Read"):
        Document((statement(resources=("x" * (limit - empty + 1),)),), limit=limit)
