"""`aws.ecr.Repository`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from typing_extensions import override

from sandbox.plugins.aws.errors import AwsError
from sandbox.plugins.aws.fields import Field, region_field, tag_fields
from sandbox.plugins.aws.kind import Aws, Kind, Made
from sandbox.plugins.aws.naming import NameRule
from sandbox.plugins.aws.tags import from_list, to_list
from sandbox.plugins.protocol.values import Properties, Value

_MISSING = ("RepositoryNotFoundException",)
_MUTABILITIES = ("MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION")
_AES256 = "AES256"
_MOST_FILTERS = 5
_FILTER = re.compile(r"[a-zA-Z0-9._*-]{1,128}")


def _filters_problem(filters: list[dict[str, Any]]) -> str | None:
    if len(filters) > _MOST_FILTERS:
        return f"imageTagMutabilityExclusionFilters takes at most {_MOST_FILTERS} filters, got {len(filters)}"
    for entry in filters:
        text = entry.get("filter", "")
        if not _FILTER.fullmatch(text) or text.count("*") > 2:
            return f"filter ({text}) must have 1 to 128 characters of a-z A-Z 0-9 . _ * - and at most two wildcards"
        if entry.get("filterType") != "WILDCARD":
            return f"filterType of filter ({text}) must be WILDCARD"
    return None


def _encryption(configurations: Value) -> dict[str, str] | None:
    if not configurations:
        return None
    first = configurations[0]
    result = {"encryptionType": first.get("encryptionType") or _AES256}
    return {**result, "kmsKey": first["kmsKey"]} if first.get("kmsKey") else result


def _encryption_output(configuration: dict[str, str] | None) -> dict[str, str]:
    given = configuration or {}
    return {"encryptionType": given.get("encryptionType", _AES256), "kmsKey": given.get("kmsKey", "")}


def _same_encryption(old: Value, new: Value) -> bool:
    """Compare the type and, where the program names one, the key; AWS chooses a key when it does not."""
    was, wanted = _encryption(old) or {}, _encryption(new) or {}
    return all(was.get(name) == value for name, value in wanted.items())


class EcrRepository(Kind):
    """A private repository; its name and encryption are for life."""

    token: ClassVar = "aws:ecr/repository:Repository"
    label: ClassVar = "ECR Repository"
    regional: ClassVar = True
    tagged: ClassVar = True
    name_rule: ClassVar = NameRule(longest=256, transform=str.lower)
    fields: ClassVar = (
        Field("name", replaces=True),
        Field("imageTagMutability", default="MUTABLE", values=_MUTABILITIES),
        Field(
            "imageTagMutabilityExclusionFilters",
            "array",
            problem=_filters_problem,
            fields=(Field("filter", required=True), Field("filterType", required=True)),
        ),
        Field(
            "imageScanningConfiguration",
            "object",
            keeps=True,
            fields=(Field("scanOnPush", "boolean", required=True),),
        ),
        Field(
            "encryptionConfigurations",
            "array",
            keeps=True,
            replaces=True,
            same=_same_encryption,
            fields=(Field("encryptionType", values=(_AES256, "KMS", "KMS_DSSE")), Field("kmsKey")),
        ),
        Field("forceDelete", "boolean"),
        region_field(),
        *tag_fields(),
        Field("arn", computed=True),
        Field("registryId", computed=True),
        Field("repositoryUrl", computed=True),
    )

    @override
    def create(self, aws: Aws, inputs: Properties) -> Made:
        """Create the repository with its tags and settings."""
        name = inputs["name"]
        repository = aws.api("ecr").call(
            f"creating {self.label} ({name})",
            "create_repository",
            repositoryName=name,
            imageTagMutability=inputs["imageTagMutability"],
            imageTagMutabilityExclusionFilters=inputs.get("imageTagMutabilityExclusionFilters") or None,
            imageScanningConfiguration=inputs.get("imageScanningConfiguration"),
            encryptionConfiguration=_encryption(inputs.get("encryptionConfigurations")),
            tags=to_list(inputs["tagsAll"]) or None,
        )["repository"]
        return Made(repository["repositoryName"], {"arn": repository["repositoryArn"]})

    @override
    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        """Look the repository and its tags up."""
        doing = f"reading {self.label} ({resource_id})"
        ecr = aws.api("ecr")
        answer = ecr.find(doing, "describe_repositories", _MISSING, repositoryNames=[resource_id])
        if answer is None:
            return None
        repository = answer["repositories"][0]
        arn = repository["repositoryArn"]
        tags = ecr.find(doing, "list_tags_for_resource", _MISSING, resourceArn=arn)
        if tags is None:
            return None
        return {
            "id": repository["repositoryName"],
            "name": repository["repositoryName"],
            "imageTagMutability": repository["imageTagMutability"],
            "imageTagMutabilityExclusionFilters": repository.get("imageTagMutabilityExclusionFilters") or None,
            "imageScanningConfiguration": {
                "scanOnPush": repository.get("imageScanningConfiguration", {}).get("scanOnPush", False)
            },
            "encryptionConfigurations": [_encryption_output(repository.get("encryptionConfiguration"))],
            "forceDelete": known.get("forceDelete"),
            "tagsAll": from_list(tags["tags"]),
            "arn": arn,
            "registryId": repository["registryId"],
            "repositoryUrl": repository["repositoryUri"],
        }

    @override
    def update(
        self, aws: Aws, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        """Update mutability and scanning, each by its own call."""
        ecr = aws.api("ecr")
        if changed & {"imageTagMutability", "imageTagMutabilityExclusionFilters"}:
            ecr.call(
                f"updating {self.label} ({resource_id}): setting image tag mutability",
                "put_image_tag_mutability",
                repositoryName=resource_id,
                imageTagMutability=inputs["imageTagMutability"],
                imageTagMutabilityExclusionFilters=inputs.get("imageTagMutabilityExclusionFilters") or None,
            )
        if "imageScanningConfiguration" in changed:
            ecr.call(
                f"updating {self.label} ({resource_id}): setting image scanning configuration",
                "put_image_scanning_configuration",
                repositoryName=resource_id,
                imageScanningConfiguration=inputs["imageScanningConfiguration"],
            )

    @override
    def tag(self, aws: Aws, state: Properties, tags: Mapping[str, str]) -> None:
        """Set tags."""
        arn = state["arn"]
        aws.api("ecr").call(f"tagging {self.label} ({arn})", "tag_resource", resourceArn=arn, tags=to_list(tags))

    @override
    def untag(self, aws: Aws, state: Properties, keys: Sequence[str]) -> None:
        """Remove tags."""
        arn = state["arn"]
        aws.api("ecr").call(f"untagging {self.label} ({arn})", "untag_resource", resourceArn=arn, tagKeys=list(keys))

    @override
    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the repository; one with images only if `forceDelete` has been applied."""
        try:
            aws.api("ecr").find(
                f"deleting {self.label} ({resource_id})",
                "delete_repository",
                _MISSING,
                repositoryName=resource_id,
                force=bool(state.get("forceDelete")),
            )
        except AwsError as error:
            if error.code != "RepositoryNotEmptyException":
                raise
            raise AwsError(
                f"{self.label} ({resource_id}) not empty, consider using forceDelete: {error}",
                error.code,
                error.detail,
            ) from error
