"""ECR Public, which moto lacks: the API of `SpencerFrontendService` (ECR Public API reference), in us-east-1 only."""

import re
from typing import Any

from moto.core.responses import ActionResult, EmptyResult

from sandbox.aws.account import ACCOUNT_ID, GLOBAL_REGION, PARTITION, PUBLIC_REGISTRY_ALIAS
from sandbox.aws.ecr_public_registry import PublicImage, PublicRegistry, PublicRepository
from sandbox.aws.errors import OperationError
from sandbox.aws.http_messages import HttpResponse
from sandbox.aws.image_repositories import PublicImages, image_size
from sandbox.aws.moto_service import MotoService, Visit
from sandbox.aws.paging import page
from sandbox.aws.tokens import LIFETIME, TokenClaims

_NAME = re.compile(r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*")
_LONGEST_NAME = 205
_CATALOG_TEXT = {"description": 1024, "aboutText": 25600, "usageText": 25600}
_CATALOG_LISTS = ("architectures", "operatingSystems")
_MOST_TAGS = 50


class EcrPublicService(MotoService):
    """The public registry's API."""

    def __init__(self) -> None:
        super().__init__(service_name="ecr-public")

    def respond(self, visit: Visit) -> HttpResponse:
        """Carries out one call; other regions have no such endpoint."""
        if visit.call.region != GLOBAL_REGION:
            raise EndpointMissingError(visit.call.region)
        return super().respond(visit)

    @property
    def registry(self) -> PublicRegistry:
        """The account's public registry."""
        return self.visit.cloud.public_registry

    def get_authorization_token(self) -> ActionResult:
        """A password for `docker login public.ecr.aws`."""
        expires = self.visit.cloud.clock() + LIFETIME
        token = self.visit.cloud.tokens.issue(
            TokenClaims("ecr-public", GLOBAL_REGION, self.caller.arn, self.key_id, int(expires.timestamp()))
        )
        return ActionResult({"authorizationData": {"authorizationToken": token, "expiresAt": expires}})

    def describe_registries(self) -> ActionResult:
        """The one registry and its alias."""
        alias = {
            "name": PUBLIC_REGISTRY_ALIAS,
            "status": "ACTIVE",
            "primaryRegistryAlias": True,
            "defaultRegistryAlias": True,
        }
        registry = {
            "registryId": ACCOUNT_ID,
            "registryArn": f"arn:{PARTITION}:ecr-public::{ACCOUNT_ID}:registry/{ACCOUNT_ID}",
            "registryUri": f"public.ecr.aws/{PUBLIC_REGISTRY_ALIAS}",
            "verified": False,
            "aliases": [alias],
        }
        return ActionResult({"registries": [registry]})

    def get_registry_catalog_data(self) -> ActionResult:
        """The registry's name in the gallery."""
        return ActionResult({"registryCatalogData": {"displayName": self.registry.display_name}})

    def put_registry_catalog_data(self) -> ActionResult:
        """Names the registry in the gallery."""
        self.registry.display_name = self._get_param("displayName", "")
        return self.get_registry_catalog_data()

    def create_repository(self) -> ActionResult:
        """Makes a repository."""
        name = self._get_param("repositoryName")
        if not 2 <= len(name) <= _LONGEST_NAME or _NAME.fullmatch(name) is None:
            raise _invalid("repositoryName", f"must satisfy regular expression '{_NAME.pattern}'")
        if name in self.registry.repositories:
            raise OperationError(
                "RepositoryAlreadyExistsException",
                f"The repository with name '{name}' already exists in the registry with id '{ACCOUNT_ID}'",
            )
        repository = PublicRepository(name, self.visit.cloud.clock())
        given = self._get_param("catalogData")
        if given:
            repository.catalog = _catalog(given, name)
        _add_tags(repository, self._get_param("tags", []))
        self.registry.repositories[name] = repository
        result: dict[str, Any] = {"repository": _describe(repository)}
        return ActionResult(result | ({"catalogData": repository.catalog} if given else {}))

    def describe_repositories(self) -> ActionResult:
        """Repositories by name, or all in pages."""
        names = self._get_param("repositoryNames")
        if names:
            return ActionResult({"repositories": [_describe(self._repository(name)) for name in names]})
        found, more = page(
            list(self.registry.repositories.values()), self._get_param("maxResults"), self._get_param("nextToken")
        )
        return ActionResult({"repositories": [_describe(item) for item in found], "nextToken": more})

    def delete_repository(self) -> ActionResult:
        """Deletes a repository; one with images only by force."""
        repository = self._named()
        if repository.images and not self._get_param("force", False):  # noqa: FBT003 - moto's signature
            raise OperationError(
                "RepositoryNotEmptyException",
                f"The repository with name '{repository.name}' in registry with id '{ACCOUNT_ID}' "
                "cannot be deleted because it still contains images",
            )
        del self.registry.repositories[repository.name]
        return ActionResult({"repository": _describe(repository)})

    def get_repository_catalog_data(self) -> ActionResult:
        """What the gallery shows of a repository.

        Nothing, where nothing was given: the Terraform AWS provider reads it of every repository and takes any error
        for a failure.
        """
        return ActionResult({"catalogData": self._named().catalog or {}})

    def put_repository_catalog_data(self) -> ActionResult:
        """Replaces what the gallery shows of a repository."""
        repository = self._named()
        repository.catalog = _catalog(self._get_param("catalogData"), repository.name)
        return ActionResult({"catalogData": repository.catalog})

    def tag_resource(self) -> ActionResult:
        """Adds or changes tags."""
        _add_tags(self._by_arn(), self._get_param("tags", []))
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        """Removes tags."""
        repository = self._by_arn()
        for key in self._get_param("tagKeys", []):
            repository.tags.pop(key, None)
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        """Lists tags."""
        tags = [{"Key": key, "Value": value} for key, value in self._by_arn().tags.items()]
        return ActionResult({"tags": tags})

    def set_repository_policy(self) -> ActionResult:
        """Sets the repository policy."""
        repository = self._named()
        repository.policy = self._get_param("policyText")
        return ActionResult(_policy(repository))

    def get_repository_policy(self) -> ActionResult:
        """Reads the repository policy."""
        return ActionResult(_policy(self._named()))

    def delete_repository_policy(self) -> ActionResult:
        """Removes the repository policy."""
        repository = self._named()
        result = _policy(repository)
        repository.policy = None
        return ActionResult(result)

    def put_image(self) -> ActionResult:
        """Stores a manifest and moves a tag to it. Layers are not asked for."""
        repository, tag = self._named(), self._get_param("imageTag")
        images = PublicImages(repository, self.visit.cloud.clock())
        stored = images.put(
            self._get_param("imageManifest"),
            self._get_param("imageManifestMediaType"),
            tag,
            self._get_param("imageDigest"),
        )
        return ActionResult({"image": _image(repository, stored, tag)})

    def describe_images(self) -> ActionResult:
        """Details of images, by tag or digest, or of all in pages."""
        repository = self._named()
        wanted = self._get_param("imageIds")
        if wanted:
            return ActionResult({"imageDetails": [self._detail(repository, image_id) for image_id in wanted]})
        found, more = page(repository.images, self._get_param("maxResults"), self._get_param("nextToken"))
        return ActionResult({"imageDetails": [_details(repository, item) for item in found], "nextToken": more})

    def describe_image_tags(self) -> ActionResult:
        """All tags, with the image each points to."""
        repository = self._named()
        tags = [
            {"imageTag": tag, "createdAt": image.pushed_at, "imageDetail": _details(repository, image)}
            for image in repository.images
            for tag in image.image_tags
        ]
        found, more = page(tags, self._get_param("maxResults"), self._get_param("nextToken"))
        return ActionResult({"imageTagDetails": found, "nextToken": more})

    def batch_delete_image(self) -> ActionResult:
        """Removes images by digest, or single tags."""
        repository = self._named()
        deleted, failures = [], []
        for image_id in self._get_param("imageIds"):
            image = repository.find_image(image_id)
            if image is None or not image_id:
                failures.append(
                    {
                        "imageId": image_id,
                        "failureCode": "ImageNotFound",
                        "failureReason": "Requested image not found",
                    }
                )
                continue
            deleted.append({"imageDigest": image.image_digest} | image_id)
            if "imageTag" in image_id:
                image.image_tags.remove(image_id["imageTag"])
            if not image.image_tags or "imageTag" not in image_id:
                repository.images.remove(image)
        return ActionResult({"imageIds": deleted, "failures": failures})

    def _named(self) -> PublicRepository:
        return self._repository(self._get_param("repositoryName"))

    def _by_arn(self) -> PublicRepository:
        arn = self._get_param("resourceArn")
        prefix = f"arn:{PARTITION}:ecr-public::{ACCOUNT_ID}:repository/"
        if not arn.startswith(prefix):
            raise _invalid("resourceArn", "Invalid ARN")
        return self._repository(arn.removeprefix(prefix))

    def _repository(self, name: str) -> PublicRepository:
        repository = self.registry.repositories.get(name)
        if repository is None:
            raise OperationError(
                "RepositoryNotFoundException",
                f"The repository with name '{name}' does not exist in the registry with id '{ACCOUNT_ID}'",
            )
        return repository

    @staticmethod
    def _detail(repository: PublicRepository, image_id: dict[str, str]) -> dict[str, Any]:
        image = repository.find_image(image_id)
        if image is None:
            digest, tag = image_id.get("imageDigest", "null"), image_id.get("imageTag", "null")
            raise OperationError(
                "ImageNotFoundException",
                f"The image with imageId {{imageDigest:'{digest}', imageTag:'{tag}'}} does not exist within "
                f"the repository with name '{repository.name}' in the registry with id '{ACCOUNT_ID}'",
            )
        return _details(repository, image)


class EndpointMissingError(Exception):
    """ECR Public was asked for in a region where it has no endpoint.

    Attributes:
        region: That region.
    """

    def __init__(self, region: str) -> None:
        super().__init__(
            f"ECR Public has no endpoint in {region}: api.ecr-public.{region}.amazonaws.com does not exist. "
            f"Use region {GLOBAL_REGION}."
        )
        self.region = region


def _describe(repository: PublicRepository) -> dict[str, Any]:
    return {
        "repositoryArn": repository.arn,
        "registryId": ACCOUNT_ID,
        "repositoryName": repository.name,
        "repositoryUri": repository.uri,
        "createdAt": repository.created_at,
    }


def _details(repository: PublicRepository, image: PublicImage) -> dict[str, Any]:
    details = {
        "registryId": ACCOUNT_ID,
        "repositoryName": repository.name,
        "imageDigest": image.image_digest,
        "imageSizeInBytes": image_size(repository.images, image),
        "imagePushedAt": image.pushed_at,
        "imageManifestMediaType": image.image_manifest_media_type,
    }
    return details | ({"imageTags": list(image.image_tags)} if image.image_tags else {})


def _image(repository: PublicRepository, image: PublicImage, tag: str | None) -> dict[str, Any]:
    image_id = {"imageDigest": image.image_digest} | ({"imageTag": tag} if tag is not None else {})
    return {
        "registryId": ACCOUNT_ID,
        "repositoryName": repository.name,
        "imageId": image_id,
        "imageManifest": image.image_manifest,
        "imageManifestMediaType": image.image_manifest_media_type,
    }


def _policy(repository: PublicRepository) -> dict[str, str]:
    if repository.policy is None:
        raise OperationError(
            "RepositoryPolicyNotFoundException",
            f"Repository policy does not exist for the repository with name '{repository.name}' "
            f"in the registry with id '{ACCOUNT_ID}'",
        )
    return {"registryId": ACCOUNT_ID, "repositoryName": repository.name, "policyText": repository.policy}


def _catalog(given: dict[str, Any], name: str) -> dict[str, Any]:
    for field, longest in _CATALOG_TEXT.items():
        if len(given.get(field, "")) > longest:
            raise _invalid(field, f"must have length less than or equal to {longest}")
    catalog = {field: given[field] for field in (*_CATALOG_TEXT, *_CATALOG_LISTS) if field in given}
    if given.get("logoImageBlob"):
        # The API takes a picture and gives back an address.
        catalog["logoUrl"] = f"https://public-ecr-logo.invalid/{ACCOUNT_ID}/{name}"
    return catalog


def _add_tags(repository: PublicRepository, tags: list[dict[str, str]]) -> None:
    merged = repository.tags | {tag["Key"]: tag.get("Value", "") for tag in tags}
    if len(merged) > _MOST_TAGS:
        raise OperationError("TooManyTagsException", f"A repository can have up to {_MOST_TAGS} tags.")
    repository.tags = merged


def _invalid(parameter: str, constraint: str) -> OperationError:
    return OperationError(
        "InvalidParameterException",
        f"Invalid parameter at '{parameter}' failed to satisfy constraint: '{constraint}'",
    )
