"""Images and layers in ECR: what a push and a pull call, besides the registry's own HTTP API."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.models import Image, Repository
from moto.ecr.responses import ECRResponse

from sandbox.aws.account import ACCOUNT_ID
from sandbox.aws.errors import OperationError
from sandbox.aws.moto_service import MotoService
from sandbox.aws.paging import page
from sandbox.aws.policy_document import matches_glob


class EcrImages(MotoService, ECRResponse):
    """The image operations of ECR."""

    def repository(self, name: str) -> Repository:
        """The repository of that name in the call's region.

        Args:
            name: Its name.

        Raises:
            OperationError: There is none.
        """
        repository = self.ecr_backend.repositories.get(name)
        if repository is None:
            raise OperationError(
                "RepositoryNotFoundException",
                f"The repository with name '{name}' does not exist in the registry with id '{ACCOUNT_ID}'",
            )
        return repository

    def put_image(self) -> ActionResult:
        """Stores a manifest and moves a tag to it. Layers are not asked for."""
        repository = self.repository(self._get_param("repositoryName"))
        manifest, tag = self._get_param("imageManifest"), self._get_param("imageTag")
        media_type = self._get_param("imageManifestMediaType") or _media_type(manifest)
        digest = f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
        if self._get_param("imageDigest") not in {None, digest}:
            raise OperationError(
                "ImageDigestDoesNotMatchException",
                f"The digest of the given manifest is {digest}, not {self._get_param('imageDigest')}.",
            )
        stored = next((image for image in repository.images if image.image_digest == digest), None)
        if stored is not None and (tag is None or tag in stored.image_tags):
            raise OperationError(
                "ImageAlreadyExistsException",
                f"Image with digest '{digest}' and tag '{tag}' already exists in the repository with name "
                f"'{repository.name}' in registry with id '{ACCOUNT_ID}'",
            )
        holder = next((image for image in repository.images if tag and tag in image.image_tags), None)
        if holder is not None and tag_is_immutable(repository, tag):
            raise OperationError(
                "ImageTagAlreadyExistsException",
                f"The image tag '{tag}' already exists in the '{repository.name}' repository and cannot be "
                "overwritten because the tag is immutable.",
            )
        if holder is not None:
            holder.image_tags.remove(tag)
        if stored is None:
            stored = Image(ACCOUNT_ID, tag, manifest, repository.name, media_type, digest)
            repository.images.append(stored)
        else:
            stored.update_tag(tag)
        return ActionResult({"image": _image(stored, {"imageTag": tag} if tag else {})})

    def list_images(self) -> ActionResult:
        """Tags and digests, in pages."""
        repository = self.repository(self._get_param("repositoryName"))
        ids = [
            {"imageDigest": image.image_digest} | ({"imageTag": tag} if tag else {})
            for image in self._filtered(repository)
            for tag in image.image_tags or [None]  # type: ignore[list-item] # an untagged image is listed once
        ]
        found, more = page(ids, self._get_param("maxResults"), self._get_param("nextToken"))
        return ActionResult({"imageIds": list(found), "nextToken": more})

    def describe_images(self) -> ActionResult:
        """Details of images, by tag or digest, or of all in pages."""
        repository = self.repository(self._get_param("repositoryName"))
        wanted = self._get_param("imageIds")
        if wanted:
            images: Sequence[Image] = [_find(repository, image_id) for image_id in wanted]
            more = None
        else:
            images, more = page(self._filtered(repository), self._get_param("maxResults"), self._get_param("nextToken"))
        return ActionResult({"imageDetails": [_details(image) for image in images], "nextToken": more})

    def batch_get_image(self) -> ActionResult:
        """Manifests, by tag or digest."""
        repository = self.repository(self._get_param("repositoryName"))
        images, failures = [], []
        for image_id in self._get_param("imageIds"):
            try:
                images.append(_image(_find(repository, image_id), image_id))
            except OperationError:
                failures.append(
                    {
                        "imageId": image_id,
                        "failureCode": "ImageNotFound",
                        "failureReason": "Requested image not found",
                    }
                )
        return ActionResult({"images": images, "failures": failures})

    def complete_layer_upload(self) -> ActionResult:
        """Ends an upload, whose bytes must have the digest that the client says."""
        repository = self.repository(self._get_param("repositoryName"))
        upload_id, wanted = self._get_param("uploadId"), self._get_param("layerDigests")
        upload = repository.uploads.get(upload_id)
        if upload is not None:
            digest = f"sha256:{hashlib.sha256(bytes(upload.layer_parts)).hexdigest()}"
            if not upload.layer_parts:
                raise OperationError("EmptyUploadException", "The specified layer upload does not contain any parts.")
            if digest not in wanted:
                raise OperationError("InvalidLayerException", f"The layer's digest is {digest}, not {wanted[0]}.")
            if digest in repository.layers:
                raise OperationError("LayerAlreadyExistsException", f"The layer {digest} already exists.")
        return ActionResult(
            self.ecr_backend.complete_layer_upload(repository.name, upload_id, wanted, registry_id=ACCOUNT_ID)
        )

    def get_download_url_for_layer(self) -> ActionResult:  # type: ignore[override] # moto lacks it, so types it None
        """Where a layer can be had; only its existence is real here, nothing answers at the address."""
        repository = self.repository(self._get_param("repositoryName"))
        digest = self._get_param("layerDigest")
        if digest not in repository.layers:
            raise OperationError(
                "LayersNotFoundException",
                f"The layer with digest '{digest}' does not exist in the repository with name "
                f"'{repository.name}' in the registry with id '{ACCOUNT_ID}'",
            )
        return ActionResult(
            {"downloadUrl": f"https://layers.sandbox.invalid/{repository.name}/{digest}", "layerDigest": digest}
        )

    def _filtered(self, repository: Repository) -> Sequence[Image]:
        status = (self._get_param("filter") or {}).get("tagStatus", "ANY")
        return [
            image for image in repository.images if status == "ANY" or (status == "TAGGED") == bool(image.image_tags)
        ]


def tag_is_immutable(repository: Repository, tag: str) -> bool:
    """Whether a tag may not move ("Image tag mutability", ECR User Guide); filters are wildcards, not expressions."""
    filters = repository.image_tag_mutability_exclusion_filters or []
    excluded = any(matches_glob(item["filter"], tag) for item in filters)
    return repository.image_tag_mutability.startswith("IMMUTABLE") != excluded


def _find(repository: Repository, image_id: dict[str, str]) -> Image:
    tag, digest = image_id.get("imageTag"), image_id.get("imageDigest")
    for image in repository.images:
        if (tag is None or tag in image.image_tags) and (digest is None or digest == image.image_digest):
            return image
    raise OperationError(
        "ImageNotFoundException",
        f"The image with imageId {{imageDigest:'{digest or 'null'}', imageTag:'{tag or 'null'}'}} does not exist "
        f"within the repository with name '{repository.name}' in the registry with id '{ACCOUNT_ID}'",
    )


def _image(image: Image, image_id: dict[str, str]) -> dict[str, Any]:
    return {
        "registryId": ACCOUNT_ID,
        "repositoryName": image.repository_name,
        "imageId": {"imageDigest": image.image_digest}
        | ({"imageTag": image_id["imageTag"]} if "imageTag" in image_id else {}),
        "imageManifest": image.image_manifest,
        "imageManifestMediaType": image.image_manifest_media_type,
    }


def _details(image: Image) -> dict[str, Any]:
    details = {
        "registryId": ACCOUNT_ID,
        "repositoryName": image.repository_name,
        "imageDigest": image.image_digest,
        "imageSizeInBytes": _size(image.image_manifest),
        "imagePushedAt": image.image_pushed_at,
        "imageManifestMediaType": image.image_manifest_media_type,
    }
    return details | ({"imageTags": list(image.image_tags)} if image.image_tags else {})


def _size(manifest: str) -> int:
    layers = json.loads(manifest).get("layers", [])
    return len(manifest) + sum(int(layer.get("size", 0)) for layer in layers)


def _media_type(manifest: str) -> str:
    try:
        media_type = json.loads(manifest).get("mediaType")
    except (ValueError, AttributeError):
        raise _invalid_manifest("Invalid JSON syntax") from None
    if not media_type:
        raise _invalid_manifest("image manifest mediatype not provided in manifest or parameter")
    return str(media_type)


def _invalid_manifest(constraint: str) -> OperationError:
    return OperationError(
        "InvalidParameterException",
        f"Invalid parameter at 'ImageManifest' failed to satisfy constraint: '{constraint}'",
    )
