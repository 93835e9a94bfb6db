"""What whoever runs `pulumi up` needs in AWS, and nothing besides.

The deployer makes IAM users and their keys, and that is the most dangerous right there is: who may write a
policy, attach it to a user and make a key for that user may do anything. Three limits hold it:

* everything it makes in IAM lies under the path `/nvcf/` with the project's name in front;
* only policies from that path can be attached, so AWS's own (`AdministratorAccess`) cannot;
* a permissions boundary. IAM has no condition on what a policy says, so the first two limits alone leave the
  deployer free to write an administrator's policy of its own. With a boundary, identities can only be made
  and changed while they carry it, and it can be neither taken off nor edited: whatever the deployer writes,
  its identities can pull and no more.

The boundary is optional since not every account may define one, but leaving it out is a decision: it has to
be written down, and the policy's explanation says what it costs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies import arn
from policies.document import Condition, Document, Statement
from policies.prefix import repository_pattern
from policies.scope import Cluster, Scope

_REPOSITORY_ACTIONS: Final = (
    "CreateRepository",
    "DeleteRepository",
    "DescribeRepositories",
    "ListTagsForResource",
    "TagResource",
    "UntagResource",
)
_PRIVATE_REPOSITORY_ACTIONS: Final = (
    "DeleteLifecyclePolicy",
    "GetLifecyclePolicy",
    "PutImageScanningConfiguration",
    "PutImageTagMutability",
    "PutLifecyclePolicy",
)
_PUBLIC_REPOSITORY_ACTIONS: Final = ("GetRepositoryCatalogData", "PutRepositoryCatalogData")
_USER_ACTIONS: Final = (
    "CreateAccessKey",
    "DeleteAccessKey",
    "DeleteUser",
    "DetachUserPolicy",
    "GetAccessKeyLastUsed",
    "GetUser",
    "ListAccessKeys",
    "ListAttachedUserPolicies",
    "ListGroupsForUser",
    "ListUserTags",
    "TagUser",
    "UntagUser",
    "UpdateAccessKey",
)
_POLICY_ACTIONS: Final = (
    "CreatePolicy",
    "CreatePolicyVersion",
    "DeletePolicy",
    "DeletePolicyVersion",
    "GetPolicy",
    "GetPolicyVersion",
    "ListPolicyTags",
    "ListPolicyVersions",
    "TagPolicy",
    "UntagPolicy",
)
_ROLE_ACTIONS: Final = (
    "DeleteRole",
    "DetachRolePolicy",
    "GetRole",
    "ListAttachedRolePolicies",
    "ListInstanceProfilesForRole",
    "ListRolePolicies",
    "ListRoleTags",
    "TagRole",
    "UntagRole",
    "UpdateAssumeRolePolicy",
)

_NAME_WILDCARD: Final = (
    "stack and registry names follow the project's, and stacks are added without asking for new rights;"
    " the path and the project's name in front keep out every other identity of the account."
)
_REPOSITORY_WILDCARD: Final = (
    "repositories are added below the prefix without asking for new rights; the slash keeps out look-alikes."
)


def deployer(scope: Scope) -> Document:
    """Return the policy of the identity that runs `pulumi up` for a scope.

    It belongs to an identity outside the path `/nvcf/`, or the deployer could edit it. State backend,
    secrets provider and Kubernetes rights are granted where those live and are not part of it.

    Args:
        scope: what the deployer looks after.

    Raises:
        PolicyError: a prefix, region or account cannot work, or the document outgrows IAM's limit.
    """
    return Document(
        (
            *_identity_statements(),
            *_repository_statements(scope),
            *_user_statements(scope),
            *_policy_statements(scope),
            *(_cluster_statements(scope, scope.cluster) if scope.cluster else ()),
        )
    )


def _identity_statements() -> Iterator[Statement]:
    yield Statement(
        sid="WhoAmI",
        actions=("sts:GetCallerIdentity",),
        resources=("*",),
        reason="The program reads the account id it runs in; AWS answers this to every valid identity anyway.",
        wildcard="AWS defines no resource for this action.",
    )


def _repository_statements(scope: Scope) -> Iterator[Statement]:
    if scope.private:
        yield Statement(
            sid="PrivateRepositories",
            actions=tuple(f"ecr:{action}" for action in _REPOSITORY_ACTIONS + _PRIVATE_REPOSITORY_ACTIONS),
            resources=tuple(
                arn.ecr_repository(
                    account=scope.account,
                    region=one.region,
                    name=repository_pattern(one.prefix, kind="ecr-private", allow_all=scope.allow_all),
                )
                for one in scope.private
            ),
            reason="Life cycle of the repositories: create, configure, tag, expire images, delete. No image"
            " is read, pushed or deleted one by one, and no repository policy is set.",
            wildcard=_REPOSITORY_WILDCARD,
        )
    if scope.public_prefixes:
        yield Statement(
            sid="PublicRepositories",
            actions=tuple(f"ecr-public:{action}" for action in _REPOSITORY_ACTIONS + _PUBLIC_REPOSITORY_ACTIONS),
            resources=tuple(
                arn.ecr_public_repository(
                    account=scope.account,
                    name=repository_pattern(prefix, kind="ecr-public", allow_all=scope.allow_all),
                )
                for prefix in scope.public_prefixes
            ),
            reason="Life cycle of the public repositories and their catalogue data. These are signed API"
            " calls and need no bearer token, so sts:GetServiceBearerToken is not granted.",
            wildcard=_REPOSITORY_WILDCARD,
        )
    if scope.kms_keys:
        yield Statement(
            sid="RepositoryEncryption",
            actions=("kms:CreateGrant", "kms:DescribeKey", "kms:RetireGrant"),
            resources=scope.kms_keys,
            reason="ECR looks the key up and makes its own grant on it, in the name of whoever creates the repository.",
            conditions=(Condition("StringEquals", "kms:ViaService", _ecr_services(scope.kms_keys)),),
        )


def _user_statements(scope: Scope) -> Iterator[Statement]:
    users = (arn.iam(account=scope.account, kind="user", name=f"{scope.project}-*"),)
    yield Statement(
        sid="PullUsers",
        actions=tuple(f"iam:{action}" for action in _USER_ACTIONS),
        resources=users,
        reason="Life cycle of the pulling users and their two key slots; last-used dates are read before a"
        " key is retired, groups before a user is deleted. Users can be neither renamed nor moved.",
        wildcard=_NAME_WILDCARD,
    )
    yield from _bounded_statements(scope, kind="User", identities=users)


def _policy_statements(scope: Scope) -> Iterator[Statement]:
    yield Statement(
        sid="PullPolicies",
        actions=tuple(f"iam:{action}" for action in _POLICY_ACTIONS),
        resources=(arn.iam(account=scope.account, kind="policy", name=f"{scope.project}-*"),),
        reason="Life cycle of the pull policies; IAM keeps five versions, so old ones are pruned on a change.",
        wildcard=_NAME_WILDCARD,
    )


def _role_statements(scope: Scope) -> Iterator[Statement]:
    roles = (arn.iam(account=scope.account, kind="role", name=f"{scope.project}-*"),)
    yield Statement(
        sid="PullRoles",
        actions=tuple(f"iam:{action}" for action in _ROLE_ACTIONS),
        resources=roles,
        reason="Life cycle of the role that a pull secret's refresher takes (IRSA). iam:PassRole is not"
        " granted: a service account takes the role by its own token.",
        wildcard=_NAME_WILDCARD,
    )
    yield from _bounded_statements(scope, kind="Role", identities=roles)


def _bounded_statements(scope: Scope, *, kind: str, identities: tuple[str, ...]) -> Iterator[Statement]:
    """Yield creating and attaching for users or roles, each only with the boundary where there is one."""
    attachable = Condition(
        "ArnLike",
        "iam:PolicyARN",
        (arn.iam(account=scope.account, kind="policy", name=f"{scope.project}-*"),),
    )
    if scope.permissions_boundary is None:
        cost = (
            " WITHOUT A PERMISSIONS BOUNDARY the deployer also chooses what the attached policy says,"
            " and is as strong as an administrator."
        )
        bounded: tuple[Condition, ...] = ()
        creating: tuple[str, ...] = (f"iam:Create{kind}",)
    else:
        cost = (
            " Only while it carries the permissions boundary, which the deployer can set but neither edit nor remove."
        )
        bounded = (Condition("StringEquals", "iam:PermissionsBoundary", (scope.permissions_boundary,)),)
        creating = (f"iam:Create{kind}", f"iam:Put{kind}PermissionsBoundary")
    yield Statement(
        sid=f"Create{kind}",
        actions=creating,
        resources=identities,
        reason=f"Create the {kind.lower()} that pulls.{cost}",
        wildcard=_NAME_WILDCARD,
        conditions=bounded,
    )
    yield Statement(
        sid=f"AttachTo{kind}",
        actions=(f"iam:Attach{kind}Policy",),
        resources=identities,
        reason=f"Attach the project's own policies, and no other, to the {kind.lower()}.{cost}",
        wildcard=_NAME_WILDCARD,
        conditions=(attachable, *bounded),
    )


def _cluster_statements(scope: Scope, cluster: Cluster) -> Iterator[Statement]:
    yield Statement(
        sid="ReadCluster",
        actions=("eks:DescribeCluster",),
        resources=(arn.eks_cluster(account=scope.account, region=cluster.region, name=cluster.name),),
        reason="Find the cluster's API server and OIDC issuer. What may be done in the cluster is its own"
        " access entry's matter.",
    )
    if scope.irsa:
        yield from _identity_provider_statements(scope.account, cluster)
        yield from _role_statements(scope)


def _identity_provider_statements(account: str, cluster: Cluster) -> Iterator[Statement]:
    yield Statement(
        sid="ReadIdentityProvider",
        actions=("iam:GetOpenIDConnectProvider",),
        resources=(
            arn.iam(
                account=account,
                kind="oidc-provider",
                path="/",
                name=f"oidc.eks.{cluster.region}.amazonaws.com/id/*",
            ),
        ),
        reason="Check that IAM trusts the cluster's service account tokens before a role relies on it.",
        wildcard="the cluster's issuer id is only known once the cluster has been read.",
    )


def _ecr_services(kms_keys: tuple[str, ...]) -> tuple[str, ...]:
    regions = sorted({key.split(":")[3] for key in kms_keys})
    return tuple(f"ecr.{region}.amazonaws.com" for region in regions)
