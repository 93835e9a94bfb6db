"""What a push and a pull need of a repository, for both kinds of ECR: its images, its tags and which layers it has.

The operations of the ECR API and the registry's own API work on these, and so on the same images. Errors are those of
the ECR API reference.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from moto.ecr.models import Image, Repository

from sandbox.aws.account import ACCOUNT_ID
from sandbox.aws.ecr_public_registry import PublicImage, PublicRepository
from sandbox.aws.errors import OperationError
from sandbox.aws.manifests import InvalidManifestError, Manifest, read_manifest
from sandbox.aws.policy_document import matches_glob

_PUBLIC_MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v2+json"


class StoredImage(Protocol):
    """An image as both kinds keep it."""

    @property
    def image_digest(self) -> str:
        """Digest of its manifest."""

    @property
    def image_manifest(self) -> str:
        """Exact text of its manifest."""

    @property
    def image_manifest_media_type(self) -> str | None:
        """Type of its manifest."""

    @property
    def image_tags(self) -> list[str]:
        """Names that point to it."""


class ImageRepository(Protocol):
    """A repository as a push and a pull see it."""

    @property
    def name(self) -> str:
        """Its name, without the alias of a public registry."""

    @property
    def images(self) -> Sequence[StoredImage]:
        """All its images."""

    @property
    def layers(self) -> dict[str, int]:
        """Size in bytes of each layer it has, by digest."""

    def put(self, text: str, media_type: str | None, tag: str | None, digest: str | None = None) -> StoredImage:
        """Stores a manifest and moves a tag to it.

        Args:
            text: The manifest.
            media_type: Its type; None reads it in the manifest.
            tag: Name that shall point to it.
            digest: Digest that the client expects.

        Raises:
            OperationError: It is no manifest, it is there already, or its tag may not move.
        """


AnyImage = TypeVar("AnyImage", bound=StoredImage)


def find_image(name: str, images: Sequence[AnyImage], image_id: Mapping[str, str]) -> AnyImage:
    """The image with the given tag, digest, or both.

    Args:
        name: Name of the repository.
        images: Its images.
        image_id: `imageTag`, `imageDigest`, or both.

    Raises:
        OperationError: There is none.
    """
    tag, digest = image_id.get("imageTag"), image_id.get("imageDigest")
    for image in images:
        if (tag is None or tag in image.image_tags) and (digest is None or digest == image.image_digest):
            return image
    raise OperationError(
        "ImageNotFoundException",
        f"The image with imageId {{imageDigest:'{digest or 'null'}', imageTag:'{tag or 'null'}'}} does not exist "
        f"within the repository with name '{name}' in the registry with id '{ACCOUNT_ID}'",
    )


def check_parts(repository: ImageRepository, text: str) -> None:
    """Refuses a manifest whose layers or images are not in its repository.

    Args:
        repository: Where it shall go.
        text: The manifest.

    Raises:
        OperationError: It is no manifest, or something it names is missing.
    """
    manifest = _read(text)
    if missing := [digest for digest in manifest.layers if digest not in repository.layers]:
        raise OperationError(
            "LayersNotFoundException",
            f"Layers with digests '{missing}' required for pushing image into repository with name "
            f"'{repository.name}' in the registry with id '{ACCOUNT_ID}' do not exist",
        )
    known = {image.image_digest for image in repository.images}
    if missing := [digest for digest in manifest.images if digest not in known]:
        raise OperationError(
            "ReferencedImagesNotFoundException",
            f"Images with digests '{missing}' required for pushing image into repository with name "
            f"'{repository.name}' in the registry with id '{ACCOUNT_ID}' do not exist",
        )


def check_layer_is_served(repository: ImageRepository, digest: str) -> None:
    """Refuses to hand out a layer that no image has, as ECR does.

    Args:
        repository: The layer's repository.
        digest: The layer.

    Raises:
        OperationError: The repository has no such layer, or none of its images has.
    """
    if digest not in repository.layers:
        raise OperationError(
            "LayersNotFoundException",
            f"The layer with digest '{digest}' does not exist in the repository with name "
            f"'{repository.name}' in the registry with id '{ACCOUNT_ID}'",
        )
    if not any(digest in read_manifest(image.image_manifest).layers for image in repository.images):
        raise OperationError(
            "LayerInaccessibleException",
            f"Layer '{digest}' is not accessible because it is not associated with an image of the repository "
            f"with name '{repository.name}' in the registry with id '{ACCOUNT_ID}'",
        )


def image_size(images: Sequence[StoredImage], image: StoredImage) -> int:
    """Bytes of an image; of the largest listed one for an index (`ImageDetail`, ECR API reference).

    Args:
        images: All images of the repository.
        image: The image.
    """
    manifest = read_manifest(image.image_manifest)
    listed = [other for other in images if other.image_digest in manifest.images]
    sizes = [read_manifest(other.image_manifest).size for other in listed]
    return max(sizes, default=manifest.size)


class PrivateImages:
    """A private repository, kept by moto."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    @property
    def name(self) -> str:
        """See `ImageRepository`."""
        return self._repository.name

    @property
    def images(self) -> Sequence[Image]:
        """See `ImageRepository`."""
        return self._repository.images

    @property
    def layers(self) -> dict[str, int]:
        """See `ImageRepository`."""
        return self._repository.layers

    def put(self, text: str, media_type: str | None, tag: str | None, digest: str | None = None) -> Image:
        """See `ImageRepository`."""
        repository, manifest = self._repository, _read(text)
        _check_digest(manifest, digest)
        media_type = media_type or manifest.media_type
        if not media_type:
            raise _invalid_manifest("image manifest mediatype not provided in manifest or parameter")
        stored = next((image for image in repository.images if image.image_digest == manifest.digest), None)
        if stored is not None and (tag is None or tag in stored.image_tags):
            raise _already_exists(self, manifest, tag)
        holder = next((image for image in repository.images if tag and tag in image.image_tags), None)
        if holder is not None and tag is not None:
            if tag_is_immutable(repository, tag):
                raise OperationError(
                    "ImageTagAlreadyExistsException",
                    f"The image tag '{tag}' already exists in the '{repository.name}' repository and cannot be "
                    "overwritten because the tag is immutable.",
                )
            holder.image_tags.remove(tag)
        if stored is None:
            stored = Image(ACCOUNT_ID, tag, text, repository.name, media_type, manifest.digest)  # type: ignore[arg-type] # moto takes untagged images
            repository.images.append(stored)
        elif tag is not None:
            stored.update_tag(tag)
        return stored


