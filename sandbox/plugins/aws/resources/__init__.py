"""The resource types that the stand-in carries."""

from collections.abc import Mapping

from sandbox.plugins.aws.kind import Kind
from sandbox.plugins.aws.resources.ecr_lifecycle_policy import EcrLifecyclePolicy
from sandbox.plugins.aws.resources.ecr_public_repository import EcrPublicRepository
from sandbox.plugins.aws.resources.ecr_repository import EcrRepository
from sandbox.plugins.aws.resources.iam_access_key import IamAccessKey
from sandbox.plugins.aws.resources.iam_attachments import IamRolePolicyAttachment, IamUserPolicyAttachment
from sandbox.plugins.aws.resources.iam_policy import IamPolicy
from sandbox.plugins.aws.resources.iam_role import IamRole
from sandbox.plugins.aws.resources.iam_user import IamUser

KINDS: Mapping[str, Kind] = {
    kind.token: kind
    for kind in (
        EcrLifecyclePolicy(),
        EcrPublicRepository(),
        EcrRepository(),
        IamAccessKey(),
        IamPolicy(),
        IamRole(),
        IamRolePolicyAttachment(),
        IamUser(),
        IamUserPolicyAttachment(),
    )
}
"""Every kind by its type token."""
