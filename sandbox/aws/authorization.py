"""Whether an authenticated caller may do what it asks, by all policies that apply to it."""

import datetime as dt
import re
from collections.abc import Mapping

from moto.ecr.models import ecr_backends

from sandbox.aws.account import ACCOUNT_ID, PARTITION
from sandbox.aws.errors import Refusal, RequestRefusedError
from sandbox.aws.identities import (
    Credential,
    Principal,
    boundary_policy,
    find_role,
    identity_policies,
    principal_tags,
)
from sandbox.aws.policy_evaluation import (
    AccessRequest,
    Decision,
    Effect,
    Policies,
    evaluate,
    names_principal,
    trusts,
)
from sandbox.aws.resources import Permission

_ECR_ARN = re.compile(r"arn:[^:]+:ecr:(?P<region>[^:]+):(?P<account>\d{12}):repository/(?P<name>.+)")
_ROOT = f"arn:{PARTITION}:iam::{ACCOUNT_ID}:root"


def authorize(credential: Credential, permission: Permission, region: str, now: dt.datetime) -> None:
    """Refuses what the caller is not allowed.

    Args:
        credential: Who asks.
        permission: What is asked.
        region: Region of the endpoint.
        now: The present moment.

    Raises:
        RequestRefusedError: It is not allowed.
    """
    decision = decide(credential.principal, permission, region, now, credential.session_policy)
    if not decision.allowed:
        raise RequestRefusedError(Refusal.DENIED, denial(credential.principal, permission, decision))


def decide(
    principal: Principal, permission: Permission, region: str, now: dt.datetime, session_policy: str | None = None
) -> Decision:
    """Decides one permission.

    Args:
        principal: Who asks.
        permission: What is asked.
        region: Region of the endpoint.
        now: The present moment.
        session_policy: Further limits of temporary credentials.
    """
    request = AccessRequest(
        principals=frozenset({("AWS", principal.arn), ("AWS", principal.identity_arn)}),
        account_principals=frozenset({("AWS", ACCOUNT_ID), ("AWS", _ROOT)}),
        action=permission.action,
        resource=permission.resource,
        context=_context(principal, permission, region, now),
        is_user=principal.is_user,
    )
    policies = Policies(
        identity=identity_policies(principal),
        boundary=boundary_policy(principal),
        session=session_policy,
        resource=_repository_policy(permission.resource),
    )
    account = permission.resource.split(":")[4] if permission.resource.startswith("arn:") else ACCOUNT_ID
    if account not in {ACCOUNT_ID, "", "aws"}:
        return Decision(allowed=False, reason=f"because no resource-based policy allows the {permission.action} action")
    if permission.action == "sts:AssumeRole":
        return _decide_assume_role(principal, request, policies)
    return evaluate(request, policies)


def denial(principal: Principal, permission: Permission, decision: Decision) -> str:
    """The sentence AWS refuses with."""
    return (
        f"User: {principal.arn} is not authorized to perform: {permission.action} "
        f"on resource: {permission.resource} {decision.reason}"
    )


def _decide_assume_role(principal: Principal, request: AccessRequest, policies: Policies) -> Decision:
    role = find_role(request.resource)
    no_trust = Decision(allowed=False, reason="because no resource-based policy allows the sts:AssumeRole action")
    if role is None or trusts(role.assume_role_policy_document, request) is not Effect.ALLOW:
        return no_trust
    own_policies = evaluate(request, policies)
    named = any(names_principal(role.assume_role_policy_document, own) for own in request.principals)
    if named and principal.is_user and "explicit deny" not in own_policies.reason:
        return Decision(allowed=True)
    return own_policies


def _repository_policy(resource: str) -> str | None:
    match = _ECR_ARN.fullmatch(resource)
    if match is None or match["account"] != ACCOUNT_ID or match["region"] not in ecr_backends[ACCOUNT_ID]:
        return None
    repository = ecr_backends[ACCOUNT_ID][match["region"]].repositories.get(match["name"])
    return repository.policy if repository is not None else None


def _context(
    principal: Principal, permission: Permission, region: str, now: dt.datetime
) -> Mapping[str, tuple[str, ...]]:
    context: dict[str, tuple[str, ...]] = {
        "aws:principalarn": (principal.identity_arn,),
        "aws:principalaccount": (ACCOUNT_ID,),
        "aws:principaltype": ("User" if principal.is_user else "AssumedRole",),
        "aws:userid": (principal.unique_id,),
        "aws:requestedregion": (region,),
        "aws:resourceaccount": (ACCOUNT_ID,),
        "aws:sourceip": ("127.0.0.1",),
        # The real endpoints speak TLS only; loopback stands for them.
        "aws:securetransport": ("true",),
        "aws:currenttime": (now.strftime("%Y-%m-%dT%H:%M:%SZ"),),
        "aws:epochtime": (str(int(now.timestamp())),),
    }
    if principal.is_user:
        context["aws:username"] = (principal.name,)
    for key, value in principal_tags(principal).items():
        context[f"aws:principaltag/{key.lower()}"] = (value,)
    for key, value in _resource_tags(permission.resource).items():
        context[f"aws:resourcetag/{key.lower()}"] = (value,)
        context[f"ecr:resourcetag/{key.lower()}"] = (value,)
    return context | dict(permission.context)


def _resource_tags(resource: str) -> Mapping[str, str]:
    match = _ECR_ARN.fullmatch(resource)
    if match is None or match["region"] not in ecr_backends[ACCOUNT_ID]:
        return {}
    tagger = ecr_backends[ACCOUNT_ID][match["region"]].tagger
    return {tag["Key"]: tag["Value"] for tag in tagger.list_tags_for_resource(resource).get("tags", [])}
