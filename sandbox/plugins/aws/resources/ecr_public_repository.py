"""`aws.ecrpublic.Repository`."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from typing_extensions import override

from sandbox.plugins.aws.errors import AwsError
from sandbox.plugins.aws.fields import Field, region_field, tag_fields
from sandbox.plugins.aws.kind import Aws, Kind, Made
from sandbox.plugins.aws.tags import from_list, to_list
from sandbox.plugins.protocol.values import Properties, Value

_SERVICE = "ecr-public"
_MISSING = ("RepositoryNotFoundException",)
_SETS = ("architectures", "operatingSystems")
_TEXTS = ("aboutText", "description", "usageText")


def _name_problem(name: str) -> str | None:
    # https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_CreateRepository.html
    return (
        None if 2 <= len(name) <= 205 else f"expected length of repositoryName to be in the range (2 - 205), got {name}"
    )


def _catalog_problem(data: dict[str, Any]) -> str | None:
    try:
        base64.b64decode(data.get("logoImageBlob") or "", validate=True)
    except (binascii.Error, ValueError):
        return "catalogData.logoImageBlob is not base64"
    return None


def _catalog(data: Value) -> dict[str, Value]:
    """Reduce catalogue data to what is set; architectures and operating systems are sets."""
    result = {name: value for name, value in data.items() if value and not name.startswith("__")}
    return {name: sorted(value) if name in _SETS else value for name, value in result.items()}


def _request(data: dict[str, Any]) -> dict[str, Any]:
    given = _catalog(data)
    if "logoImageBlob" in given:
        given["logoImageBlob"] = base64.b64decode(given["logoImageBlob"])
    return given


def _output(live: dict[str, Any], known: Value) -> dict[str, Any] | None:
    """Turn AWS's catalogue data into the output; it has a link where the logo was, so the known logo stays."""
    result = {name: live[name] for name in (*_TEXTS, *_SETS) if live.get(name)}
    if known and known.get("logoImageBlob"):
        result["logoImageBlob"] = known["logoImageBlob"]
    if known and _catalog(known) == _catalog(result):
        return dict(known)
    return result or None


class EcrPublicRepository(Kind):
    """A public repository. The service answers in us-east-1 only: give `region`, or a provider there."""

    token: ClassVar = "aws:ecrpublic/repository:Repository"
    label: ClassVar = "ECR Public Repository"
    regional: ClassVar = True
    tagged: ClassVar = True
    fields: ClassVar = (
        Field("repositoryName", required=True, replaces=True, problem=_name_problem),
        Field(
            "catalogData",
            "object",
            keeps=True,
            problem=_catalog_problem,
            same=lambda old, new: _catalog(old) == _catalog(new),
            fields=(
                Field("aboutText"),
                Field("architectures", "array"),
                Field("description"),
                Field("logoImageBlob"),
                Field("operatingSystems", "array"),
                Field("usageText"),
            ),
        ),
        Field("forceDestroy", "boolean", default=False),
        region_field(),
        *tag_fields(),
        Field("arn", computed=True),
        Field("registryId", computed=True),
        Field("repositoryUri", computed=True),
    )

    @override
    def create(self, aws: Aws, inputs: Properties) -> Made:
        """Create the repository with its tags and catalogue data."""
        name = inputs["repositoryName"]
        repository = aws.api(_SERVICE).call(
            f"creating {self.label} ({name})",
            "create_repository",
            repositoryName=name,
            catalogData=_request(inputs["catalogData"]) if inputs.get("catalogData") else None,
            tags=to_list(inputs["tagsAll"]) or None,
        )["repository"]
        return Made(repository["repositoryName"], {"arn": repository["repositoryArn"]})

    @override
    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        """Look the repository, its catalogue data and its tags up."""
        doing = f"reading {self.label} ({resource_id})"
        api = aws.api(_SERVICE)
        answer = api.find(doing, "describe_repositories", _MISSING, repositoryNames=[resource_id])
        if answer is None:
            return None
        repository = answer["repositories"][0]
        arn = repository["repositoryArn"]
        catalog = api.call(doing, "get_repository_catalog_data", repositoryName=resource_id)["catalogData"]
        tags = api.call(doing, "list_tags_for_resource", resourceArn=arn)["tags"]
        return {
            "id": resource_id,
            "repositoryName": resource_id,
            "catalogData": _output(catalog, known.get("catalogData")),
            "forceDestroy": known.get("forceDestroy", False),
            "tagsAll": from_list(tags),
            "arn": arn,
            "registryId": repository["registryId"],
            "repositoryUri": repository["repositoryUri"],
        }

    @override
    def update(
        self, aws: Aws, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        """Replace the catalogue data; it cannot be taken away."""
        if "catalogData" in changed and inputs.get("catalogData"):
            aws.api(_SERVICE).call(
                f"updating {self.label} ({resource_id}) catalog data",
                "put_repository_catalog_data",
                repositoryName=resource_id,
                catalogData=_request(inputs["catalogData"]),
            )

    @override
    def tag(self, aws: Aws, state: Properties, tags: Mapping[str, str]) -> None:
        """Set tags."""
        arn = state["arn"]
        aws.api(_SERVICE).call(f"tagging {self.label} ({arn})", "tag_resource", resourceArn=arn, tags=to_list(tags))

    @override
    def untag(self, aws: Aws, state: Properties, keys: Sequence[str]) -> None:
        """Remove tags."""
        arn = state["arn"]
        aws.api(_SERVICE).call(f"untagging {self.label} ({arn})", "untag_resource", resourceArn=arn, tagKeys=list(keys))

    @override
    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the repository; one with images only if `forceDestroy` has been applied."""
        try:
            aws.api(_SERVICE).find(
                f"deleting {self.label} ({resource_id})",
                "delete_repository",
                _MISSING,
                repositoryName=resource_id,
                force=bool(state.get("forceDestroy")),
            )
        except AwsError as error:
            if error.code != "RepositoryNotEmptyException":
                raise
            raise AwsError(
                f"{self.label} ({resource_id}) not empty, consider using forceDestroy: {error}",
                error.code,
                error.detail,
            ) from error
