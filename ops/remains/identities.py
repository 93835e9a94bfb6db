"""IAM users, their access keys, roles and policies of the project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.errors import OpsError
from ops.remains.aws_calls import code_of, is_denied, is_gone, refusal, unseen
from ops.remains.found import Found, Kind, Look, Owner
from ops.remains.holdings import access_key_key
from policies.arn import IAM_PATH
from settings.marks import CREDENTIAL_TAG, ON_DESTROY_TAG, PROJECT_TAG, STACK_TAG

_TOGETHER = 8


@dataclass(frozen=True)
class _Listing:
    """How one kind of identity is listed and asked about."""

    kind: Kind
    operation: str
    member: str
    name: str
    action: str
    arguments: Mapping[str, str]


_LISTINGS = (
    _Listing(Kind.USER, "list_users", "Users", "UserName", "iam:ListUsers", {}),
    _Listing(Kind.ROLE, "list_roles", "Roles", "RoleName", "iam:ListRoles", {}),
    _Listing(Kind.POLICY, "list_policies", "Policies", "PolicyName", "iam:ListPolicies", {"Scope": "Local"}),
)


def owner_of(tags: Mapping[str, str]) -> Owner | None:
    """Return whose something is by its tags; None when they do not say."""
    project, stack = tags.get(PROJECT_TAG), tags.get(STACK_TAG)
    return Owner(project, stack) if project and stack else None


def look_at_identities(iam: Any, place: str, project: str, known_arns: Iterable[str]) -> Look:
    """Look for the identities of a project, which all lie below one path.

    Args:
        iam: a client of IAM.
        place: what the account is called.
        project: the project.
        known_arns: ARNs to look at one by one where AWS does not let us list.
    """
    look = Look()
    arns = tuple(known_arns)
    for listing in _LISTINGS:
        names: dict[str, str] = {}
        try:
            for page in iam.get_paginator(listing.operation).paginate(PathPrefix=IAM_PATH, **listing.arguments):
                names |= {each["Arn"]: each[listing.name] for each in page[listing.member]}
        except (BotoCoreError, ClientError) as error:
            look.unseen.append(unseen(place, f"which {listing.kind.value}s there are", listing.action, error))
            if is_denied(error):
                part = {Kind.USER: ":user/", Kind.ROLE: ":role/", Kind.POLICY: ":policy/"}[listing.kind]
                names |= {arn: arn.rpartition("/")[2] for arn in arns if part in arn}
        ours = [(arn, name) for arn, name in names.items() if name.startswith(f"{project}-")]
        with ThreadPoolExecutor(max_workers=_TOGETHER) as pool:
            for one in pool.map(lambda each, of=listing.kind: _identity(iam, place, of, *each), ours):
                look.add(one)
    return look


def _identity(iam: Any, place: str, kind: Kind, arn: str, name: str) -> Look:
    """Look at one identity; one that has gone meanwhile is not found."""
    ask: Mapping[Kind, Callable[[Any, str, str, str], list[Found]]] = {
        Kind.USER: _user,
        Kind.ROLE: _role,
        Kind.POLICY: _policy,
    }
    try:
        return Look(found=ask[kind](iam, place, arn, name))
    except (BotoCoreError, ClientError) as error:
        if is_gone(error):
            return Look()
        return Look(unseen=[unseen(place, f"the {kind.value} {name}", "the reading actions on it", error)])


def _user(iam: Any, place: str, arn: str, name: str) -> list[Found]:
    tags = _tags(iam.list_user_tags(UserName=name))
    keys = [each["AccessKeyId"] for each in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]]
    attached = iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]
    policies = tuple(each["PolicyArn"] for each in attached)
    detach = (f"aws iam detach-user-policy --user-name {name} --policy-arn {policy}" for policy in policies)
    user = Found(
        Kind.USER,
        arn,
        arn,
        place,
        owner_of(tags),
        identity=name,
        kept=tags.get(ON_DESTROY_TAG) == "keep",
        serves=tags.get(CREDENTIAL_TAG, ""),
        policies=policies,
        commands=(*detach, f"aws iam delete-user --user-name {name}"),
    )
    return [
        user,
        *(
            Found(
                Kind.ACCESS_KEY,
                access_key_key(key_id),
                key_id,
                place,
                user.owner,
                identity=name,
                user=arn,
                commands=(f"aws iam delete-access-key --user-name {name} --access-key-id {key_id}",),
            )
            for key_id in keys
        ),
    ]


def _role(iam: Any, place: str, arn: str, name: str) -> list[Found]:
    tags = _tags(iam.list_role_tags(RoleName=name))
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    policies = tuple(each["PolicyArn"] for each in attached)
    detach = (f"aws iam detach-role-policy --role-name {name} --policy-arn {policy}" for policy in policies)
    commands = (*detach, f"aws iam delete-role --role-name {name}")
    return [Found(Kind.ROLE, arn, arn, place, owner_of(tags), identity=name, policies=policies, commands=commands)]


def _policy(iam: Any, place: str, arn: str, name: str) -> list[Found]:
    tags = _tags(iam.list_policy_tags(PolicyArn=arn))
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    old = tuple(each["VersionId"] for each in versions if not each["IsDefaultVersion"])
    delete = (f"aws iam delete-policy-version --policy-arn {arn} --version-id {version}" for version in old)
    return [
        Found(
            Kind.POLICY,
            arn,
            arn,
            place,
            owner_of(tags),
            identity=name,
            kept=tags.get(ON_DESTROY_TAG) == "keep",
            serves=tags.get(CREDENTIAL_TAG, ""),
            versions=old,
            commands=(*delete, f"aws iam delete-policy --policy-arn {arn}"),
        )
    ]


def remove_identity(iam: Any, found: Found) -> None:
    """Remove an identity or an access key, with the attachments of the project's own policies.

    Args:
        iam: a client of IAM.
        found: what to remove.

    Raises:
        OpsError: AWS refuses.
    """
    own = [policy for policy in found.policies if f":policy{IAM_PATH}" in policy]
    calls: Sequence[tuple[str, Mapping[str, str]]]
    if found.kind is Kind.USER:
        name = {"UserName": found.identity}
        calls = [*(("detach_user_policy", {**name, "PolicyArn": policy}) for policy in own), ("delete_user", name)]
    elif found.kind is Kind.ROLE:
        name = {"RoleName": found.identity}
        calls = [*(("detach_role_policy", {**name, "PolicyArn": policy}) for policy in own), ("delete_role", name)]
    elif found.kind is Kind.POLICY:
        arn = {"PolicyArn": found.key}
        old = (("delete_policy_version", {**arn, "VersionId": version}) for version in found.versions)
        calls = [*old, ("delete_policy", arn)]
    else:
        calls = [("delete_access_key", {"UserName": found.identity, "AccessKeyId": found.name})]
    for operation, arguments in calls:
        try:
            getattr(iam, operation)(**arguments)
        except (BotoCoreError, ClientError) as error:
            if not is_gone(error):
                raise _refused(found, error) from None


def _refused(found: Found, error: BotoCoreError | ClientError) -> OpsError:
    if code_of(error) == "DeleteConflict":
        return refusal(found.name, error, "Somebody else gave it keys, policies or groups: take those away first.")
    return refusal(found.name, error, "Use credentials that may remove it (docs/policies.md, the deployer).")


def _tags(answer: Mapping[str, Any]) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in answer["Tags"]}
