"""`aws.iam.UserPolicyAttachment` and `aws.iam.RolePolicyAttachment`.

The official plugin makes up a random id; here the id is the one that an import takes, `<user or role>/<policy ARN>`.
"""

from abc import ABC
from typing import ClassVar

from typing_extensions import override

from sandbox.plugins.aws.errors import AwsError
from sandbox.plugins.aws.fields import Field
from sandbox.plugins.aws.kind import Aws, Kind, Made
from sandbox.plugins.aws.resources.iam import NO_SUCH_ENTITY, arn_problem
from sandbox.plugins.protocol.values import Properties

_POLICY_ARN = Field("policyArn", required=True, replaces=True, problem=arn_problem)


class _IamPolicyAttachment(Kind, ABC):
    """A managed policy attached to one user or role; any change makes another attachment."""

    holder: ClassVar[str]
    """The property that names the user or role."""
    argument: ClassVar[str]
    """The same in the API."""
    verb: ClassVar[str]
    """The middle of the API's operations: `user` in `attach_user_policy`."""

    @override
    def create(self, aws: Aws, inputs: Properties) -> Made:
        """Attach the policy; attaching it twice is no error to AWS."""
        holder, arn = inputs[self.holder], inputs["policyArn"]
        aws.iam.call(
            f"attaching IAM Policy ({arn}) to {self.label} ({holder})",
            f"attach_{self.verb}_policy",
            PolicyArn=arn,
            **{self.argument: holder},
        )
        return Made(f"{holder}/{arn}", {})

    @override
    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        """Look the policy up among those attached."""
        holder, arn = known.get(self.holder), known.get("policyArn")
        if not holder or not arn:
            holder, slash, arn = resource_id.partition("/")
            if not (holder and slash and arn):
                raise AwsError(f"unexpected format of ID ({resource_id}), expected <{self.holder}-name>/<policy_arn>")
        doing = f"reading {self.label} Policy Attachment ({holder}:{arn})"
        try:
            attached = aws.iam.pages(
                doing, f"list_attached_{self.verb}_policies", "AttachedPolicies", **{self.argument: holder}
            )
        except AwsError as error:
            if error.code in NO_SUCH_ENTITY:
                return None
            raise
        if all(policy["PolicyArn"] != arn for policy in attached):
            return None
        return {"id": f"{holder}/{arn}", self.holder: holder, "policyArn": arn}

    @override
    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Detach the policy."""
        holder, arn = state[self.holder], state["policyArn"]
        aws.iam.find(
            f"detaching IAM Policy ({arn}) from {self.label} ({holder})",
            f"detach_{self.verb}_policy",
            NO_SUCH_ENTITY,
            PolicyArn=arn,
            **{self.argument: holder},
        )


class IamUserPolicyAttachment(_IamPolicyAttachment):
    """A managed policy attached to a user."""

    token: ClassVar = "aws:iam/userPolicyAttachment:UserPolicyAttachment"
    label: ClassVar = "IAM User"
    holder: ClassVar = "user"
    argument: ClassVar = "UserName"
    verb: ClassVar = "user"
    fields: ClassVar = (Field("user", required=True, replaces=True), _POLICY_ARN)


class IamRolePolicyAttachment(_IamPolicyAttachment):
    """A managed policy attached to a role."""

    token: ClassVar = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    label: ClassVar = "IAM Role"
    holder: ClassVar = "role"
    argument: ClassVar = "RoleName"
    verb: ClassVar = "role"
    fields: ClassVar = (Field("role", required=True, replaces=True), _POLICY_ARN)
