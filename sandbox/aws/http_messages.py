"""A request and a response, as plain values."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.aws.layer_store import LayerPieces


@dataclass(frozen=True)
class HttpRequest:
    """One HTTP request, exactly as it was sent.

    Attributes:
        method: Verb in capitals.
        raw_path: Path as on the wire, still percent-encoded, without the query.
        raw_query: Query as on the wire, without its question mark; may be empty.
        headers: Header values by lower-case name.
        body: The whole body.
        is_client_gone: Whether nobody waits for the answer any more.
    """

    method: str
    raw_path: str
    raw_query: str
    headers: Mapping[str, str]
    body: bytes = b""
    is_client_gone: Callable[[], bool] = field(default=lambda: False, repr=False, compare=False)

    @property
    def host(self) -> str:
        """Host and port the client addressed."""
        return self.headers.get("host", "")


@dataclass(frozen=True)
class HttpResponse:
    """One HTTP response.

    Attributes:
        status: Status code.
        body: The whole body.
        headers: Headers besides `Date`, which the server adds, as it does `Content-Length` where that is missing.
        pieces: A body that arrives while it is sent, instead of `body`; then the headers say its length.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: LayerPieces | None = None

    @classmethod
    def of_json(cls, value: Any, status: int = 200) -> "HttpResponse":
        """A response that carries a JSON value."""
        return cls(status, json.dumps(value).encode(), {"Content-Type": "application/json"})
