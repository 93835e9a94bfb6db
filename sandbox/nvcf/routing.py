"""Finding the endpoint of a request, and the framework's own refusals: 404, 405, 406, 415."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from sandbox.nvcf.call import Call
from sandbox.nvcf.problems import Problem, framework
from sandbox.nvcf.wire import Reply, Request

Handler = Callable[[Call], Awaitable[Reply]]

_JSON_BODY_METHODS = ("POST", "PATCH", "PUT")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+*-]+/[\w!#$&^.+*-]+(?:\s*;.*)?")


@dataclass(frozen=True)
class Endpoint:
    """One method on one path template such as `/v2/nvcf/accounts/{ncaId}`."""

    method: str
    template: str
    handler: Handler

    def match(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """The template's variables when the path is of its form, else None."""
        names = self.template.split("/")[1:]
        if len(names) != len(segments):
            return None
        variables = {}
        for name, segment in zip(names, segments, strict=True):
            if name.startswith("{") and segment:
                variables[name[1:-1]] = segment
            elif name != segment:
                return None
        return variables


@dataclass(frozen=True)
class Router:
    """All endpoints. A literal path part wins over a variable: list literal templates first."""

    endpoints: tuple[Endpoint, ...]

    def find(self, request: Request) -> tuple[Endpoint, Mapping[str, str]]:
        """The endpoint of a request and its path variables.

        Raises:
            Problem: 404, 405 with Allow, 415 or 406, in the framework's order.
        """
        matching = [(e, v) for e in self.endpoints if (v := e.match(request.segments)) is not None]
        if not matching:
            resource = request.path.strip("/")
            raise framework(404, f"No static resource {resource} for request '{request.path}'.")
        template = matching[0][0].template
        methods = [e.method for e, _ in matching if e.template == template]
        if request.method == "OPTIONS":
            return Endpoint("OPTIONS", template, _options(methods)), {}
        method = "GET" if request.method == "HEAD" else request.method
        for endpoint, variables in matching:
            if endpoint.method == method and endpoint.template == template:
                _check_content_type(endpoint, request)
                _check_accept(request)
                return endpoint, variables
        refused = f"Request method '{request.method}' is not supported"
        raise framework(405, refused, {"Allow": ",".join(methods)})


def _options(methods: list[str]) -> Handler:
    """The framework's own answer to OPTIONS: what may be called here."""
    allowed = [m for method in methods for m in ((method, "HEAD") if method == "GET" else (method,))]

    async def answer(_: Call) -> Reply:
        return Reply(200, headers={"Allow": ",".join([*allowed, "OPTIONS"])})

    return answer


def _check_content_type(endpoint: Endpoint, request: Request) -> None:
    if endpoint.method not in _JSON_BODY_METHODS:
        return
    sent = request.content_type()
    if sent is not None and sent.partition(";")[0].strip().lower() == "application/json":
        return
    if sent is None:
        raise _unsupported("Content-Type is not supported", endpoint.method)
    if not _MEDIA_TYPE.fullmatch(sent.strip()):
        raise _unsupported(f"Invalid mime type \"{sent}\": does not contain '/'", endpoint.method)
    raise _unsupported(f"Content-Type '{_canonical(sent)}' is not supported", endpoint.method)


def _canonical(media_type: str) -> str:
    """Spring prints the type in lower case and no blanks around semicolons."""
    bare, *parameters = (part.strip() for part in media_type.split(";"))
    return ";".join([bare.lower(), *parameters])


def _unsupported(detail: str, method: str) -> Problem:
    headers = {"Accept": "application/json"}
    if method == "PATCH":
        headers["Accept-Patch"] = "application/json"
    return framework(415, detail, headers)


def _check_accept(request: Request) -> None:
    if not request.accepts_json():
        raise framework(406, "No acceptable representation", {"Accept": "application/json"})
