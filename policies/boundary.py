"""The permissions boundary: the most that any identity a deployer makes can ever do.

An identity may do what its own policies and its boundary both allow. The deployer writes the first, an
administrator the second, once; with it in place, nothing the deployer writes reaches beyond pulling images.
"""

from __future__ import annotations

from collections.abc import Iterable

from policies import ecr_pull
from policies.document import Document, Statement
from policies.scope import Scope


def boundary(scope: Scope) -> Document:
    """Return the boundary that lets identities pull from a scope's registries and nothing more.

    An administrator creates it once, outside the path `/nvcf/`, and gives its ARN to `Scope` as
    `permissions_boundary`.

    Args:
        scope: what the deployer looks after.

    Raises:
        PolicyError: a prefix, region or account cannot work.
    """
    pulls = [
        ecr_pull.private_pull(account=scope.account, region=one.region, prefix=one.prefix, allow_all=scope.allow_all)
        for one in scope.private
    ]
    pulls += [
        ecr_pull.public_pull(account=scope.account, prefix=prefix, allow_all=scope.allow_all)
        for prefix in scope.public_prefixes
    ]
    return Document(_merged(statement for pull in pulls for statement in pull.statements))


def _merged(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Return one statement for each set of actions, with all the resources those were allowed on."""
    merged: dict[tuple[str, ...], Statement] = {}
    for statement in statements:
        actions = statement.actions
        service = "Public" if actions[0].startswith("ecr-public:") else "Private"
        same = (merged[actions], statement) if actions in merged else (statement,)
        merged[actions] = Statement(
            sid=f"{service}{'LogIn' if statement.resources == ('*',) else 'Images'}",
            actions=actions,
            resources=tuple(dict.fromkeys(resource for one in same for resource in one.resources)),
            reason=statement.reason,
            wildcard=" ".join(dict.fromkeys(one.wildcard for one in same)),
        )
    return tuple(merged.values())
