"""IAM: moto's, mended where AWS refuses, limits or remembers and moto does not.

Quotas and conflicts: "IAM and AWS STS quotas" in the IAM User Guide, and the errors of each operation in the IAM API
reference.
"""

import json
import re
import secrets
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.serialize import never_return
from moto.iam.models import Group, ManagedPolicy, Role, User
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator
from moto.iam.responses import IamResponse

from sandbox.aws.errors import OperationError
from sandbox.aws.identities import boundary_arn
from sandbox.aws.moto_service import MotoService
from sandbox.aws.sessions import new_secret

_LONGEST_POLICY = 6144
_MOST_POLICIES = 10
_LONGEST_PAGE = 1000
_ENTITY_NAME = re.compile(r"[\w+=,.@-]{1,64}")
_PATH = re.compile(r"/|/[\x21-\x7e]+/")
_ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class IamService(MotoService, IamResponse):
    """Identity and Access Management."""

    RESPONSE_KEY_PATH_TO_TRANSFORMER = IamResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER | {
        "ListUsersResponse.Users.User.PermissionsBoundary": never_return
    }

    def create_user(self) -> ActionResult:
        """Makes a user; names are unique whatever their letter case."""
        name = self._get_param("UserName")
        _check_name("userName", name)
        _check_path(self._get_param("Path"))
        if any(name.lower() == other.lower() for other in self.backend.users):
            raise OperationError("EntityAlreadyExists", f"User with name {name} already exists.")
        boundary = self._boundary_policy()
        result = super().create_user()
        user = self.backend.get_user(name)
        user.id = _unique_id("AIDA")
        _set_boundary(user, boundary)
        return result

    def get_user(self) -> ActionResult:
        """A user by name, or the caller's own."""
        if self._get_param("UserName"):
            return super().get_user()
        if not self.caller.is_user:
            raise OperationError("ValidationError", "Must specify userName when calling with non-User credentials")
        return ActionResult({"User": self.backend.get_user(self.caller.name)})

    def list_users(self) -> ActionResult:
        """Users by path prefix, in pages, by name."""
        prefix = self._get_param("PathPrefix", "/")
        users = sorted(
            (user for user in self.backend.users.values() if user.path.startswith(prefix)),
            key=lambda user: user.name,
        )
        start, size = int(self._get_param("Marker", "0")), self._get_int_param("MaxItems", 100)
        end = start + min(size, _LONGEST_PAGE)
        more = end < len(users)
        return ActionResult({"Users": users[start:end], "IsTruncated": more, "Marker": str(end) if more else None})

    def update_user(self) -> ActionResult:
        """Renames or moves a user; its keys and tags go with it."""
        name = self._get_param("UserName")
        user = self.backend.get_user(name)
        new_name = self._get_param("NewUserName") or name
        if new_name != name and any(new_name.lower() == other.lower() for other in self.backend.users):
            raise OperationError("EntityAlreadyExists", f"User with name {new_name} already exists.")
        tags = user.tags or []
        self.backend.tagger.delete_all_tags_for_resource(user.arn)
        self.backend.update_user(name, self._get_param("NewPath"), new_name if new_name != name else None)
        self.backend.tagger.tag_resource(user.arn, tags)
        for key in user.access_keys:
            key.user_name = user.name
        return EmptyResult()

    def delete_user(self) -> ActionResult:
        """Deletes a user that has nothing left."""
        user = self.backend.get_user(self._get_param("UserName"))
        in_groups = any(user in group.users for group in self.backend.groups.values())
        for blocks, what in (
            (user.access_keys, "delete access keys"),
            (in_groups, "remove users from group"),
            (user.password, "delete login profile"),
        ):
            if blocks:
                raise OperationError("DeleteConflict", f"Cannot delete entity, must {what} first.")
        return super().delete_user()

    def put_user_permissions_boundary(self) -> ActionResult:
        """Sets a user's permissions boundary."""
        user = self.backend.get_user(self._get_param("UserName"))
        _set_boundary(user, self._boundary_policy())
        return EmptyResult()

    def delete_user_permissions_boundary(self) -> ActionResult:
        """Takes a user's permissions boundary away."""
        user = self.backend.get_user(self._get_param("UserName"))
        if boundary_arn(user) is None:
            raise OperationError("NoSuchEntity", f"No permissions boundary attached to user {user.name}.")
        _set_boundary(user, None)
        return EmptyResult()

    def put_role_permissions_boundary(self) -> ActionResult:
        """Sets a role's permissions boundary, which must exist."""
        self._boundary_policy()
        return super().put_role_permissions_boundary()

    def create_access_key(self) -> ActionResult:
        """Makes a key, with a secret of AWS's alphabet; a user has two at most."""
        user = self.backend.get_user(self._get_param("UserName") or self._own_user())
        key = self.backend.create_access_key(user.name)
        key.secret_access_key = new_secret()
        now = self.visit.cloud.clock()
        key.create_date = now.replace(tzinfo=None, microsecond=0)
        return ActionResult({"AccessKey": key})

    def list_access_keys(self) -> ActionResult:
        """A user's keys, or the caller's own."""
        user = self.backend.get_user(self._get_param("UserName") or self._own_user())
        return ActionResult({"UserName": user.name, "AccessKeyMetadata": user.access_keys, "IsTruncated": False})

    def update_access_key(self) -> ActionResult:
        """Switches a key on or off."""
        status = self._get_param("Status")
        if status not in {"Active", "Inactive"}:
            raise OperationError("ValidationError", f"Status must be Active or Inactive, not {status}.")
        return super().update_access_key()

    def create_policy(self) -> ActionResult:
        """Makes a customer managed policy."""
        _check_path(self._get_param("Path"))
        _check_size(self._get_param("PolicyDocument"))
        result = super().create_policy()
        path, name = self._get_param("Path") or "/", self._get_param("PolicyName")
        self.backend.get_policy(f"arn:{self.partition}:iam::{self.current_account}:policy{path}{name}").id = _unique_id(
            "ANPA"
        )
        return result

    def create_policy_version(self) -> ActionResult:
        """Adds a version to a policy."""
        _check_size(self._get_param("PolicyDocument"))
        return super().create_policy_version()

    def delete_policy(self) -> ActionResult:
        """Deletes a policy that nothing uses any more."""
        policy = self.backend.get_policy(self._get_param("PolicyArn"))
        bounded: list[User | Role] = [*self.backend.users.values(), *self.backend.roles.values()]
        if policy.attachment_count > 0 or any(boundary_arn(holder) == policy.arn for holder in bounded):
            raise OperationError("DeleteConflict", "Cannot delete a policy attached to entities.")
        if len(policy.versions) > 1:
            raise OperationError(
                "DeleteConflict",
                "This policy has more than one version. Before you delete a policy, you must delete the "
                "policy's versions. The default version is deleted with the policy.",
            )
        return super().delete_policy()

    def attach_user_policy(self) -> ActionResult:
        """Attaches a policy; a second time changes nothing."""
        return self._attach(self.backend.get_user(self._get_param("UserName")))

    def attach_role_policy(self) -> ActionResult:
        """Attaches a policy; a second time changes nothing."""
        return self._attach(self.backend.get_role(self._get_param("RoleName")))

    def attach_group_policy(self) -> ActionResult:
        """Attaches a policy; a second time changes nothing."""
        return self._attach(self.backend.get_group(self._get_param("GroupName")))

    def create_role(self) -> ActionResult:
        """Makes a role; its trust policy must be well formed."""
        _check_name("roleName", self._get_param("RoleName"))
        _check_path(self._get_param("Path"))
        IAMTrustPolicyDocumentValidator(self._get_param("AssumeRolePolicyDocument")).validate()
        if self._get_param("PermissionsBoundary"):
            self._boundary_policy()
        return super().create_role()

    def create_open_id_connect_provider(self) -> ActionResult:
        """Makes an identity provider; thumbprints are optional."""
        url = self._get_param("Url")
        bare = url.removeprefix("https://")
        if f"arn:{self.partition}:iam::{self.current_account}:oidc-provider/{bare}" in self.backend.open_id_providers:
            raise OperationError("EntityAlreadyExists", f"Provider with url {url} already exists.")
        provider = self.backend.create_open_id_connect_provider(
            url=url,
            thumbprint_list=self._get_param("ThumbprintList") or [],
            client_id_list=self._get_param("ClientIDList") or [],
            tags=self._get_param("Tags") or [],
        )
        return ActionResult({"OpenIDConnectProviderArn": provider.arn, "Tags": provider.get_tags()})

    def delete_open_id_connect_provider(self) -> ActionResult:
        """Deletes an identity provider."""
        self.backend.get_open_id_connect_provider(self._get_param("OpenIDConnectProviderArn"))
        return super().delete_open_id_connect_provider()

    def add_client_id_to_open_id_connect_provider(self) -> ActionResult:
        """Adds an audience."""
        provider = self.backend.get_open_id_connect_provider(self._get_param("OpenIDConnectProviderArn"))
        client = self._get_param("ClientID")
        if client not in provider.client_id_list:
            provider.client_id_list.append(client)
        return EmptyResult()

    def remove_client_id_from_open_id_connect_provider(self) -> ActionResult:
        """Removes an audience."""
        provider = self.backend.get_open_id_connect_provider(self._get_param("OpenIDConnectProviderArn"))
        client = self._get_param("ClientID")
        if client in provider.client_id_list:
            provider.client_id_list.remove(client)
        return EmptyResult()

    def _attach(self, holder: User | Role | Group) -> ActionResult:
        policy = self._policy(self._get_param("PolicyArn"))
        if policy.arn in holder.managed_policies:
            return EmptyResult()
        if len(holder.managed_policies) >= _MOST_POLICIES:
            kind = type(holder).__name__
            raise OperationError("LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind}: {_MOST_POLICIES}")
        policy.attach_to(holder)
        return EmptyResult()

    def _policy(self, arn: str) -> ManagedPolicy:
        policy = self.backend.managed_policies.get(arn)
        if policy is None:
            raise OperationError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")
        return policy

    def _boundary_policy(self) -> str | None:
        arn: str | None = self._get_param("PermissionsBoundary")
        if arn is not None and arn not in self.backend.managed_policies:
            raise OperationError("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.")
        return arn

    def _own_user(self) -> str:
        if not self.caller.is_user:
            raise OperationError("ValidationError", "Must specify userName when calling with non-User credentials")
        return self.caller.name


