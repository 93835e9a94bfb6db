"""Images and layers in ECR: what a push and a pull call, besides the registry's own HTTP API."""

import hashlib
from collections.abc import Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.models import Image, Repository
from moto.ecr.responses import ECRResponse

from sandbox.aws.account import ACCOUNT_ID
from sandbox.aws.errors import OperationError
from sandbox.aws.image_repositories import PrivateImages, check_layer_is_served, find_image, image_size
from sandbox.aws.layer_store import put_layer
from sandbox.aws.moto_service import MotoService
from sandbox.aws.paging import page


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
        repository, tag = self.repository(self._get_param("repositoryName")), self._get_param("imageTag")
        stored = PrivateImages(repository).put(
            self._get_param("imageManifest"),
            self._get_param("imageManifestMediaType"),
            tag,
            self._get_param("imageDigest"),
        )
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
            images: Sequence[Image] = [find_image(repository.name, repository.images, one) for one in wanted]
            more = None
        else:
            images, more = page(self._filtered(repository), self._get_param("maxResults"), self._get_param("nextToken"))
        return ActionResult({"imageDetails": [_details(repository, image) for image in images], "nextToken": more})

    def batch_get_image(self) -> ActionResult:
        """Manifests, by tag or digest."""
        repository = self.repository(self._get_param("repositoryName"))
        images, failures = [], []
        for image_id in self._get_param("imageIds"):
            try:
                images.append(_image(find_image(repository.name, repository.images, image_id), image_id))
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
            content = bytes(upload.layer_parts)
            digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
            if not content:
                raise OperationError("EmptyUploadException", "The specified layer upload does not contain any parts.")
            if digest not in wanted:
                raise OperationError("InvalidLayerException", f"The layer's digest is {digest}, not {wanted[0]}.")
            if digest in repository.layers:
                raise OperationError("LayerAlreadyExistsException", f"The layer {digest} already exists.")
            if self.visit.cloud.layers is not None:
                put_layer(self.visit.cloud.layers, digest, content)
        return ActionResult(
            self.ecr_backend.complete_layer_upload(repository.name, upload_id, wanted, registry_id=ACCOUNT_ID)
        )

    def get_download_url_for_layer(self) -> ActionResult:  # type: ignore[override] # moto lacks it, so types it None
        """Where the layer of an image can be had for a while, without a signature."""
        repository = self.repository(self._get_param("repositoryName"))
        digest = self._get_param("layerDigest")
        check_layer_is_served(PrivateImages(repository), digest)
        path = self.visit.cloud.layer_links.path(digest, self.visit.cloud.clock())
        return ActionResult({"downloadUrl": f"http://{self.visit.request.host}{path}", "layerDigest": digest})

    def _filtered(self, repository: Repository) -> Sequence[Image]:
        status = (self._get_param("filter") or {}).get("tagStatus", "ANY")
        return [
            image for image in repository.images if status == "ANY" or (status == "TAGGED") == bool(image.image_tags)
        ]


def _image(image: Image, image_id: dict[str, str]) -> dict[str, Any]:
    return {
        "registryId": ACCOUNT_ID,
        "repositoryName": image.repository_name,
        "imageId": {"imageDigest": image.image_digest}
        | ({"imageTag": image_id["imageTag"]} if "imageTag" in image_id else {}),
        "imageManifest": image.image_manifest,
        "imageManifestMediaType": image.image_manifest_media_type,
    }


def _details(repository: Repository, image: Image) -> dict[str, Any]:
    details = {
        "registryId": ACCOUNT_ID,
        "repositoryName": image.repository_name,
        "imageDigest": image.image_digest,
        "imageSizeInBytes": image_size(repository.images, image),
        "imagePushedAt": image.image_pushed_at,
        "imageManifestMediaType": image.image_manifest_media_type,
    }
    return details | ({"imageTags": list(image.image_tags)} if image.image_tags else {})
