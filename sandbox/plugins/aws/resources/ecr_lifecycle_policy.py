"""`aws.ecr.LifecyclePolicy`."""

from typing import ClassVar

from typing_extensions import override

from sandbox.plugins.aws import documents
from sandbox.plugins.aws.fields import Field, region_field
from sandbox.plugins.aws.kind import Aws, Kind, Made
from sandbox.plugins.protocol.values import Properties

_MISSING = ("LifecyclePolicyNotFoundException", "RepositoryNotFoundException")


class EcrLifecyclePolicy(Kind):
    """The lifecycle policy of a repository, of which there is one; a change deletes it and makes another."""

    token: ClassVar = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
    label: ClassVar = "ECR Lifecycle Policy"
    regional: ClassVar = True
    # A new policy overwrites the old one, which deleting the old one afterwards would take away.
    delete_before_replace: ClassVar = True
    fields: ClassVar = (
        Field("repository", required=True, replaces=True),
        Field(
            "policy",
            required=True,
            replaces=True,
            problem=lambda text: None if documents.is_json(text) else "policy contains an invalid JSON",
            same=documents.same_lifecycle,
        ),
        region_field(),
        Field("registryId", computed=True),
    )

    @override
    def create(self, aws: Aws, inputs: Properties) -> Made:
        """Put the policy."""
        repository = inputs["repository"]
        answer = aws.api("ecr").call(
            f"creating {self.label} ({repository})",
            "put_lifecycle_policy",
            repositoryName=repository,
            lifecyclePolicyText=documents.normalized(inputs["policy"]),
        )
        return Made(answer["repositoryName"], {"registryId": answer["registryId"]})

    @override
    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        """Look the policy up; its repository's name is its id."""
        answer = aws.api("ecr").find(
            f"reading {self.label} ({resource_id})", "get_lifecycle_policy", _MISSING, repositoryName=resource_id
        )
        if answer is None:
            return None
        return {
            "id": answer["repositoryName"],
            "repository": answer["repositoryName"],
            "policy": documents.kept(known.get("policy"), answer["lifecyclePolicyText"], documents.same_lifecycle),
            "registryId": answer["registryId"],
        }

    @override
    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the policy."""
        aws.api("ecr").find(
            f"deleting {self.label} ({resource_id})", "delete_lifecycle_policy", _MISSING, repositoryName=resource_id
        )