def _set_boundary(user: User, arn: str | None) -> None:
    # moto's User has no boundary; its serializer takes any attribute named like the API's field.
    boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn} if arn else None
    setattr(user, "permissions_boundary", boundary)  # noqa: B010 - the attribute is not in moto's type


def _unique_id(prefix: str) -> str:
    return prefix + "".join(secrets.choice(_ID_ALPHABET) for _ in range(17))


def _check_name(field: str, name: str) -> None:
    if _ENTITY_NAME.fullmatch(name) is None:
        raise OperationError(
            "ValidationError",
            f"The specified value for {field} is invalid. It must contain only alphanumeric characters and/or "
            "the following: +=,.@_- and have at most 64 characters",
        )


def _check_path(path: str | None) -> None:
    if path is not None and _PATH.fullmatch(path) is None:
        raise OperationError(
            "ValidationError",
            "The specified value for path is invalid. It must begin and end with / and contain only "
            "alphanumeric characters and/or / characters.",
        )


def _check_size(document: str) -> None:
    # White space does not count.
    if len(re.sub(r"\s", "", document)) > _LONGEST_POLICY:
        raise OperationError("LimitExceeded", f"Cannot exceed quota for PolicySize: {_LONGEST_POLICY}")
    _check_json(document)


def _check_json(document: str) -> Any:
    try:
        return json.loads(document)
    except ValueError:
        raise OperationError("MalformedPolicyDocument", "Syntax errors in policy.") from None
