"""A request and a response, as plain values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class HttpRequest:
    """One HTTP request, exactly as it was sent.

    Attributes:
        method: Verb in capitals.
        raw_path: Path as on the wire, still percent-encoded, without the query.
        raw_query: Query as on the wire, without its question mark; may be empty.
        headers: Header values by lower-case name.
        body: The whole body.
    """

    method: str
    raw_path: str
    raw_query: str
    headers: Mapping[str, str]
    body: bytes = b""

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
        headers: Headers besides `Content-Length` and `Date`, which the server adds.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, value: Any, status: int = 200) -> "HttpResponse":
        """A response that carries a JSON value."""
        return cls(status, json.dumps(value).encode(), {"Content-Type": "application/json"})
