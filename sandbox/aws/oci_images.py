"""Images as a registry serves and takes them: manifests, tags, and which layers there are."""

from moto.ecr.models import ecr_backends

from sandbox.aws.account import ACCOUNT_ID
from sandbox.aws.cloud import Cloud
from sandbox.aws.errors import OperationError
from sandbox.aws.image_repositories import (
    ImageRepository,
    PrivateImages,
    PublicImages,
    StoredImage,
    check_layer_is_served,
    check_parts,
    find_image,
)
from sandbox.aws.oci_callers import Address
from sandbox.aws.oci_requests import OciRequest


def open_repository(cloud: Cloud, address: Address) -> ImageRepository:
    """The repository at an address; the cloud's lock must be held.

    Args:
        cloud: Where it is.
        address: Its address.

    Raises:
        OperationError: There is none. No registry of AWS makes one because something is pushed.
    """
    if address.account == ACCOUNT_ID and address.is_public:
        public = cloud.public_registry.repositories.get(address.name)
        if public is not None:
            return PublicImages(public, cloud.clock())
    elif address.account == ACCOUNT_ID and address.region in ecr_backends[ACCOUNT_ID]:
        private = ecr_backends[ACCOUNT_ID][address.region].repositories.get(address.name)
        if private is not None:
            return PrivateImages(private)
    raise OperationError(
        "RepositoryNotFoundException",
        f"The repository with name '{address.name}' does not exist in the registry with id '{address.account}'",
    )


def read_image(cloud: Cloud, address: Address, asked: OciRequest) -> StoredImage:
    """The image that a request names.

    Raises:
        OperationError: There is no such repository or image.
    """
    image_id = {"imageTag": asked.tag} if asked.tag else {"imageDigest": asked.digest}
    with cloud.lock:
        repository = open_repository(cloud, address)
        try:
            return find_image(repository.name, repository.images, image_id)
        except OperationError as error:
            raise OperationError(error.code, "Requested image not found") from None


def put_image(cloud: Cloud, address: Address, asked: OciRequest, text: str, media_type: str | None) -> None:
    """Stores a manifest, all of whose parts must be there.

    Raises:
        OperationError: It is no manifest, a part is missing, or its tag may not move.
    """
    with cloud.lock:
        repository = open_repository(cloud, address)
        check_parts(repository, text)
        try:
            repository.put(text, media_type, asked.tag or None, asked.digest or None)
        except OperationError as error:
            # To push again what is there already is no mistake.
            if error.code != "ImageAlreadyExistsException":
                raise


def list_tags(cloud: Cloud, address: Address) -> list[str]:
    """All tags of a repository, sorted.

    Raises:
        OperationError: There is no such repository.
    """
    with cloud.lock:
        return sorted({tag for image in open_repository(cloud, address).images for tag in image.image_tags})


def layer_size(cloud: Cloud, address: Address, digest: str) -> int:
    """Bytes of a layer, of an image or not yet.

    Raises:
        OperationError: There is no such repository or layer.
    """
    with cloud.lock:
        size = open_repository(cloud, address).layers.get(digest)
    if size is None:
        raise OperationError("LayersNotFoundException", f"Layer digest '{digest}' could not be found")
    return size


def check_layer(cloud: Cloud, address: Address, digest: str) -> None:
    """Refuses to hand out a layer that is not part of an image.

    Raises:
        OperationError: There is no such repository or layer, or no image has it.
    """
    with cloud.lock:
        check_layer_is_served(open_repository(cloud, address), digest)


def add_layer(cloud: Cloud, address: Address, digest: str, size: int) -> None:
    """Notes a layer that the layer store has now.

    Raises:
        OperationError: Its repository is gone.
    """
    with cloud.lock:
        open_repository(cloud, address).layers[digest] = size
