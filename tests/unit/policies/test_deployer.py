"""The deployer's policy and the boundary, as far as their text shows it; what they decide is the simulator's matter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policies.boundary import boundary
from policies.deployer import deployer
from policies.document import PolicyError
from policies.explain import explain
from policies.scope import Cluster, PrivateRegistry, Scope

ACCOUNT = "123456789012"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundaries/nvcf-pull"
FULL = Scope(
    account=ACCOUNT,
    project="nvcf-registry",
    permissions_boundary=BOUNDARY,
    private=(PrivateRegistry("us-west-2", "nvcf"), PrivateRegistry("eu-west-1", "nvcf")),
    public_prefixes=("nvcf",),
    cluster=Cluster("us-west-2", "gpu"),
    irsa=True,
    kms_keys=(f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab",),
)
SMALL = Scope(
    account=ACCOUNT,
    project="nvcf-registry",
    permissions_boundary=BOUNDARY,
    private=(PrivateRegistry("us-west-2", "nvcf"),),
)


def sids(scope: Scope) -> set[str]:
    return {statement.sid for statement in deployer(scope).statements}


def actions(scope: Scope) -> set[str]:
    return {action for statement in deployer(scope).statements for action in statement.actions}


def test_only_what_the_scope_uses_is_granted() -> None:
    assert sids(SMALL) == {"WhoAmI", "PrivateRepositories", "PullUsers", "CreateUser", "AttachToUser", "PullPolicies"}
    assert sids(FULL) - sids(SMALL) == {
        "PublicRepositories",
        "RepositoryEncryption",
        "ReadCluster",
        "ReadIdentityProvider",
        "PullRoles",
        "CreateRole",
        "AttachToRole",
    }
    without_irsa = actions(replace(FULL, irsa=False))
    assert "eks:DescribeCluster" in without_irsa
    assert not any("Role" in action or "OpenID" in action for action in without_irsa)


@pytest.mark.parametrize(
    "never",
    [
        "iam:PutUserPolicy",
        "iam:PutRolePolicy",
        "iam:PassRole",
        "iam:SetDefaultPolicyVersion",
        "iam:DeleteUserPermissionsBoundary",
        "iam:DeleteRolePermissionsBoundary",
        "iam:AddUserToGroup",
        "iam:CreateLoginProfile",
        "iam:UpdateUser",
        "iam:CreateOpenIDConnectProvider",
        "ecr:PutImage",
        "ecr:BatchGetImage",
        "ecr:SetRepositoryPolicy",
        "ecr-public:SetRepositoryPolicy",
        "sts:AssumeRole",
        "sts:GetServiceBearerToken",
    ],
)
def test_what_is_never_granted(never: str) -> None:
    assert never not in actions(FULL)


def test_creating_and_attaching_are_bound_to_the_boundary() -> None:
    for statement in deployer(FULL).statements:
        if statement.sid.startswith(("Create", "AttachTo")):
            conditions = {condition.key: condition.values for condition in statement.conditions}
            assert conditions["iam:PermissionsBoundary"] == (BOUNDARY,)


def test_going_without_a_boundary_is_spelt_out() -> None:
    unbounded = replace(SMALL, permissions_boundary=None)
    assert "iam:PutUserPermissionsBoundary" not in actions(unbounded)
    assert "as strong as an administrator" in " ".join(" ".join(explain(deployer(unbounded))).split())
    assert "as strong as an administrator" not in " ".join(" ".join(explain(deployer(SMALL))).split())


def test_the_full_policy_leaves_room() -> None:
    assert deployer(FULL).size < 5000


def test_too_many_registries_are_refused_with_the_way_out() -> None:
    many = tuple(PrivateRegistry("us-west-2", f"team-{number}/nvcf") for number in range(60))
    with pytest.raises(PolicyError, match="its largest statement is PrivateRepositories with 60 resources"):
        deployer(replace(FULL, private=many))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"project": "*"}, "cannot start an IAM name"),
        ({"project": "nvcf/x"}, "cannot start an IAM name"),
        ({"private": (), "public_prefixes": ()}, "no registry to look after"),
        ({"cluster": None}, "IRSA needs the EKS cluster"),
        ({"kms_keys": ("alias/nvcf",)}, "not the ARN of a KMS key"),
        ({"kms_keys": ("arn:aws:kms:us-west-2:123456789012:key/*",)}, "not the ARN of a KMS key"),
        ({"permissions_boundary": "nvcf-pull"}, "not the ARN of a customer managed policy"),
        (
            {"permissions_boundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
            "not the ARN of a customer managed policy",
        ),
        ({"permissions_boundary": f"arn:aws:iam::{ACCOUNT}:policy/*/b"}, "not the ARN of a customer managed policy"),
        ({"permissions_boundary": "arn:aws:iam::210987654321:policy/b"}, "lies in account 210987654321"),
        (
            {"permissions_boundary": f"arn:aws:iam::{ACCOUNT}:policy/nvcf/nvcf-registry-boundary"},
            "where the deployer may edit policies",
        ),
        ({"permissions_boundary": f"arn:aws:iam::{ACCOUNT}:policy/nvcf/nvcf-registry-x/b"}, "may edit policies"),
    ],
)
def test_a_scope_that_cannot_be(changes: dict[str, object], said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        replace(FULL, **changes)  # type: ignore[arg-type]  # wrong values are the point


@pytest.mark.parametrize("name", ["", "*", "gpu/x", "a" * 101])
def test_a_cluster_is_named_exactly(name: str) -> None:
    with pytest.raises(PolicyError, match="not a cluster name"):
        Cluster("us-west-2", name)


def test_a_bad_prefix_is_refused_here_too() -> None:
    with pytest.raises(PolicyError, match="holds a wildcard"):
        deployer(replace(FULL, public_prefixes=("nvcf*",)))


def test_the_boundary_is_the_pull_policies_together() -> None:
    granted = {
        (action, resource)
        for statement in boundary(FULL).statements
        for action in statement.actions
        for resource in statement.resources
    }
    assert {resource for action, resource in granted if action == "ecr:BatchGetImage"} == {
        f"arn:aws:ecr:us-west-2:{ACCOUNT}:repository/nvcf/*",
        f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/nvcf/*",
    }
    assert {action for action, resource in granted if resource == "*"} == {
        "ecr:GetAuthorizationToken",
        "ecr-public:GetAuthorizationToken",
        "sts:GetServiceBearerToken",
    }
    assert [statement.sid for statement in boundary(FULL).statements] == [
        "PrivateLogIn",
        "PrivateImages",
        "PublicLogIn",
        "PublicImages",
    ]


def test_the_boundary_of_one_registry_says_why_once() -> None:
    document = boundary(SMALL)
    assert [statement.sid for statement in document.statements] == ["PrivateLogIn", "PrivateImages"]
    both = boundary(
        replace(SMALL, private=(PrivateRegistry("us-west-2", "nvcf"), PrivateRegistry("us-east-1", "nvcf")))
    )
    assert both.statements[1].wildcard == document.statements[1].wildcard
