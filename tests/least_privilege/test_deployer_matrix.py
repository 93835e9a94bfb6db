"""The deployer's policy, the boundary and the trust policy against the independent evaluator.

The deployer must be able to do its work, and must not be able to make itself, or anything it makes, stronger.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from policies.boundary import boundary
from policies.deployer import deployer
from policies.scope import Cluster, PrivateRegistry, Scope
from policies.trust import ServiceAccount, web_identity
from tests.least_privilege.matrix import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, PULLER, REGION, Row, private, public
from tests.least_privilege.simulator import Question, Verdict, decide

BOUNDARY: Final = f"arn:aws:iam::{ACCOUNT}:policy/boundaries/nvcf-pull"
KEY: Final = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ISSUER: Final = f"oidc.eks.{REGION}.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
SCOPE: Final = Scope(
    account=ACCOUNT,
    project="nvcf-registry",
    permissions_boundary=BOUNDARY,
    private=(PrivateRegistry(REGION, "nvcf"),),
    public_prefixes=("nvcf",),
    cluster=Cluster(REGION, "gpu"),
    irsa=True,
    kms_keys=(KEY,),
)
DEPLOYER: Final = f"arn:aws:iam::{ACCOUNT}:role/deploy/nvcf-registry-deployer"
OWN_POLICY: Final = f"arn:aws:iam::{ACCOUNT}:policy/deploy/nvcf-registry-deployer"
POLICY: Final = f"arn:aws:iam::{ACCOUNT}:policy/nvcf/nvcf-registry-dev-functions"
ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/nvcf/nvcf-registry-dev-functions"
ADMINISTRATOR: Final = "arn:aws:iam::aws:policy/AdministratorAccess"
KEY_POLICY: Final[dict[str, object]] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}
"""AWS's default key policy: it leaves the decision to IAM, which otherwise has no say about a KMS key."""

STRANGERS: Final = {
    f"arn:aws:iam::{ACCOUNT}:user/alice": "no path",
    f"arn:aws:iam::{ACCOUNT}:user/nvcf-registry-dev": "the project's name without the path",
    f"arn:aws:iam::{ACCOUNT}:user/nvcf/other-dev": "another project's, in the path",
    f"arn:aws:iam::{ACCOUNT}:user/x/nvcf/nvcf-registry-dev": "the path further inside",
    f"arn:aws:iam::{OTHER_ACCOUNT}:user/nvcf/nvcf-registry-dev": "another account's",
}
"""Users that are not the deployer's, and what sets them apart."""


def allow(action: str, resource: str, why: str, **context: str) -> Row:
    return Row(action, resource, allowed=True, why=why, context=keys(context))


def deny(action: str, resource: str, why: str, **context: str) -> Row:
    return Row(action, resource, allowed=False, why=why, context=keys(context))


def keys(context: dict[str, str]) -> dict[str, str]:
    names = {"boundary": "iam:PermissionsBoundary", "policy": "iam:PolicyARN", "via": "kms:ViaService"}
    return {names[short]: value for short, value in context.items()}


