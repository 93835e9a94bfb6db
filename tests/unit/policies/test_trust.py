"""The trust policy of the refresher's role: one exact service account, one exact audience."""

from __future__ import annotations

import pytest

from policies.document import PolicyError
from policies.trust import ServiceAccount, web_identity

ISSUER = "oidc.eks.us-west-2.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
PROVIDER = f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"
REFRESHER = ServiceAccount("nvcf-backend", "nvcf-pull-refresher")


def test_the_trust_policy() -> None:
    assert web_identity(provider_arn=PROVIDER, service_accounts=[REFRESHER]).to_dict() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ServiceAccount",
                "Effect": "Allow",
                "Principal": {"Federated": PROVIDER},
                "Action": ["sts:AssumeRoleWithWebIdentity"],
                "Condition": {
                    "StringEquals": {
                        f"{ISSUER}:aud": "sts.amazonaws.com",
                        f"{ISSUER}:sub": "system:serviceaccount:nvcf-backend:nvcf-pull-refresher",
                    }
                },
            }
        ],
    }


def test_several_namespaces_are_several_exact_subjects() -> None:
    other = ServiceAccount("sr-namespace", "nvcf-pull-refresher")
    conditions = web_identity(provider_arn=PROVIDER, service_accounts=[REFRESHER, other]).statements[0].conditions
    assert {condition.operator for condition in conditions} == {"StringEquals"}
    assert conditions[0].values == (REFRESHER.subject, other.subject)


@pytest.mark.parametrize(
    "provider",
    [
        "",
        ISSUER,
        f"https://{ISSUER}",
        "arn:aws:iam::123456789012:oidc-provider/*",
        "arn:aws:iam::123456789012:role/admin",
        f"arn:aws-cn:iam::123456789012:oidc-provider/{ISSUER}",
        f"arn:aws:iam::1234:oidc-provider/{ISSUER}",
    ],
)
def test_a_provider_is_named_by_its_arn(provider: str) -> None:
    with pytest.raises(PolicyError, match="not the ARN of an IAM OIDC provider"):
        web_identity(provider_arn=provider, service_accounts=[REFRESHER])


@pytest.mark.parametrize("namespace", ["", "*", "NVCF", "a.b", "-a", "a" * 64, "a:b"])
def test_a_namespace_is_exact(namespace: str) -> None:
    with pytest.raises(PolicyError, match="not a Kubernetes namespace"):
        ServiceAccount(namespace, "refresher")


@pytest.mark.parametrize("name", ["", "*", "Refresher", "a:b", "-a", "a" * 254])
def test_a_service_account_is_exact(name: str) -> None:
    with pytest.raises(PolicyError, match="not a Kubernetes name"):
        ServiceAccount("nvcf", name)


def test_somebody_must_be_named_once() -> None:
    with pytest.raises(PolicyError, match="names no service account"):
        web_identity(provider_arn=PROVIDER, service_accounts=[])
    with pytest.raises(PolicyError, match="twice"):
        web_identity(provider_arn=PROVIDER, service_accounts=[REFRESHER, REFRESHER])


def test_iam_s_limit_on_trust_policies_is_kept() -> None:
    many = [ServiceAccount(f"namespace-{number}", "refresher") for number in range(60)]
    with pytest.raises(PolicyError, match="IAM takes 2048"):
        web_identity(provider_arn=PROVIDER, service_accounts=many)
