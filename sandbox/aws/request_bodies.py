"""Bodies of requests, read from the connection piece by piece: an image layer does not fit into memory."""

from collections.abc import Iterator
from typing import Protocol

PIECE = 64 * 1024
"""Bytes held in memory at a time."""


class IncompleteBodyError(Exception):
    """The client went away, or sent something that is no body, before the end of its request.

    Attributes:
        code: What the log says of the call.
    """

    code = "ClientGone"


class BodyTooLongError(Exception):
    """The body is longer than what it is for."""


class Connection(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes:
        """As many bytes, or fewer at the end."""

    def readline(self, size: int, /) -> bytes:
        """Bytes up to the end of the line, or as many as `size`."""


class RequestBody:
    """The body of one request; it can be read once.

    Args:
        connection: Where the bytes come from, at the first one after the headers.
        length: How many there are; None when the client sends chunks (RFC 9112, section 7.1).
    """

    def __init__(self, connection: Connection, length: int | None = 0) -> None:
        self._connection = connection
        self.length = length
        self._pieces = self._sized(length) if length is not None else self._chunked()

    @property
    def is_empty(self) -> bool:
        """Whether the client said that nothing comes."""
        return self.length == 0

    def pieces(self) -> Iterator[bytes]:
        """What has not been read yet, in pieces of at most `PIECE` bytes.

        Raises:
            IncompleteBodyError: The connection ended before the body.
        """
        return self._pieces

    def read(self, limit: int | None = None) -> bytes:
        """All that has not been read yet.

        Args:
            limit: Most bytes to take.

        Raises:
            IncompleteBodyError: The connection ended before the body.
            BodyTooLongError: There is more than the limit.
        """
        parts, size = [], 0
        for piece in self._pieces:
            parts.append(piece)
            size += len(piece)
            if limit is not None and size > limit:
                raise BodyTooLongError(f"the body is longer than {limit} bytes")
        return b"".join(parts)

    def discard(self) -> None:
        """Skips what nobody read, so that the next request of the connection can be."""
        for _ in self._pieces:
            pass

    def _sized(self, length: int) -> Iterator[bytes]:
        left = length
        while left:
            piece = self._connection.read(min(left, PIECE))
            if not piece:
                raise IncompleteBodyError(f"the connection ended {left} bytes before the body")
            left -= len(piece)
            yield piece

    def _chunked(self) -> Iterator[bytes]:
        while size := self._chunk_size():
            yield from self._sized(size)
            self._line()
        while self._line():
            pass

    def _chunk_size(self) -> int:
        text = self._line().partition(b";")[0]
        try:
            return int(text, 16)
        except ValueError:
            raise IncompleteBodyError("a chunk does not say how long it is") from None

    def _line(self) -> bytes:
        line = self._connection.readline(PIECE)
        if not line.endswith(b"\n"):
            raise IncompleteBodyError("the connection ended inside a chunked body")
        return line.strip()