class PublicImages:
    """A public repository.

    Args:
        repository: The repository.
        now: When an image that is put comes.
    """

    def __init__(self, repository: PublicRepository, now: dt.datetime) -> None:
        self._repository = repository
        self._now = now

    @property
    def name(self) -> str:
        """See `ImageRepository`."""
        return self._repository.name

    @property
    def images(self) -> Sequence[PublicImage]:
        """See `ImageRepository`."""
        return self._repository.images

    @property
    def layers(self) -> dict[str, int]:
        """See `ImageRepository`."""
        return self._repository.layers

    def put(self, text: str, media_type: str | None, tag: str | None, digest: str | None = None) -> PublicImage:
        """See `ImageRepository`."""
        manifest = _read(text)
        _check_digest(manifest, digest)
        repository = self._repository
        stored = repository.find_image({"imageDigest": manifest.digest})
        if stored is not None and (tag is None or tag in stored.image_tags):
            raise _already_exists(self, manifest, tag)
        if stored is None:
            stored = PublicImage(text, media_type or manifest.media_type or _PUBLIC_MEDIA_TYPE, self._now)
            repository.images.append(stored)
        if tag is not None:
            for other in repository.images:
                other.image_tags = [name for name in other.image_tags if name != tag]
            stored.image_tags.append(tag)
        return stored


def tag_is_immutable(repository: Repository, tag: str) -> bool:
    """Whether a tag may not move ("Image tag mutability", ECR User Guide); filters are wildcards, not expressions."""
    filters = repository.image_tag_mutability_exclusion_filters or []
    excluded = any(matches_glob(item["filter"], tag) for item in filters)
    return repository.image_tag_mutability.startswith("IMMUTABLE") != excluded


def _check_digest(manifest: Manifest, wanted: str | None) -> None:
    if wanted not in {None, manifest.digest}:
        raise OperationError(
            "ImageDigestDoesNotMatchException",
            f"The digest of the given manifest is {manifest.digest}, not {wanted}.",
        )


def _already_exists(repository: ImageRepository, manifest: Manifest, tag: str | None) -> OperationError:
    return OperationError(
        "ImageAlreadyExistsException",
        f"Image with digest '{manifest.digest}' and tag '{tag}' already exists in the repository with name "
        f"'{repository.name}' in registry with id '{ACCOUNT_ID}'",
    )


def _read(text: str) -> Manifest:
    try:
        return read_manifest(text)
    except InvalidManifestError as error:
        raise _invalid_manifest(str(error)) from None


def _invalid_manifest(constraint: str) -> OperationError:
    return OperationError(
        "InvalidParameterException",
        f"Invalid parameter at 'ImageManifest' failed to satisfy constraint: '{constraint}'",
    )
