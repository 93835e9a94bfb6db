"""Where the bytes of image layers are: in a real registry, olareg, that only this process talks to.

All layers lie in one repository there, found by digest. Which ECR repository has which layer, every manifest and every
tag are known to this process alone, so that nothing has to be kept in step.
"""

import http.client
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from sandbox.aws.request_bodies import PIECE

_REPOSITORY = "/v2/layers"
_TIMEOUT_SECONDS = 120.0
_PASSED_ON = ("Content-Length", "Content-Range", "Accept-Ranges", "Content-Type")


class LayerStoreError(Exception):
    """The store did not do what it was asked."""


class LayerMissingError(LayerStoreError):
    """The store has no such layer."""


class LayerDigestError(LayerStoreError):
    """The bytes of an upload do not have the digest that the client says."""


@dataclass(frozen=True)
class LayerBytes:
    """A layer, or a part of one, on its way to a client.

    Attributes:
        status: 200, 206 for a part, or 416.
        headers: Length, range and type.
        pieces: The bytes.
    """

    status: int
    headers: Mapping[str, str]
    pieces: "LayerPieces"


class LayerPieces(Protocol):
    """Bytes that arrive while they are read. Whoever has them closes them, read or not."""

    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None:
        """Lets go of where they come from."""


class LayerStore(Protocol):
    """Keeps layers by digest. Its methods may be called from several threads."""

    def begin(self) -> str:
        """Starts an upload and returns where it stands."""

    def append(self, position: str, pieces: Iterable[bytes]) -> str:
        """Adds bytes to an upload.

        Args:
            position: Where it stands.
            pieces: The bytes, read as they are sent on.

        Returns:
            Where it stands now.
        """

    def finish(self, position: str, digest: str) -> None:
        """Ends an upload and keeps its bytes.

        Raises:
            LayerDigestError: They have another digest.
        """

    def read(self, digest: str, byte_range: str | None = None) -> LayerBytes:
        """Opens a layer.

        Args:
            digest: Its digest.
            byte_range: A `Range` header.

        Raises:
            LayerMissingError: There is none.
        """


def put_layer(store: LayerStore, digest: str, content: bytes) -> None:
    """Keeps a layer that is in memory already.

    Args:
        store: Where to.
        digest: Its digest.
        content: Its bytes.
    """
    store.finish(store.append(store.begin(), (content,)), digest)


class Olareg:
    """Layers in an olareg. Each call has a connection of its own.

    Args:
        url: Where it answers, `http://127.0.0.1:PORT`.
    """

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        if address.scheme != "http" or not address.hostname or address.port is None:
            raise ValueError(f"the registry's address must look like http://127.0.0.1:PORT, not {url!r}")
        self._host, self._port = address.hostname, address.port

    def begin(self) -> str:
        """See `LayerStore`."""
        return _position(self._ask("POST", f"{_REPOSITORY}/blobs/uploads/", expected=202))

    def append(self, position: str, pieces: Iterable[bytes]) -> str:
        """See `LayerStore`."""
        headers = {"Content-Type": "application/octet-stream", "Transfer-Encoding": "chunked"}
        return _position(self._ask("PATCH", position, expected=202, headers=headers, body=pieces))

    def finish(self, position: str, digest: str) -> None:
        """See `LayerStore`."""
        separator = "&" if "?" in position else "?"
        answer = self._ask("PUT", f"{position}{separator}digest={digest}", expected=201, or_else=400)
        if answer.status != 201:
            raise LayerDigestError(f"the uploaded bytes do not have the digest {digest}")

    def read(self, digest: str, byte_range: str | None = None) -> LayerBytes:
        """See `LayerStore`."""
        connection = self._connect()
        headers = {"Range": byte_range} if byte_range else {}
        try:
            connection.request("GET", f"{_REPOSITORY}/blobs/{digest}", headers=headers)
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise _unreachable(error) from error
        if answer.status not in {200, 206, 416}:
            connection.close()
            raise LayerMissingError(f"the layer store has no {digest} (it answered {answer.status})")
        passed_on = {name: value for name in _PASSED_ON if (value := answer.getheader(name)) is not None}
        return LayerBytes(answer.status, passed_on, _Download(connection, answer))

    def _ask(
        self,
        method: str,
        path: str,
        *,
        expected: int,
        or_else: int = 0,
        headers: Mapping[str, str] | None = None,
        body: Iterable[bytes] | None = None,
    ) -> http.client.HTTPResponse:
        connection = self._connect()
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}), encode_chunked=body is not None)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise _unreachable(error) from error
        finally:
            connection.close()
        if answer.status not in {expected, or_else}:
            raise LayerStoreError(f"the layer store answered {answer.status} to {method}, not {expected}")
        return answer

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT_SECONDS)


class _Download:
    def __init__(self, connection: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> None:
        self._connection = connection
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        while piece := self._answer.read(PIECE):
            yield piece

    def close(self) -> None:
        self._answer.close()
        self._connection.close()


def _position(answer: http.client.HTTPResponse) -> str:
    location = answer.getheader("Location")
    if location is None:
        raise LayerStoreError("the layer store began no upload")
    address = urlsplit(location)
    return f"{address.path}?{address.query}" if address.query else address.path


def _unreachable(error: Exception) -> LayerStoreError:
    return LayerStoreError(f"the layer store cannot be reached: {error}")