WORK: Final = (
    *(
        allow(f"ecr:{action}", private("nvcf/echo-server"), "life cycle of a private repository")
        for action in [
            "CreateRepository",
            "DeleteRepository",
            "DescribeRepositories",
            "PutImageTagMutability",
            "PutImageScanningConfiguration",
            "PutLifecyclePolicy",
            "GetLifecyclePolicy",
            "DeleteLifecyclePolicy",
            "TagResource",
            "UntagResource",
            "ListTagsForResource",
        ]
    ),
    *(
        allow(f"ecr-public:{action}", public("nvcf/echo-server"), "life cycle of a public repository")
        for action in [
            "CreateRepository",
            "DeleteRepository",
            "DescribeRepositories",
            "GetRepositoryCatalogData",
            "PutRepositoryCatalogData",
            "TagResource",
            "UntagResource",
            "ListTagsForResource",
        ]
    ),
    *(
        allow(f"iam:{action}", PULLER, "life cycle of the pulling user")
        for action in [
            "GetUser",
            "DeleteUser",
            "TagUser",
            "UntagUser",
            "ListUserTags",
            "ListGroupsForUser",
            "ListAttachedUserPolicies",
            "CreateAccessKey",
            "DeleteAccessKey",
            "UpdateAccessKey",
            "ListAccessKeys",
            "GetAccessKeyLastUsed",
        ]
    ),
    allow("iam:CreateUser", PULLER, "with the boundary", boundary=BOUNDARY),
    allow("iam:PutUserPermissionsBoundary", PULLER, "putting the boundary back", boundary=BOUNDARY),
    allow("iam:AttachUserPolicy", PULLER, "the project's policy", policy=POLICY, boundary=BOUNDARY),
    allow("iam:DetachUserPolicy", PULLER, "the project's policy", policy=POLICY, boundary=BOUNDARY),
    *(
        allow(f"iam:{action}", POLICY, "life cycle of the pull policy")
        for action in [
            "CreatePolicy",
            "GetPolicy",
            "DeletePolicy",
            "CreatePolicyVersion",
            "GetPolicyVersion",
            "DeletePolicyVersion",
            "ListPolicyVersions",
            "TagPolicy",
            "UntagPolicy",
            "ListPolicyTags",
        ]
    ),
    *(
        allow(f"iam:{action}", ROLE, "life cycle of the refresher's role")
        for action in [
            "GetRole",
            "DeleteRole",
            "TagRole",
            "UntagRole",
            "ListRoleTags",
            "ListRolePolicies",
            "ListAttachedRolePolicies",
            "ListInstanceProfilesForRole",
            "UpdateAssumeRolePolicy",
        ]
    ),
    allow("iam:CreateRole", ROLE, "with the boundary", boundary=BOUNDARY),
    allow("iam:PutRolePermissionsBoundary", ROLE, "putting the boundary back", boundary=BOUNDARY),
    allow("iam:AttachRolePolicy", ROLE, "the project's policy", policy=POLICY, boundary=BOUNDARY),
    allow("iam:DetachRolePolicy", ROLE, "the project's policy", policy=POLICY, boundary=BOUNDARY),
    allow("eks:DescribeCluster", f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/gpu", "the API server's address"),
    allow(
        "iam:GetOpenIDConnectProvider", f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}", "the cluster's own provider"
    ),
    allow("sts:GetCallerIdentity", "*", "which account this is"),
    *(
        allow(f"kms:{action}", KEY, "a repository's encryption", via=f"ecr.{REGION}.amazonaws.com")
        for action in ("CreateGrant", "DescribeKey", "RetireGrant")
    ),
)
"""What a deployment, its rotation and its end really call."""

ESCALATIONS: Final = (
    deny("iam:AttachUserPolicy", PULLER, "AWS's own policies cannot be attached", policy=ADMINISTRATOR),
    deny("iam:AttachUserPolicy", PULLER, "not even with the boundary", policy=ADMINISTRATOR, boundary=BOUNDARY),
    deny("iam:AttachRolePolicy", ROLE, "nor to a role", policy=ADMINISTRATOR, boundary=BOUNDARY),
    deny("iam:AttachUserPolicy", PULLER, "policies outside the path", policy=OWN_POLICY, boundary=BOUNDARY),
    deny("iam:AttachUserPolicy", PULLER, "a user that lost its boundary gets nothing", policy=POLICY),
    deny("iam:AttachUserPolicy", PULLER, "a user under another boundary", policy=POLICY, boundary=ADMINISTRATOR),
    deny("iam:AttachGroupPolicy", f"arn:aws:iam::{ACCOUNT}:group/nvcf/nvcf-registry-x", "no groups", policy=POLICY),
    deny("iam:CreateUser", PULLER, "no user without the boundary"),
    deny("iam:CreateUser", PULLER, "no user under a boundary of its choice", boundary=ADMINISTRATOR),
    deny("iam:CreateRole", ROLE, "no role without the boundary"),
    deny("iam:CreateRole", ROLE, "no role under a boundary of its choice", boundary=POLICY),
    deny("iam:PutUserPermissionsBoundary", PULLER, "no other boundary", boundary=ADMINISTRATOR),
    deny("iam:PutUserPermissionsBoundary", PULLER, "no boundary it can edit", boundary=POLICY),
    deny("iam:DeleteUserPermissionsBoundary", PULLER, "the boundary stays on", boundary=BOUNDARY),
    deny("iam:DeleteRolePermissionsBoundary", ROLE, "the boundary stays on", boundary=BOUNDARY),
    *(
        deny(f"iam:{action}", BOUNDARY, "the boundary is not the deployer's to edit")
        for action in ("CreatePolicyVersion", "DeletePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicy")
    ),
    *(
        deny(f"iam:{action}", OWN_POLICY, "its own policy is not the deployer's to edit")
        for action in ("CreatePolicyVersion", "DeletePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicy")
    ),
    deny("iam:PutUserPolicy", PULLER, "no inline policies, which no attachment rule sees", boundary=BOUNDARY),
    deny("iam:PutRolePolicy", ROLE, "no inline policies", boundary=BOUNDARY),
    deny("iam:PutRolePolicy", DEPLOYER, "not for itself either"),
    deny("iam:AttachRolePolicy", DEPLOYER, "nothing for itself", policy=POLICY, boundary=BOUNDARY),
    deny("iam:UpdateAssumeRolePolicy", DEPLOYER, "nobody else becomes the deployer"),
    deny("iam:UpdateAssumeRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/admin", "no foreign role's door is opened"),
    deny("iam:PassRole", ROLE, "no role is handed to a service"),
    deny("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin", "no role is handed to a service"),
    deny("iam:AddUserToGroup", f"arn:aws:iam::{ACCOUNT}:group/admins", "no rights by a group"),
    deny("iam:CreateLoginProfile", PULLER, "pulling users have no console"),
    deny("iam:CreateServiceSpecificCredential", PULLER, "nor other credentials"),
    deny("iam:UpdateUser", PULLER, "users are neither renamed nor moved"),
    deny("iam:SetDefaultPolicyVersion", POLICY, "no old version comes back"),
    deny("iam:CreateOpenIDConnectProvider", f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}", "no new token issuer"),
    deny("sts:AssumeRole", ROLE, "the deployer takes no role"),
    deny("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/admin", "the deployer takes no role"),
)
"""The known ways from making identities to being an administrator."""

