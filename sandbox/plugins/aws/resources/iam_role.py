"""`aws.iam.Role`."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from typing_extensions import override

from sandbox.plugins.aws import documents
from sandbox.plugins.aws.fields import Field, tag_fields
from sandbox.plugins.aws.kind import Aws, Kind, Made
from sandbox.plugins.aws.naming import NameRule, prefixed
from sandbox.plugins.aws.resources.iam import (
    NO_SUCH_ENTITY,
    boundary_field,
    boundary_of,
    document_text,
    path_field,
    policy_field,
    rfc3339,
)
from sandbox.plugins.aws.tags import from_list, to_list
from sandbox.plugins.protocol.values import Properties


class IamRole(Kind):
    """An IAM role. Its deprecated arguments for attached and inline policies are not carried."""

    token: ClassVar = "aws:iam/role:Role"
    label: ClassVar = "IAM Role"
    tagged: ClassVar = True
    name_rule: ClassVar = NameRule(longest=64)
    fields: ClassVar = (
        Field("name", keeps=True, replaces=True),
        Field("namePrefix", keeps=True, replaces=True),
        path_field(replaces=True),
        policy_field("assumeRolePolicy"),
        Field("description"),
        Field("maxSessionDuration", "integer", default=3600),
        boundary_field(),
        Field("forceDetachPolicies", "boolean", default=False),
        *tag_fields(),
        Field("arn", computed=True),
        Field("createDate", computed=True),
        Field("managedPolicyArns", "array", computed=True),
        Field("uniqueId", computed=True),
    )

    @override
    def create(self, aws: Aws, inputs: Properties) -> Made:
        """Create the role with its tags and boundary."""
        name = inputs.get("name") or prefixed(inputs["namePrefix"])
        role = aws.iam.call(
            f"creating {self.label} ({name})",
            "create_role",
            RoleName=name,
            Path=inputs["path"],
            AssumeRolePolicyDocument=documents.normalized(inputs["assumeRolePolicy"]),
            Description=inputs.get("description"),
            MaxSessionDuration=inputs["maxSessionDuration"],
            PermissionsBoundary=inputs.get("permissionsBoundary"),
            Tags=to_list(inputs["tagsAll"]) or None,
        )["Role"]
        return Made(role["RoleName"], {"name": name, "arn": role["Arn"], "uniqueId": role["RoleId"]})

    @override
    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        """Look the role and its attached policies up."""
        doing = f"reading {self.label} ({resource_id})"
        answer = aws.iam.find(doing, "get_role", NO_SUCH_ENTITY, RoleName=resource_id)
        if answer is None:
            return None
        role = answer["Role"]
        trust = document_text(role["AssumeRolePolicyDocument"])
        return {
            "id": role["RoleName"],
            "name": role["RoleName"],
            "namePrefix": known.get("namePrefix", ""),
            "path": role["Path"],
            "assumeRolePolicy": documents.kept(known.get("assumeRolePolicy"), trust, documents.same_policy),
            "description": role.get("Description", ""),
            "maxSessionDuration": role.get("MaxSessionDuration", 3600),
            "permissionsBoundary": boundary_of(role),
            "forceDetachPolicies": known.get("forceDetachPolicies", False),
            "tagsAll": from_list(role.get("Tags")),
            "arn": role["Arn"],
            "createDate": rfc3339(role["CreateDate"]),
            "managedPolicyArns": sorted(self._attached(aws, doing, resource_id)),
            "uniqueId": role["RoleId"],
        }

    @override
    def update(
        self, aws: Aws, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        """Update what has changed, each by its own call."""
        doing = f"updating {self.label} ({resource_id})"
        if "assumeRolePolicy" in changed:
            document = documents.normalized(inputs["assumeRolePolicy"])
            aws.iam.call(
                f"{doing} assume role policy",
                "update_assume_role_policy",
                RoleName=resource_id,
                PolicyDocument=document,
            )
        if changed & {"description", "maxSessionDuration"}:
            aws.iam.call(
                doing,
                "update_role",
                RoleName=resource_id,
                Description=inputs.get("description", ""),
                MaxSessionDuration=inputs["maxSessionDuration"],
            )
        if "permissionsBoundary" in changed:
            boundary = inputs.get("permissionsBoundary")
            doing = f"{doing} permissions boundary"
            if boundary:
                aws.iam.call(doing, "put_role_permissions_boundary", RoleName=resource_id, PermissionsBoundary=boundary)
            else:
                aws.iam.call(doing, "delete_role_permissions_boundary", RoleName=resource_id)

    @override
    def tag(self, aws: Aws, state: Properties, tags: Mapping[str, str]) -> None:
        """Set tags."""
        name = state["name"]
        aws.iam.call(f"tagging {self.label} ({name})", "tag_role", RoleName=name, Tags=to_list(tags))

    @override
    def untag(self, aws: Aws, state: Properties, keys: Sequence[str]) -> None:
        """Remove tags."""
        name = state["name"]
        aws.iam.call(f"untagging {self.label} ({name})", "untag_role", RoleName=name, TagKeys=list(keys))

    @override
    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the role; with `forceDetachPolicies`, detach and delete its policies first."""
        doing = f"deleting {self.label} ({resource_id})"
        if aws.iam.find(doing, "get_role", NO_SUCH_ENTITY, RoleName=resource_id) is None:
            return
        if state.get("forceDetachPolicies"):
            for arn in self._attached(aws, doing, resource_id):
                aws.iam.find(doing, "detach_role_policy", NO_SUCH_ENTITY, RoleName=resource_id, PolicyArn=arn)
            for name in aws.iam.pages(doing, "list_role_policies", "PolicyNames", RoleName=resource_id):
                aws.iam.find(doing, "delete_role_policy", NO_SUCH_ENTITY, RoleName=resource_id, PolicyName=name)
        aws.iam.find(doing, "delete_role", NO_SUCH_ENTITY, RoleName=resource_id)

    def _attached(self, aws: Aws, doing: str, role: str) -> list[str]:
        attached = aws.iam.pages(doing, "list_attached_role_policies", "AttachedPolicies", RoleName=role)
        return [policy["PolicyArn"] for policy in attached]
