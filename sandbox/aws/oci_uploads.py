"""Layers on their way in."""

import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.aws.errors import OperationError
from sandbox.aws.layer_store import LayerDigestError, LayerStore
from sandbox.aws.oci_callers import Address
from sandbox.aws.request_bodies import RequestBody


@dataclass
class Upload:
    """One upload.

    Attributes:
        id: Its name in the registry's API.
        address: Where the layer goes.
        position: Where it stands in the layer store.
        size: Bytes received.
    """

    id: str
    address: Address
    position: str
    size: int = 0


class Uploads:
    """All that have begun and not ended."""

    def __init__(self) -> None:
        self._uploads: dict[str, Upload] = {}
        self._lock = threading.Lock()

    def begin(self, store: LayerStore, address: Address) -> Upload:
        """Begins one.

        Args:
            store: Where the layer goes.
            address: The repository it is for.

        Raises:
            LayerStoreError: The store does not take it.
        """
        upload = Upload(str(uuid.uuid4()), address, store.begin())
        with self._lock:
            self._uploads[upload.id] = upload
        return upload

    def find(self, upload_id: str, address: Address) -> Upload:
        """The one with that id.

        Raises:
            OperationError: There is none for that repository.
        """
        with self._lock:
            upload = self._uploads.get(upload_id)
        if upload is None or upload.address != address:
            raise OperationError(
                "UploadNotFoundException",
                f"Upload with id '{upload_id}' does not exist in the repository with name '{address.name}' "
                f"in the registry with id '{address.account}'",
            )
        return upload

    def append(self, store: LayerStore, upload: Upload, first: int | None, body: RequestBody) -> None:
        """Takes the next part, piece by piece.

        Args:
            store: Where the layer goes.
            upload: The upload.
            first: Position of the part's first byte, where the client says it.
            body: The part.

        Raises:
            OperationError: The part does not follow what has been received.
            LayerStoreError: The store did not take it.
            IncompleteBodyError: The client went away.
        """
        if first is not None and first != upload.size:
            raise OperationError(
                "InvalidLayerPartException",
                f"the upload has {upload.size} bytes, so that the part must begin there, not at {first}",
            )
        received = 0

        def counted() -> Iterator[bytes]:
            nonlocal received
            for piece in body.pieces():
                received += len(piece)
                yield piece

        try:
            upload.position = store.append(upload.position, counted())
        except BaseException:
            # Nobody knows how much of it has arrived.
            self._remove(upload)
            raise
        upload.size += received

    def finish(self, store: LayerStore, upload: Upload, digest: str) -> None:
        """Ends one.

        Args:
            store: Where the layer goes.
            upload: The upload.
            digest: Digest that its bytes must have.

        Raises:
            OperationError: They have another one; the upload is lost.
            LayerStoreError: The store did not take it.
        """
        self._remove(upload)
        try:
            store.finish(upload.position, digest)
        except LayerDigestError as error:
            raise OperationError("InvalidLayerException", str(error)) from None

    def _remove(self, upload: Upload) -> None:
        with self._lock:
            self._uploads.pop(upload.id, None)
