"""The pull policies, word for word: this is what gets reviewed."""

from __future__ import annotations

import pytest

from policies import ecr_pull
from policies.document import PolicyError

ACCOUNT = "123456789012"


def test_the_private_policy() -> None:
    assert ecr_pull.private_pull(account=ACCOUNT, region="us-west-2", prefix="nvcf").to_dict() == {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "LogIn", "Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": ["*"]},
            {
                "Sid": "PullBelowPrefix",
                "Effect": "Allow",
                "Action": [
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:DescribeImages",
                    "ecr:GetDownloadUrlForLayer",
                ],
                "Resource": ["arn:aws:ecr:us-west-2:123456789012:repository/nvcf/*"],
            },
        ],
    }


def test_the_public_policy() -> None:
    assert ecr_pull.public_pull(account=ACCOUNT, prefix="nvcf").to_dict() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "LogIn",
                "Effect": "Allow",
                "Action": ["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"],
                "Resource": ["*"],
            },
            {
                "Sid": "DescribeBelowPrefix",
                "Effect": "Allow",
                "Action": ["ecr-public:DescribeImages"],
                "Resource": ["arn:aws:ecr-public::123456789012:repository/nvcf/*"],
            },
        ],
    }


def test_every_repository_needs_the_opt_in() -> None:
    with pytest.raises(PolicyError, match="opt in explicitly"):
        ecr_pull.private_pull(account=ACCOUNT, region="us-west-2", prefix="*")
    with pytest.raises(PolicyError, match="opt in explicitly"):
        ecr_pull.public_pull(account=ACCOUNT, prefix="*")
    private = ecr_pull.private_pull(account=ACCOUNT, region="us-west-2", prefix="*", allow_all=True)
    public = ecr_pull.public_pull(account=ACCOUNT, prefix="*", allow_all=True)
    assert private.statements[1].resources == ("arn:aws:ecr:us-west-2:123456789012:repository/*",)
    assert public.statements[1].resources == ("arn:aws:ecr-public::123456789012:repository/*",)
    assert "opted in" in private.statements[1].wildcard


def test_mistakes_are_refused_where_the_policy_is_made() -> None:
    with pytest.raises(PolicyError, match="ends with a slash"):
        ecr_pull.private_pull(account=ACCOUNT, region="us-west-2", prefix="nvcf/")
    with pytest.raises(PolicyError, match="not a region code"):
        ecr_pull.private_pull(account=ACCOUNT, region="us-west-2a", prefix="nvcf")
    with pytest.raises(PolicyError, match="not twelve digits"):
        ecr_pull.public_pull(account="42", prefix="nvcf")


@pytest.mark.parametrize("kind", ["private", "public"])
def test_every_statement_and_every_wildcard_has_its_reason(kind: str) -> None:
    document = (
        ecr_pull.private_pull(account=ACCOUNT, region="us-west-2", prefix="nvcf")
        if kind == "private"
        else ecr_pull.public_pull(account=ACCOUNT, prefix="nvcf")
    )
    for statement in document.statements:
        assert statement.reason
        assert statement.wildcard
