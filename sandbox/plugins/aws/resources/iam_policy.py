"""`aws.iam.Policy`."""

import time
from collections.abc import Mapping, Sequence
from typing import ClassVar

from typing_extensions import override

from sandbox.plugins.aws import documents
from sandbox.plugins.aws.fields import Field, tag_fields
from sandbox.plugins.aws.kind import Aws, Kind, Made
from sandbox.plugins.aws.naming import NameRule, prefixed
from sandbox.plugins.aws.resources.iam import NO_SUCH_ENTITY, document_text, path_field, policy_field
from sandbox.plugins.aws.tags import from_list, to_list
from sandbox.plugins.protocol.values import Properties

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MOST_VERSIONS = 5


class IamPolicy(Kind):
    """A customer-managed policy; a new document becomes its new default version."""

    token: ClassVar = "aws:iam/policy:Policy"
    label: ClassVar = "IAM Policy"
    tagged: ClassVar = True
    name_rule: ClassVar = NameRule(longest=128)
    fields: ClassVar = (
        Field("name", keeps=True, replaces=True),
        Field("namePrefix", keeps=True, replaces=True),
        path_field(replaces=True),
        Field("description", replaces=True),
        policy_field("policy"),
        Field("delayAfterPolicyCreationInMs", "integer"),
        *tag_fields(),
        Field("arn", computed=True),
        Field("attachmentCount", "integer", computed=True),
        Field("policyId", computed=True),
    )

    @override
    def create(self, aws: Aws, inputs: Properties) -> Made:
        """Create the policy with its tags."""
        name = inputs.get("name") or prefixed(inputs["namePrefix"])
        policy = aws.iam.call(
            f"creating {self.label} ({name})",
            "create_policy",
            PolicyName=name,
            Path=inputs["path"],
            Description=inputs.get("description"),
            PolicyDocument=documents.normalized(inputs["policy"]),
            Tags=to_list(inputs["tagsAll"]) or None,
        )["Policy"]
        return Made(policy["Arn"], {"name": name, "arn": policy["Arn"], "policyId": policy["PolicyId"]})

    @override
    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        """Look the policy and its default version up."""
        doing = f"reading {self.label} ({resource_id})"
        answer = aws.iam.find(doing, "get_policy", NO_SUCH_ENTITY, PolicyArn=resource_id)
        if answer is None:
            return None
        policy = answer["Policy"]
        version = aws.iam.find(
            doing,
            "get_policy_version",
            NO_SUCH_ENTITY,
            PolicyArn=resource_id,
            VersionId=policy["DefaultVersionId"],
        )
        if version is None:
            return None
        live = document_text(version["PolicyVersion"]["Document"])
        return {
            "id": policy["Arn"],
            "name": policy["PolicyName"],
            "namePrefix": known.get("namePrefix", ""),
            "path": policy["Path"],
            "description": policy.get("Description", ""),
            "policy": documents.kept(known.get("policy"), live, documents.same_policy),
            "delayAfterPolicyCreationInMs": known.get("delayAfterPolicyCreationInMs"),
            "tagsAll": from_list(policy.get("Tags")),
            "arn": policy["Arn"],
            "attachmentCount": policy["AttachmentCount"],
            "policyId": policy["PolicyId"],
        }

    @override
    def update(
        self, aws: Aws, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        """Make the new document the default version, after making room for it."""
        if "policy" not in changed:
            return
        self._prune(aws, resource_id)
        delay = inputs.get("delayAfterPolicyCreationInMs") or 0
        doing = f"updating {self.label} ({resource_id})"
        version = aws.iam.call(
            doing,
            "create_policy_version",
            PolicyArn=resource_id,
            PolicyDocument=documents.normalized(inputs["policy"]),
            SetAsDefault=not delay,
        )["PolicyVersion"]
        if delay:
            time.sleep(delay / 1000)
            aws.iam.call(doing, "set_default_policy_version", PolicyArn=resource_id, VersionId=version["VersionId"])

    @override
    def tag(self, aws: Aws, state: Properties, tags: Mapping[str, str]) -> None:
        """Set tags."""
        arn = state["arn"]
        aws.iam.call(f"tagging {self.label} ({arn})", "tag_policy", PolicyArn=arn, Tags=to_list(tags))

    @override
    def untag(self, aws: Aws, state: Properties, keys: Sequence[str]) -> None:
        """Remove tags."""
        arn = state["arn"]
        aws.iam.call(f"untagging {self.label} ({arn})", "untag_policy", PolicyArn=arn, TagKeys=list(keys))

    @override
    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the policy's other versions, then the policy."""
        doing = f"deleting {self.label} ({resource_id})"
        if aws.iam.find(doing, "get_policy", NO_SUCH_ENTITY, PolicyArn=resource_id) is None:
            return
        for version in aws.iam.pages(doing, "list_policy_versions", "Versions", PolicyArn=resource_id):
            if not version["IsDefaultVersion"]:
                self._delete_version(aws, resource_id, version["VersionId"])
        aws.iam.find(doing, "delete_policy", NO_SUCH_ENTITY, PolicyArn=resource_id)

    def _prune(self, aws: Aws, arn: str) -> None:
        """Delete the oldest version that is not the default, when there is no room for another."""
        versions = aws.iam.pages(
            f"reading {self.label} ({arn}) versions", "list_policy_versions", "Versions", PolicyArn=arn
        )
        spare = sorted(
            (version for version in versions if not version["IsDefaultVersion"]),
            key=lambda version: version["CreateDate"],
        )
        if len(versions) >= _MOST_VERSIONS and spare:
            self._delete_version(aws, arn, spare[0]["VersionId"])

    def _delete_version(self, aws: Aws, arn: str, version: str) -> None:
        aws.iam.find(
            f"deleting {self.label} ({arn}) version ({version})",
            "delete_policy_version",
            NO_SUCH_ENTITY,
            PolicyArn=arn,
            VersionId=version,
        )
