"""The permissions a call needs: IAM actions, on concrete ARNs, with the condition keys that describe the call.

Source: "Actions, resources, and condition keys" of IAM, STS, ECR, ECR Public and EKS in the Service Authorization
Reference. Where AWS has been seen to be laxer than its reference, the reference is followed: a policy that suffices
here suffices there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlparse

from sandbox.aws.account import ACCOUNT_ID, PARTITION
from sandbox.aws.actions import Call
from sandbox.aws.identities import Principal, boundary_arn, find_role_named, iam, key_owner

NO_PERMISSION_NEEDED = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken", "sts:AssumeRoleWithWebIdentity"})
"""Calls that any identity, or anyone with a web identity token, may make."""


@dataclass(frozen=True)
class Permission:
    """One thing a caller must be allowed to do.

    Attributes:
        action: `service:Operation`.
        resource: Concrete ARN, or `*`.
        context: Condition keys in lower case that the call itself gives.
    """

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def required_permissions(call: Call, caller: Principal | None) -> Sequence[Permission]:
    """Everything the caller must be allowed, all of it.

    Args:
        call: The call.
        caller: Who makes it; some IAM calls mean the caller's own user when they name none.
    """
    if call.action in NO_PERMISSION_NEEDED:
        return ()
    find = _FINDERS.get(call.service)
    return find(call, caller) if find else (Permission(call.action, "*"),)


def ecr_repository_arn(region: str, registry: str, name: str) -> str:
    """ARN of a private repository."""
    return f"arn:{PARTITION}:ecr:{region}:{registry}:repository/{name}"


def ecr_public_repository_arn(registry: str, name: str) -> str:
    """ARN of a public repository: no region, and no alias either."""
    return f"arn:{PARTITION}:ecr-public::{registry}:repository/{name}"


def user_arn(name: str, path: str = "/") -> str:
    """ARN of a user, with the path it has; `path` is used when there is no such user yet."""
    user = iam().users.get(name)
    return user.arn if user is not None else f"arn:{PARTITION}:iam::{ACCOUNT_ID}:user{path}{name}"


def role_arn(name: str, path: str = "/") -> str:
    """ARN of a role, with the path it has; `path` is used when there is no such role yet."""
    role = find_role_named(name)
    return role.arn if role is not None else f"arn:{PARTITION}:iam::{ACCOUNT_ID}:role{path}{name}"


def _ecr(call: Call, _: Principal | None) -> Sequence[Permission]:
    registry = str(call.params.get("registryId") or ACCOUNT_ID)
    return _repository_permissions(call, lambda name: ecr_repository_arn(call.region, registry, name), "*")


def _ecr_public(call: Call, _: Principal | None) -> Sequence[Permission]:
    registry = str(call.params.get("registryId") or ACCOUNT_ID)
    if call.operation == "GetAuthorizationToken":
        bearer = {"sts:awsservicename": ("ecr-public.amazonaws.com",)}
        return (Permission(call.action, "*"), Permission("sts:GetServiceBearerToken", "*", bearer))
    own = f"arn:{PARTITION}:ecr-public::{ACCOUNT_ID}:registry/{ACCOUNT_ID}"
    return _repository_permissions(call, lambda name: ecr_public_repository_arn(registry, name), own)


def _repository_permissions(call: Call, arn: Callable[[str], str], registry_resource: str) -> Sequence[Permission]:
    params = call.params
    context = _request_tags(params.get("tags", []), params.get("tagKeys", []))
    if name := params.get("repositoryName"):
        needed = [Permission(call.action, arn(name), context)]
        if call.operation == "CreateRepository" and params.get("tags"):
            needed.append(Permission(f"{call.service}:TagResource", arn(name), context))
        return needed
    if names := params.get("repositoryNames"):
        return [Permission(call.action, arn(name), context) for name in names]
    if resource := params.get("resourceArn"):
        return (Permission(call.action, str(resource), context),)
    if call.operation == "DescribeRepositories":
        # Without names the whole registry is asked for.
        return (Permission(call.action, arn("*"), context),)
    resource = "*" if call.operation == "GetAuthorizationToken" else registry_resource
    return (Permission(call.action, resource, context),)


def _sts(call: Call, _: Principal | None) -> Sequence[Permission]:
    params = call.params
    context = {
        key: (str(params[name]),)
        for key, name in (("sts:externalid", "ExternalId"), ("sts:rolesessionname", "RoleSessionName"))
        if name in params
    }
    return (Permission(call.action, str(params.get("RoleArn", "*")), context),)


def _eks(call: Call, _: Principal | None) -> Sequence[Permission]:
    name = call.params.get("name") or call.params.get("clusterName")
    cluster = f"arn:{PARTITION}:eks:{call.region}:{ACCOUNT_ID}:cluster/{name}"
    return (Permission(call.action, str(call.params.get("resourceArn") or (cluster if name else "*"))),)


_TAG_ON_CREATE = {
    "CreateUser": "iam:TagUser",
    "CreateRole": "iam:TagRole",
    "CreatePolicy": "iam:TagPolicy",
    "CreateOpenIDConnectProvider": "iam:TagOpenIDConnectProvider",
}
_ACCOUNT_WIDE = frozenset({"ListUsers", "ListRoles", "ListGroups", "ListPolicies", "ListOpenIDConnectProviders"})
_OWN_USER = frozenset(
    {"GetUser", "CreateAccessKey", "ListAccessKeys", "UpdateAccessKey", "DeleteAccessKey", "GetAccessKeyLastUsed"}
)


def _iam(call: Call, caller: Principal | None) -> Sequence[Permission]:
    resource = "*" if call.operation in _ACCOUNT_WIDE else _iam_resource(call, caller)
    context = _iam_context(call)
    needed = [Permission(call.action, resource, context)]
    if call.operation in _TAG_ON_CREATE and "Tags.member.1.Key" in call.params:
        needed.append(Permission(_TAG_ON_CREATE[call.operation], resource, context))
    return needed


def _iam_resource(call: Call, caller: Principal | None) -> str:
    params, path = call.params, str(call.params.get("Path", "/"))
    # Group membership is a change of the group; everything else that names a user is about the user.
    if "GroupName" in params:
        return _group_arn(params["GroupName"], path)
    if "UserName" in params:
        return user_arn(params["UserName"], path)
    if "RoleName" in params:
        return role_arn(params["RoleName"], path)
    if call.operation in _OWN_USER:
        owner = key_owner(str(params.get("AccessKeyId", "")))
        own = caller.identity_arn if caller is not None else "*"
        return user_arn(owner) if owner is not None else own
    return str(params.get("PolicyArn") or params.get("OpenIDConnectProviderArn") or _new_resource(call, path))


def _new_resource(call: Call, path: str) -> str:
    if call.operation == "CreatePolicy":
        return f"arn:{PARTITION}:iam::{ACCOUNT_ID}:policy{path}{call.params.get('PolicyName', '')}"
    if call.operation == "CreateOpenIDConnectProvider":
        url = urlparse(str(call.params.get("Url", "")))
        return f"arn:{PARTITION}:iam::{ACCOUNT_ID}:oidc-provider/{url.netloc}{url.path}"
    return "*"


def _group_arn(name: str, path: str) -> str:
    group = iam().groups.get(name)
    return group.arn if group is not None else f"arn:{PARTITION}:iam::{ACCOUNT_ID}:group{path}{name}"


def _iam_context(call: Call) -> dict[str, tuple[str, ...]]:
    params = call.params
    pairs = [
        {"Key": value, "Value": params.get(f"{name.removesuffix('.Key')}.Value", "")}
        for name, value in params.items()
        if name.startswith("Tags.member.") and name.endswith(".Key")
    ]
    removed = [value for name, value in params.items() if name.startswith("TagKeys.member.")]
    context = dict(_request_tags(pairs, removed))
    if "PolicyArn" in params and call.operation.startswith(("Attach", "Detach")):
        context["iam:policyarn"] = (str(params["PolicyArn"]),)
    boundary = params.get("PermissionsBoundary") or _existing_boundary(params)
    if boundary:
        context["iam:permissionsboundary"] = (str(boundary),)
    return context


def _existing_boundary(params: Mapping[str, Any]) -> str | None:
    holder = iam().users.get(params.get("UserName", "")) or find_role_named(params.get("RoleName", ""))
    return boundary_arn(holder) if holder is not None else None


def _request_tags(tags: Sequence[Mapping[str, str]], keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
    context = {f"aws:requesttag/{tag['Key'].lower()}": (tag["Value"],) for tag in tags}
    named = (*(tag["Key"] for tag in tags), *keys)
    return context | ({"aws:tagkeys": named} if named else {})


_FINDERS: dict[str, Callable[[Call, Principal | None], Sequence[Permission]]] = {
    "ecr": _ecr,
    "ecr-public": _ecr_public,
    "eks": _eks,
    "iam": _iam,
    "sts": _sts,
}
