"""The inspector's policy against the independent evaluator: it may see all of the project, and touch nothing."""

from __future__ import annotations

import pytest

from policies.inspector import inspector
from tests.least_privilege.matrix import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, PULLER, Row, private, public
from tests.least_privilege.simulator import Question, Verdict, decide
from tests.least_privilege.test_deployer_matrix import DEPLOYER, POLICY, ROLE, SCOPE, STRANGERS, allow, deny

LOOKS = (
    allow("sts:GetCallerIdentity", "*", "which account this is"),
    *(allow(f"iam:{action}", "*", "lists of the account") for action in ("ListUsers", "ListRoles", "ListPolicies")),
    *(
        allow(f"iam:{action}", PULLER, "whose it is, and what it has")
        for action in ("ListUserTags", "ListAccessKeys", "ListAttachedUserPolicies")
    ),
    *(allow(f"iam:{action}", ROLE, "the same") for action in ("ListRoleTags", "ListAttachedRolePolicies")),
    *(allow(f"iam:{action}", POLICY, "the same") for action in ("ListPolicyTags", "ListPolicyVersions")),
    *(
        allow(f"{service}:{action}", repository, "repositories under any prefix")
        for service, repository in (("ecr", private("other/x")), ("ecr-public", public("other/x")))
        for action in ("DescribeRepositories", "ListTagsForResource")
    ),
)
NEVER = (
    *(
        deny(f"iam:{action}", PULLER, "it removes nothing")
        for action in ("DeleteUser", "DeleteAccessKey", "UpdateAccessKey", "DetachUserPolicy", "TagUser")
    ),
    deny("iam:CreateAccessKey", PULLER, "nor makes a key"),
    deny("iam:DeletePolicy", POLICY, "nor a policy"),
    deny("iam:GetPolicyVersion", POLICY, "what a policy says is not its matter"),
    *(
        deny("iam:ListAccessKeys", user, f"a user that is not the project's: {what}")
        for user, what in STRANGERS.items()
    ),
    deny("ecr:DeleteRepository", private("nvcf/x"), "it removes nothing"),
    deny("ecr:DescribeImages", private("nvcf/x"), "images are not its matter"),
    deny("ecr:BatchGetImage", private("nvcf/x"), "nor are they pulled"),
    deny("ecr:DescribeRepositories", private("nvcf/x", region=OTHER_REGION), "another region"),
    deny("ecr:DescribeRepositories", private("nvcf/x", account=OTHER_ACCOUNT), "another account"),
    deny("ecr:GetAuthorizationToken", "*", "it does not log in"),
    deny("iam:ListAccessKeys", f"arn:aws:iam::{ACCOUNT}:user/nvcf/other", "another project's"),
)


def verdicts(rows: tuple[Row, ...]) -> list[Verdict]:
    questions = [
        Question(row.action, row.resource, identity=("inspector",), principal=DEPLOYER, account=row.account)
        for row in rows
    ]
    return decide({"inspector": inspector(SCOPE)}, questions)


@pytest.mark.parametrize("rows", [LOOKS, NEVER], ids=["looks", "never"])
def test_every_request_is_decided_as_it_must_be(rows: tuple[Row, ...]) -> None:
    wrong = [str(row) for row, verdict in zip(rows, verdicts(rows), strict=True) if row.allowed != verdict.allowed]
    assert wrong == []


def test_every_granted_action_is_one_the_look_needs() -> None:
    granted = {action for statement in inspector(SCOPE).statements for action in statement.actions}
    assert granted == {row.action for row in LOOKS}
