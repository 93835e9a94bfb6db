"""Error answers: RFC 7807 bodies in the two shapes the server writes (NVCF contract 1.9).

Errors of NVCF's own rules carry a `type` of the form `urn:nv-boot:problem-details:<kind>`; errors made by the web
framework (bean validation, unreadable JSON, unmapped exceptions) carry none. Member order is alphabetical.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

TYPE_PREFIX = "urn:nv-boot:problem-details:"

_KINDS = {
    400: "bad-request",
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    409: "conflict",
    422: "unprocessable-entity",
    429: "too-many-requests",
    502: "upstream",
}


class Problem(Exception):  # noqa: N818 - the word RFC 7807 has for it
    """An answer that is an error.

    Args:
        status: HTTP status code.
        detail: The human-readable sentence a client parses.
        kind: Last part of the `type` member; None leaves the member out.
        headers: Extra response headers.
        plain: The bare exception message where `detail` wraps one; the server uses it when it re-throws.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        kind: str | None,
        headers: Mapping[str, str] | None = None,
        plain: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind
        self.headers = dict(headers or {})
        self.plain = detail if plain is None else plain

    @property
    def title(self) -> str:
        """The HTTP reason phrase."""
        return HTTPStatus(self.status).phrase

    def body(self, instance: str) -> dict[str, object]:
        """The JSON body for the request path `instance`."""
        body: dict[str, object] = {
            "detail": self.detail,
            "instance": instance,
            "status": self.status,
            "title": self.title,
        }
        if self.kind is not None:
            body["type"] = TYPE_PREFIX + self.kind
        return body

    def as_java_message(self) -> str:
        """What the server prints when this problem is the cause of another one."""
        return java_message(self.status, self.detail, self.kind)


def java_message(status: int, detail: str, kind: str | None) -> str:
    """Spring's text of an exception that carries a problem body; it leaks into some `detail` members."""
    http = HTTPStatus(status)
    kind_text = TYPE_PREFIX + kind if kind else "null"
    return (
        f"{status} {http.name}, ProblemDetail[type='{kind_text}', title='{http.phrase}', status={status}, "
        f"detail='{detail}', instance='null', properties='null']"
    )


def rule(status: int, detail: str) -> Problem:
    """A violation of one of NVCF's own rules, or a registry's refusal passed on: has a `type`."""
    return Problem(status, detail, _KINDS[status])


def bad_request(detail: str) -> Problem:
    """400 by one of NVCF's own rules."""
    return rule(400, detail)


def not_found(detail: str) -> Problem:
    """404 by one of NVCF's own rules."""
    return rule(404, detail)


def conflict(detail: str) -> Problem:
    """409 by one of NVCF's own rules."""
    return rule(409, detail)


def forbidden(detail: str = "Access Denied") -> Problem:
    """403: missing authority (default detail), or a registry that denied the login."""
    return rule(403, detail)


def upstream(detail: str) -> Problem:
    """502: something behind the server failed."""
    return rule(502, detail)


def framework(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Problem:
    """An error the web framework made itself: no `type`."""
    return Problem(status, detail, None, headers)


def unreadable() -> Problem:
    """400 for a body that does not bind; the server gives no hint which field."""
    return framework(400, "Failed to read request")


def unconvertible(name: str, value: str) -> Problem:
    """400 for a path or query value of the wrong type."""
    return framework(400, f"Failed to convert '{name}' with value: '{value}'")


def internal(message: str) -> Problem:
    """500 for an exception nobody maps; its text is wrapped the way the server wraps it."""
    return Problem(500, java_message(500, message, None), None, plain=message)
