"""`aws.iam.User`."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from typing_extensions import override

from sandbox.plugins.aws.fields import Field, tag_fields
from sandbox.plugins.aws.kind import Aws, Kind, Made
from sandbox.plugins.aws.naming import NameRule
from sandbox.plugins.aws.resources.iam import NO_SUCH_ENTITY, boundary_field, boundary_of, path_field
from sandbox.plugins.aws.tags import from_list, to_list
from sandbox.plugins.protocol.values import Properties


class IamUser(Kind):
    """An IAM user; renamed and moved in place."""

    token: ClassVar = "aws:iam/user:User"
    label: ClassVar = "IAM User"
    tagged: ClassVar = True
    name_rule: ClassVar = NameRule(longest=64)
    fields: ClassVar = (
        Field("name"),
        path_field(replaces=False),
        boundary_field(),
        Field("forceDestroy", "boolean", default=False),
        *tag_fields(),
        Field("arn", computed=True),
        Field("uniqueId", computed=True),
    )

    @override
    def create(self, aws: Aws, inputs: Properties) -> Made:
        """Create the user with its tags and boundary."""
        name = inputs["name"]
        user = aws.iam.call(
            f"creating {self.label} ({name})",
            "create_user",
            UserName=name,
            Path=inputs["path"],
            PermissionsBoundary=inputs.get("permissionsBoundary"),
            Tags=to_list(inputs["tagsAll"]) or None,
        )["User"]
        return Made(user["UserName"], {"arn": user["Arn"], "uniqueId": user["UserId"]})

    @override
    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        """Look the user up by its name, which a rename makes another than the id in the engine's state."""
        name = known.get("name") or resource_id
        answer = aws.iam.find(f"reading {self.label} ({name})", "get_user", NO_SUCH_ENTITY, UserName=name)
        if answer is None:
            return None
        user = answer["User"]
        return {
            "id": user["UserName"],
            "name": user["UserName"],
            "path": user["Path"],
            "permissionsBoundary": boundary_of(user),
            "forceDestroy": known.get("forceDestroy", False),
            "tagsAll": from_list(user.get("Tags")),
            "arn": user["Arn"],
            "uniqueId": user["UserId"],
        }

    @override
    def update(
        self, aws: Aws, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        """Rename or move the user, then set or take away its boundary."""
        name = state.get("name") or resource_id
        if changed & {"name", "path"}:
            aws.iam.call(
                f"updating {self.label} ({name})",
                "update_user",
                UserName=name,
                NewUserName=inputs["name"],
                NewPath=inputs["path"],
            )
            name = inputs["name"]
        if "permissionsBoundary" in changed:
            doing = f"updating {self.label} ({name}) permissions boundary"
            boundary = inputs.get("permissionsBoundary")
            if boundary:
                aws.iam.call(doing, "put_user_permissions_boundary", UserName=name, PermissionsBoundary=boundary)
            else:
                aws.iam.call(doing, "delete_user_permissions_boundary", UserName=name)

    @override
    def tag(self, aws: Aws, state: Properties, tags: Mapping[str, str]) -> None:
        """Set tags."""
        name = state["name"]
        aws.iam.call(f"tagging {self.label} ({name})", "tag_user", UserName=name, Tags=to_list(tags))

    @override
    def untag(self, aws: Aws, state: Properties, keys: Sequence[str]) -> None:
        """Remove tags."""
        name = state["name"]
        aws.iam.call(f"untagging {self.label} ({name})", "untag_user", UserName=name, TagKeys=list(keys))

    @override
    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the user after leaving its groups; with `forceDestroy`, its keys and password too."""
        name = state.get("name") or resource_id
        doing = f"deleting {self.label} ({name})"
        missing = aws.iam.find(doing, "get_user", NO_SUCH_ENTITY, UserName=name) is None
        if missing:
            return
        for group in aws.iam.pages(doing, "list_groups_for_user", "Groups", UserName=name):
            aws.iam.find(doing, "remove_user_from_group", NO_SUCH_ENTITY, UserName=name, GroupName=group["GroupName"])
        if state.get("forceDestroy"):
            for key in aws.iam.pages(doing, "list_access_keys", "AccessKeyMetadata", UserName=name):
                key_id = key["AccessKeyId"]
                aws.iam.find(doing, "delete_access_key", NO_SUCH_ENTITY, UserName=name, AccessKeyId=key_id)
            aws.iam.find(doing, "delete_login_profile", NO_SUCH_ENTITY, UserName=name)
        aws.iam.find(doing, "delete_user", NO_SUCH_ENTITY, UserName=name)
