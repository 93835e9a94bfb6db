"""Who may take a role: Kubernetes service accounts of one cluster, by IRSA.

With IAM roles for service accounts a pod trades its projected service account token for the role's temporary
credentials (`sts:AssumeRoleWithWebIdentity`). The trust policy is what ties the role to the one service
account: without an exact `sub` any pod of the cluster could take it, without `aud` a token made for
another service could.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from policies.document import TRUST_POLICY_LIMIT, Condition, Document, PolicyError, Statement

AUDIENCE: Final = "sts.amazonaws.com"
"""The audience EKS puts in the tokens it projects for IRSA ("IAM roles for service accounts")."""

_PROVIDER: Final = re.compile(r"arn:aws:iam::[0-9]{12}:oidc-provider/(?P<issuer>[A-Za-z0-9.-]+(?:/[A-Za-z0-9._-]+)*)")
_NAMESPACE: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ACCOUNT_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A Kubernetes service account.

    Attributes:
        namespace: its namespace, an RFC 1123 label.
        name: its name, an RFC 1123 subdomain.
    """

    namespace: str
    name: str

    def __post_init__(self) -> None:
        if not _NAMESPACE.fullmatch(self.namespace):
            raise PolicyError(f"namespace {self.namespace!r} is not a Kubernetes namespace: write its exact name")
        if not _ACCOUNT_NAME.fullmatch(self.name):
            raise PolicyError(f"service account {self.name!r} is not a Kubernetes name: write its exact name")

    @property
    def subject(self) -> str:
        """The `sub` claim of the service account's tokens."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"


def web_identity(*, provider_arn: str, service_accounts: Sequence[ServiceAccount]) -> Document:
    """Return the trust policy that lets exactly these service accounts take a role.

    Args:
        provider_arn: the ARN of the cluster's IAM OIDC provider; its tail is the issuer, without scheme, that
            the condition keys start with.
        service_accounts: who may take the role; at least one.

    Raises:
        PolicyError: the ARN is not one of an OIDC provider, no service account is named, or one is named
            twice.
    """
    provider = _PROVIDER.fullmatch(provider_arn)
    if provider is None:
        raise PolicyError(
            f"{provider_arn!r} is not the ARN of an IAM OIDC provider: it looks like"
            " arn:aws:iam::<account>:oidc-provider/oidc.eks.<region>.amazonaws.com/id/<id>;"
            " create it with 'eksctl utils associate-iam-oidc-provider' if the cluster has none"
        )
    subjects = tuple(account.subject for account in service_accounts)
    if not subjects:
        raise PolicyError("the role names no service account: name the one that may take it")
    if len(set(subjects)) != len(subjects):
        raise PolicyError(f"the role names a service account twice: {', '.join(subjects)}")
    issuer = provider["issuer"]
    return Document(
        (
            Statement(
                sid="ServiceAccount",
                actions=("sts:AssumeRoleWithWebIdentity",),
                resources=(),
                federated=provider_arn,
                reason="The pull secret's refresher takes the role with its own service account token, so"
                " that no access key is kept in the cluster.",
                conditions=(
                    Condition("StringEquals", f"{issuer}:sub", subjects),
                    Condition("StringEquals", f"{issuer}:aud", (AUDIENCE,)),
                ),
            ),
        ),
        limit=TRUST_POLICY_LIMIT,
    )
