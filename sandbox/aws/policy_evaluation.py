"""Whether a set of policies lets an identity do something. Pure: texts and values in, a decision out.

The order is that of "Policy evaluation logic" in the IAM User Guide, within one account: an explicit deny anywhere
wins; then something must allow, and every limit (permissions boundary, session policy) must allow as well.
"""

from dataclasses import dataclass, field
from enum import Enum

from sandbox.aws.policy_conditions import UnknownOperatorError, conditions_hold
from sandbox.aws.policy_document import (
    Context,
    Statement,
    matches_action,
    matches_resource,
    parse_policy,
)


class Effect(Enum):
    """What one policy, or one kind of policies, says."""

    ALLOW = "allow"
    DENY = "deny"
    SILENT = "silent"


class _Principals(Enum):
    """How the `Principal` element of a document is read."""

    NOT_NAMED = "identity-based: there is none"
    OWN_NAME_GRANTS = "an allow must name the caller itself"
    ACCOUNT_GRANTS = "an allow may also name the caller's account"


@dataclass(frozen=True)
class AccessRequest:
    """What is asked.

    Attributes:
        principals: The caller's own names in a `Principal` element, as `(kind, value)`: its ARN, its role's ARN.
        account_principals: The names of its whole account there.
        action: `service:Operation`.
        resource: Concrete ARN, or `*` when the operation has none.
        context: Condition keys in lower case.
        is_user: An IAM user: a resource-based policy that names one is not limited by a permissions boundary.
    """

    principals: frozenset[tuple[str, str]]
    action: str
    resource: str
    context: Context = field(default_factory=dict)
    account_principals: frozenset[tuple[str, str]] = frozenset()
    is_user: bool = True


@dataclass(frozen=True)
class Policies:
    """Texts of every policy that has a say.

    Attributes:
        identity: Inline and managed policies of the user or role, and of the user's groups.
        boundary: Permissions boundary, None without one.
        session: Session policy, None without one.
        resource: Resource-based policy, None without one.
    """

    identity: tuple[str, ...] = ()
    boundary: str | None = None
    session: str | None = None
    resource: str | None = None


@dataclass(frozen=True)
class Decision:
    """The outcome, with the reason as AWS words it after "is not authorized to perform"."""

    allowed: bool
    reason: str = ""


def evaluate(request: AccessRequest, policies: Policies) -> Decision:
    """Decides one request.

    Args:
        request: Who asks for what.
        policies: Every policy that applies.
    """
    identity = _effect(policies.identity, request)
    boundary = _limit(policies.boundary, request)
    session = _limit(policies.session, request)
    resource = Effect.SILENT
    if policies.resource is not None:
        resource = _effect((policies.resource,), request, _Principals.OWN_NAME_GRANTS)
    kinds = (
        (identity, "identity-based policy"),
        (resource, "resource-based policy"),
        (boundary, "permissions boundary"),
        (session, "session policy"),
    )
    for effect, kind in kinds:
        if effect is Effect.DENY:
            article = "an" if kind[0] in "aeiou" else "a"
            return Decision(allowed=False, reason=f"with an explicit deny in {article} {kind}")
    if resource is Effect.ALLOW and request.is_user:
        return Decision(allowed=True)
    silent = _first_silent(identity, resource, boundary, session)
    if silent:
        return Decision(allowed=False, reason=f"because no {silent} allows the {request.action} action")
    return Decision(allowed=True)


def trusts(document: str, request: AccessRequest) -> Effect:
    """What a role's trust policy says to the caller, be it by its own name or by its account's."""
    return _effect((document,), request, _Principals.ACCOUNT_GRANTS)


def names_principal(document: str, principal: tuple[str, str]) -> bool:
    """Whether an allow statement names exactly this principal, rather than its whole account."""
    return any(statement.allows and principal in statement.principals for statement in parse_policy(document))


def _first_silent(identity: Effect, resource: Effect, boundary: Effect, session: Effect) -> str:
    if identity is not Effect.ALLOW and resource is not Effect.ALLOW:
        return "identity-based policy"
    if boundary is not Effect.ALLOW:
        return "permissions boundary"
    return "session policy" if session is not Effect.ALLOW else ""


def _limit(document: str | None, request: AccessRequest) -> Effect:
    return Effect.ALLOW if document is None else _effect((document,), request)


def _effect(
    documents: tuple[str, ...], request: AccessRequest, principals: _Principals = _Principals.NOT_NAMED
) -> Effect:
    effect = Effect.SILENT
    for document in documents:
        for statement in parse_policy(document):
            if not _applies(statement, request, principals):
                continue
            if not statement.allows:
                return Effect.DENY
            effect = Effect.ALLOW
    return effect


def _applies(statement: Statement, request: AccessRequest, principals: _Principals) -> bool:
    if any(matches_action(pattern, request.action) for pattern in statement.actions) == statement.not_actions:
        return False
    if statement.resources:
        hit = any(matches_resource(pattern, request.resource, request.context) for pattern in statement.resources)
        if hit == statement.not_resources:
            return False
    elif principals is _Principals.NOT_NAMED:
        return False
    if principals is not _Principals.NOT_NAMED:
        # An allow that names the account only hands the decision to the account's own policies.
        with_account = not statement.allows or principals is _Principals.ACCOUNT_GRANTS
        if _names_caller(statement, request, with_account=with_account) == statement.not_principals:
            return False
    try:
        return conditions_hold(statement.conditions, request.context)
    except UnknownOperatorError:
        # Nothing is granted, and nothing let through, on a condition that is not understood.
        return not statement.allows


def _names_caller(statement: Statement, request: AccessRequest, *, with_account: bool) -> bool:
    names = request.principals | request.account_principals if with_account else request.principals
    return any(principal in names or principal == ("AWS", "*") for principal in statement.principals)
