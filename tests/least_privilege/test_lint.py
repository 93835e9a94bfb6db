"""parliament, AWS's policy language linter, finds nothing to say about any document; and it does look."""

from __future__ import annotations

import warnings

import pytest

from policies.boundary import boundary
from policies.deployer import deployer
from policies.document import Document
from policies.inspector import inspector
from policies.trust import ServiceAccount, web_identity
from tests.least_privilege.matrix import ACCOUNT, matrices
from tests.least_privilege.test_deployer_matrix import ISSUER, SCOPE

with warnings.catch_warnings():
    # parliament leaves its data file open when it is imported.
    warnings.simplefilter("ignore", ResourceWarning)
    import parliament  # type: ignore[import-untyped]  # it ships no types

DOCUMENTS: dict[str, Document] = {
    **{matrix.name: matrix.document for matrix in matrices()},
    "deployer": deployer(SCOPE),
    "boundary": boundary(SCOPE),
    "inspector": inspector(SCOPE),
}
TRUST = web_identity(
    provider_arn=f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}",
    service_accounts=[ServiceAccount("nvcf-backend", "refresher")],
)


def findings(policy: str) -> list[str]:
    return [finding.issue for finding in parliament.analyze_policy_string(policy).findings]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_findings(name: str) -> None:
    document = DOCUMENTS[name]
    # IAM documents string operators for iam:PermissionsBoundary; parliament would rather see an ARN operator and says,
    # once a condition, that what it sees works.
    bounded = sum(
        condition.key == "iam:PermissionsBoundary"
        for statement in document.statements
        for condition in statement.conditions
    )
    assert findings(document.to_json()) == ["MISMATCHED_TYPE_BUT_USABLE"] * bounded


def test_the_trust_policy_has_only_what_parliament_says_of_every_web_identity() -> None:
    """parliament lints identity policies: it misses a resource, and knows SAML providers as the only federation."""
    assert sorted(findings(TRUST.to_json())) == ["MALFORMED", "UNKNOWN_FEDERATION_SOURCE"]


@pytest.mark.parametrize(
    ("old", "new", "issue"),
    [
        ("arn:aws:ecr:us-west-2:123456789012:repository/nvcf/*", "*", "RESOURCE_STAR"),
        ("arn:aws:ecr:us-west-2:", "arn:aws:ecr-public:us-west-2:", "RESOURCE_MISMATCH"),
        ("ecr:BatchGetImage", "ecr:PullImage", "UNKNOWN_ACTION"),
        ('"Resource":["*"]', '"Resource":["arn:aws:ecr:us-west-2:123456789012:repository/nvcf"]', "RESOURCE_MISMATCH"),
    ],
)
def test_it_would_find_the_usual_mistakes(old: str, new: str, issue: str) -> None:
    policy = DOCUMENTS["ecr-private"].to_json()
    assert old in policy
    assert issue in findings(policy.replace(old, new))
