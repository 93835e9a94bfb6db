"""A layer store in memory, in olareg's place."""

import re
import uuid
from collections.abc import Iterable, Iterator

from sandbox.aws.layer_store import LayerBytes, LayerDigestError, LayerMissingError
from tests.registry_client import digest_of

_PIECE = 1000


class MemoryLayers:
    def __init__(self) -> None:
        self.layers: dict[str, bytes] = {}
        self.largest_piece = 0
        self._uploads: dict[str, bytes] = {}

    def begin(self) -> str:
        return self._keep(b"")

    def append(self, position: str, pieces: Iterable[bytes]) -> str:
        content = self._uploads.pop(position)
        for piece in pieces:
            self.largest_piece = max(self.largest_piece, len(piece))
            content += piece
        return self._keep(content)

    def finish(self, position: str, digest: str) -> None:
        content = self._uploads.pop(position)
        if digest_of(content) != digest:
            raise LayerDigestError(f"the uploaded bytes do not have the digest {digest}")
        self.layers[digest] = content

    def read(self, digest: str, byte_range: str | None = None) -> LayerBytes:
        if digest not in self.layers:
            raise LayerMissingError(digest)
        content = self.layers[digest]
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", byte_range or "")
        if match is not None:
            content = content[int(match[1]) : int(match[2]) + 1]
        headers = {"Content-Length": str(len(content)), "Content-Type": "application/octet-stream"}
        return LayerBytes(206 if match else 200, headers, Pieces(content))

    def _keep(self, content: bytes) -> str:
        position = str(uuid.uuid4())
        self._uploads[position] = content
        return position


class Pieces:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._content), _PIECE):
            yield self._content[start : start + _PIECE]

    def close(self) -> None:
        pass
