"""The state of ECR Public: one registry with its repositories and their images."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.aws.account import ACCOUNT_ID, PARTITION, PUBLIC_REGISTRY_ALIAS


@dataclass
class PublicImage:
    """One image; what it has in common with moto's private ones has their names.

    Attributes:
        image_manifest: Exact text of its manifest.
        image_manifest_media_type: Type of its manifest.
        pushed_at: When it came.
        image_tags: Names that point to it.
    """

    image_manifest: str
    image_manifest_media_type: str
    pushed_at: dt.datetime
    image_tags: list[str] = field(default_factory=list)

    @property
    def image_digest(self) -> str:
        """Digest of the manifest's bytes."""
        return f"sha256:{hashlib.sha256(self.image_manifest.encode()).hexdigest()}"


@dataclass
class PublicRepository:
    """One public repository.

    Attributes:
        name: Its name, without the alias.
        created_at: When it came to be.
        catalog: What the gallery shows, by API field name; the logo as a URL.
        tags: Resource tags.
        policy: Repository policy, as JSON.
        images: Its images, in the order of their coming.
        layers: Size in bytes of each of its layers, by digest.
    """

    name: str
    created_at: dt.datetime
    catalog: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    policy: str | None = None
    images: list[PublicImage] = field(default_factory=list)
    layers: dict[str, int] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """Its ARN: without a region, and without the alias."""
        return f"arn:{PARTITION}:ecr-public::{ACCOUNT_ID}:repository/{self.name}"

    @property
    def uri(self) -> str:
        """Where images are pulled from."""
        return f"public.ecr.aws/{PUBLIC_REGISTRY_ALIAS}/{self.name}"

    def find_image(self, image_id: Mapping[str, str]) -> PublicImage | None:
        """The image that has the given tag, digest, or both."""
        tag, digest = image_id.get("imageTag"), image_id.get("imageDigest")
        for image in self.images:
            if (tag is None or tag in image.image_tags) and (digest is None or digest == image.image_digest):
                return image
        return None


@dataclass
class PublicRegistry:
    """The account's public registry.

    Attributes:
        display_name: Name in the gallery.
        repositories: By name.
    """

    display_name: str = ""
    repositories: dict[str, PublicRepository] = field(default_factory=dict)
