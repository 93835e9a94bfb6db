"""What whoever proves that nothing is left needs in AWS: to list, and nothing else.

`ops leftovers` looks for what nobody remembers, so it cannot go by names. The deployer works by name and needs no list
of the account, and does not get one: whoever looks has this policy, alone or beside the deployer's. Removing what is
found takes the deployer's rights.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies import arn
from policies.document import Document, Statement
from policies.scope import Scope

_NO_RESOURCE: Final = "AWS defines no resource for these actions: a list is a list of the account."
_NAMES: Final = "what is left over may be of any stack of the project, one that is gone included."
_REPOSITORIES: Final = "tags tell whose a repository is, so every repository's are read; no image is."


def inspector(scope: Scope) -> Document:
    """Return the policy of the identity that runs `ops leftovers` for a scope.

    Args:
        scope: what it looks after; its project, account and regions count, not its prefixes.

    Raises:
        PolicyError: a region or account cannot work.
    """
    return Document((*_identity_statements(scope), *_repository_statements(scope)))


def _identity_statements(scope: Scope) -> Iterator[Statement]:
    yield Statement(
        sid="ListIdentities",
        actions=("iam:ListPolicies", "iam:ListRoles", "iam:ListUsers", "sts:GetCallerIdentity"),
        resources=("*",),
        reason="Find users, roles and policies whose names nobody remembers; read which account this is.",
        wildcard=_NO_RESOURCE,
    )
    actions = {
        "user": ("ListAccessKeys", "ListAttachedUserPolicies", "ListUserTags"),
        "role": ("ListAttachedRolePolicies", "ListRoleTags"),
        "policy": ("ListPolicyTags", "ListPolicyVersions"),
    }
    for kind, names in actions.items():
        yield Statement(
            sid=f"Read{kind.capitalize()}",
            actions=tuple(f"iam:{name}" for name in names),
            resources=(arn.iam(account=scope.account, kind=kind, name=f"{scope.project}-*"),),
            reason=f"Tell by its tags whose a {kind} is, and what must be taken from it before it can go.",
            wildcard=_NAMES,
        )


def _repository_statements(scope: Scope) -> Iterator[Statement]:
    regions = dict.fromkeys(one.region for one in scope.private)
    if regions:
        yield Statement(
            sid="ReadPrivateRepositories",
            actions=("ecr:DescribeRepositories", "ecr:ListTagsForResource"),
            resources=tuple(arn.ecr_repository(account=scope.account, region=region, name="*") for region in regions),
            reason="Find repositories by their tags.",
            wildcard=_REPOSITORIES,
        )
    yield Statement(
        sid="ReadPublicRepositories",
        actions=("ecr-public:DescribeRepositories", "ecr-public:ListTagsForResource"),
        resources=(arn.ecr_public_repository(account=scope.account, name="*"),),
        reason="Find public repositories by their tags.",
        wildcard=_REPOSITORIES,
    )