ELSEWHERE: Final = (
    *(
        deny(action, user, f"a user that is not the project's: {what}")
        for user, what in STRANGERS.items()
        for action in ("iam:CreateAccessKey", "iam:DeleteUser", "iam:UpdateAccessKey", "iam:ListAccessKeys")
    ),
    *(
        deny("iam:CreateUser", user, f"not the project's: {what}", boundary=BOUNDARY)
        for user, what in STRANGERS.items()
    ),
    deny("iam:CreatePolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/nvcf-registry-x", "without the path"),
    deny("iam:ListUsers", "*", "it works by name and needs no list"),
    deny("ecr:CreateRepository", private("nvcf"), "called like the prefix"),
    deny("ecr:CreateRepository", private("nvcf-evil/x"), "look-alike"),
    deny("ecr:DeleteRepository", private("other/x"), "below another prefix"),
    deny("ecr:DeleteRepository", private("nvcf/x", region=OTHER_REGION), "another region"),
    deny("ecr:DeleteRepository", private("nvcf/x", account=OTHER_ACCOUNT), "another account"),
    deny("ecr:SetRepositoryPolicy", private("nvcf/x"), "who else may pull is not its matter"),
    deny("ecr:BatchGetImage", private("nvcf/x"), "it does not read images"),
    deny("ecr:GetAuthorizationToken", "*", "nor logs in"),
    deny("ecr:PutImage", private("nvcf/x"), "nor pushes"),
    deny("ecr:BatchDeleteImage", private("nvcf/x"), "nor deletes one by one"),
    deny("ecr-public:CreateRepository", public("other/x"), "below another prefix"),
    deny("ecr-public:PutImage", public("nvcf/x"), "nor pushes"),
    deny("sts:GetServiceBearerToken", "*", "creating public repositories needs no bearer token"),
    deny("kms:CreateGrant", KEY, "the key is used through ECR only"),
    deny("kms:CreateGrant", KEY, "through ECR, not through another service", via=f"s3.{REGION}.amazonaws.com"),
    deny("kms:Decrypt", KEY, "it reads nothing", via=f"ecr.{REGION}.amazonaws.com"),
    deny("kms:ScheduleKeyDeletion", KEY, "the key is not its own"),
    deny("eks:DescribeCluster", f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/other", "another cluster"),
    deny("eks:CreateAccessEntry", f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/gpu", "cluster rights are given elsewhere"),
)
"""What lies outside the scope."""


def verdicts(rows: tuple[Row, ...], scope: Scope = SCOPE) -> list[Verdict]:
    questions = [
        Question(
            row.action,
            row.resource,
            identity=("deployer",),
            principal=DEPLOYER,
            account=row.account,
            trust="key" if row.action.startswith("kms:") else None,
            context=row.context,
        )
        for row in rows
    ]
    return decide({"deployer": deployer(scope), "key": KEY_POLICY}, questions)


@pytest.mark.parametrize("rows", [WORK, ESCALATIONS, ELSEWHERE], ids=["work", "escalations", "elsewhere"])
def test_every_request_is_decided_as_it_must_be(rows: tuple[Row, ...]) -> None:
    wrong = [
        f"{row} expected ({row.why}), the evaluator says otherwise"
        for row, verdict in zip(rows, verdicts(rows), strict=True)
        if row.allowed != verdict.allowed
    ]
    assert wrong == []


def test_every_granted_action_is_one_the_work_needs() -> None:
    granted = {action for statement in deployer(SCOPE).statements for action in statement.actions}
    assert granted == {row.action for row in WORK}


def test_every_statement_is_needed() -> None:
    used = {statement for verdict in verdicts(WORK) for statement in verdict.by}
    # GetCallerIdentity is answered to everyone, so no statement decides it.
    assert used | {"WhoAmI"} == {statement.sid for statement in deployer(SCOPE).statements}


def test_without_a_boundary_only_the_attachment_rule_is_left() -> None:
    """What the missing boundary costs, so that nobody takes the other two limits for enough."""
    unbounded = replace(SCOPE, permissions_boundary=None)
    rows = (
        deny("iam:AttachUserPolicy", PULLER, "still no policy of AWS", policy=ADMINISTRATOR),
        allow("iam:CreateUser", PULLER, "any user of the project's name"),
        allow("iam:AttachUserPolicy", PULLER, "a policy of the path, whatever it says", policy=POLICY),
    )
    assert [verdict.allowed for verdict in verdicts(rows, unbounded)] == [row.allowed for row in rows]


def test_the_boundary_holds_whatever_policy_the_deployer_writes() -> None:
    anything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    rows = (
        allow("ecr:GetAuthorizationToken", "*", "the login"),
        allow("ecr:BatchGetImage", private("nvcf/echo-server"), "a pull"),
        allow("ecr-public:DescribeImages", public("nvcf/echo-server"), "a pull"),
        deny("ecr:BatchGetImage", private("other/x"), "beyond the scope"),
        deny("ecr:PutImage", private("nvcf/echo-server"), "a push"),
        deny("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/mallory", "an identity"),
        deny("iam:CreateAccessKey", PULLER, "a key for itself"),
        deny("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/admin", "another role"),
        deny("s3:GetObject", "arn:aws:s3:::secrets/x", "data"),
    )
    questions = [
        Question(
            row.action,
            row.resource,
            identity=("anything",),
            boundary="boundary",
            principal=PULLER,
            account=row.account,
        )
        for row in rows
    ]
    decided = decide({"anything": anything, "boundary": boundary(SCOPE)}, questions)
    assert [verdict.allowed for verdict in decided] == [row.allowed for row in rows]


@pytest.mark.parametrize(
    ("subject", "audience", "allowed"),
    [
        ("system:serviceaccount:nvcf-backend:refresher", "sts.amazonaws.com", True),
        ("system:serviceaccount:nvcf-backend:default", "sts.amazonaws.com", False),
        ("system:serviceaccount:nvcf-backend:refresher-2", "sts.amazonaws.com", False),
        ("system:serviceaccount:default:refresher", "sts.amazonaws.com", False),
        ("system:serviceaccount:nvcf-backend:refresher", "kubernetes.default.svc", False),
    ],
)
def test_only_the_named_service_account_takes_the_role(subject: str, audience: str, allowed: bool) -> None:
    # The evaluator knows the condition keys of a few public issuers only, so one of those stands in for the cluster's.
    issuer = "accounts.google.com"
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"
    trust = web_identity(provider_arn=provider, service_accounts=[ServiceAccount("nvcf-backend", "refresher")])
    question = Question(
        "sts:AssumeRoleWithWebIdentity",
        ROLE,
        identity=(),
        principal=provider,
        account=ACCOUNT,
        trust="trust",
        context={f"{issuer}:sub": subject, f"{issuer}:aud": audience},
    )
    assert decide({"trust": trust}, [question])[0].allowed == allowed
