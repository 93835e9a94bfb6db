"""Requests in, answers out: headers and framing as the real server sends them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

from starlette.types import Receive, Scope, Send

from sandbox.nvcf.problems import Problem

LABEL_HEADER = "X-Sandbox"
LABEL = "nvcf-emulator"

_JSON = "application/json"
_PROBLEM_JSON = "application/problem+json"
_GZIP_FROM_BYTES = 2048
# Tomcat gives up the connection after these.
_CLOSING = frozenset({400, 408, 411, 413, 414, 500, 501, 503})
_SECURITY_HEADERS = {
    "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "0",
    "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
    "Pragma": "no-cache",
    "Expires": "0",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True)
class Request:
    """An HTTP request, read whole.

    Attributes:
        path: As sent, percent-encoding included.
        segments: The path's parts, decoded.
        query: Name and value pairs in the order sent.
        headers: By lower-case name.
        origin: The server's own URL as the caller addressed it.
    """

    method: str
    path: str
    segments: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    origin: str

    def accepts_json(self) -> bool:
        """Whether `Accept` allows application/json; `application/problem+json` alone does not."""
        ranges = [r.partition(";")[0].strip().lower() for r in self.headers.get("accept", "").split(",")]
        return not any(ranges) or any(r in {_JSON, "*/*", "application/*", "application/*+json"} for r in ranges)

    def content_type(self) -> str | None:
        """The media type as sent, or None."""
        return self.headers.get("content-type") or None


@dataclass(frozen=True)
class Reply:
    """An answer.

    Attributes:
        body: Ready bytes; `content_type` None goes with an empty body.
    """

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(value: object, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(status, _to_json(value), _JSON)


def problem_reply(problem: Problem, instance: str) -> Reply:
    """An error answer for the request path `instance`."""
    return Reply(problem.status, _to_json(problem.body(instance)), _PROBLEM_JSON, problem.headers)


NO_CONTENT = Reply(HTTPStatus.NO_CONTENT)


def _to_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


async def read_request(scope: Scope, receive: Receive) -> Request:
    """Reads an ASGI HTTP request to its end."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    return Request(
        method=scope["method"],
        path=path,
        segments=tuple(unquote(s) for s in path.split("/")[1:]),
        query=tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers=headers,
        body=bytes(body),
        origin=f"{scope.get('scheme', 'http')}://{headers.get('host', '127.0.0.1')}",
    )


async def send_reply(reply: Reply, request: Request, send: Send) -> None:
    """Sends an answer with the real server's headers, plus the label that this is an emulator.

    Errors are framed in chunks, everything else by length; JSON from 2 KiB on is compressed for those who ask.
    """
    headers = {**_SECURITY_HEADERS, LABEL_HEADER: LABEL, **reply.headers}
    body = reply.body
    if reply.content_type == _JSON and len(body) >= _GZIP_FROM_BYTES:
        headers["Vary"] = "origin,access-control-request-method,access-control-request-headers,accept-encoding"
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body)
    if reply.content_type is not None:
        headers["Content-Type"] = reply.content_type
    if reply.content_type != _PROBLEM_JSON and reply.status != HTTPStatus.NO_CONTENT:
        headers["Content-Length"] = str(len(body))
    if reply.status in _CLOSING:
        headers["Connection"] = "close"
    raw_headers = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw_headers})
    await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else body})
