"""Bean validation: every broken rule of a request body reported in one answer (NVCF contract 1.3 and 1.9).

The server reports in no fixed order and echoes what it was sent, cut at 256 characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sandbox.nvcf import java_text
from sandbox.nvcf.problems import Problem, framework

_ECHO_LIMIT = 256
_HOSTNAME_REGEX = r"(?=^.{4,253}$)(^((?!-)[a-zA-Z0-9-]{1,63}(?<!-)\.)+[a-zA-Z0-9]{2,63}$)"
_TAG_REGEX = r"[a-zA-Z0-9\-_:=]+"
_FUNCTION_NAME_REGEX = r"^[a-z0-9A-Z][a-z0-9A-Z\-_]*$"

_MAX_HOSTNAME = 255
_MAX_TAGS = 64
_MAX_TAG = 128
_MAX_DESCRIPTION = 256


@dataclass(frozen=True)
class Violation:
    """One broken rule: the field's path, what was sent, and the rule's message."""

    field: str
    rejected: object
    message: str

    def under(self, prefix: str) -> Violation:
        """The same violation inside an outer field."""
        return Violation(f"{prefix}.{self.field}", self.rejected, self.message)


def check(object_name: str, violations: Iterable[Violation]) -> None:
    """Raises the one answer for all violations, if there is any.

    Args:
        object_name: The request record's name as the server prints it.
        violations: What was found.

    Raises:
        Problem: 400 listing every violation.
    """
    parts = [
        f"[object={object_name}, field={v.field}, rejected={_echo(v.rejected)}, message={v.message}]"
        for v in violations
    ]
    if parts:
        raise _failed(" ".join(parts))


def _failed(text: str) -> Problem:
    return framework(400, f"Validation failed: {text}")


def _echo(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, (list, tuple)):
        return "[...]" if value else "[]"
    text = str(value)
    length = java_text.length(text)
    if length <= _ECHO_LIMIT:
        return text
    return f"{text[:_ECHO_LIMIT]}... (truncated for log/response, total length {length} chars)"


def hostname(field: str, value: str | None) -> Iterable[Violation]:
    """A bare DNS name: not blank, 1 to 255 characters, the host name pattern."""
    if value is None:
        yield Violation(field, None, "must not be blank")
        return
    if not java_text.trim(value):
        yield Violation(field, value, "must not be blank")
    if not 1 <= java_text.length(value) <= _MAX_HOSTNAME:
        yield Violation(field, value, f"Invalid hostname: Must be 1 - {_MAX_HOSTNAME} chars long")
    if re.fullmatch(_HOSTNAME_REGEX, value) is None:
        yield Violation(field, value, f"Invalid hostname: Must conform to regex {_HOSTNAME_REGEX}")


def present(field: str, value: object) -> Iterable[Violation]:
    """Anything but null."""
    if value is None:
        yield Violation(field, None, "must not be null")


def not_blank(field: str, value: str | None) -> Iterable[Violation]:
    """Text with something in it."""
    if value is None or not java_text.trim(value):
        yield Violation(field, value, "must not be blank")


def not_empty(field: str, value: Sequence[object] | None) -> Iterable[Violation]:
    """A collection with something in it; null breaks two rules at once."""
    if not value:
        yield Violation(field, value, "must not be empty")
    yield from present(field, value)


def tags(field: str, value: Sequence[str | None] | None) -> Iterable[Violation]:
    """At most 64 tags of at most 128 characters from a small alphabet; null elements pass."""
    if value is None:
        return
    if len(value) > _MAX_TAGS:
        yield Violation(field, value, f"Maximum number of tags of {_MAX_TAGS} is exceeded.")
    for tag in value:
        if tag is None:
            continue
        if java_text.length(tag) > _MAX_TAG:
            yield Violation(f"{field}[]", tag, f"Maximum tag length of {_MAX_TAG} is exceeded.")
        if re.fullmatch(_TAG_REGEX, tag) is None:
            yield Violation(f"{field}[]", tag, f'must match "{_TAG_REGEX}"')


def description(field: str, value: str | None) -> Iterable[Violation]:
    """At most 256 characters."""
    if value is not None and java_text.length(value) > _MAX_DESCRIPTION:
        yield Violation(field, value, f"Maximum description length of {_MAX_DESCRIPTION} is exceeded.")


def account_name(field: str, value: str | None) -> Iterable[Violation]:
    """4 to 36 characters."""
    if value is not None and not 4 <= java_text.length(value) <= 36:
        yield Violation(field, value, "Invalid account name: Must be 4 - 36 characters long")


def function_name(field: str, value: str) -> Iterable[Violation]:
    """1 to 128 characters; letters, digits, dash and underscore, no dash or underscore first."""
    if re.fullmatch(_FUNCTION_NAME_REGEX, value) is None:
        yield Violation(field, value, f"Invalid function name: Must conform to regex {_FUNCTION_NAME_REGEX}")
    if not 1 <= java_text.length(value) <= 128:
        yield Violation(field, value, "Invalid function name: must be 1 - 128 characters long")


def at_least(field: str, value: int | None, least: int) -> Iterable[Violation]:
    """A number not below `least`; null passes."""
    if value is not None and value < least:
        yield Violation(field, value, f"must be greater than or equal to {least}")


def at_most(field: str, value: int | None, most: int, message: str | None = None) -> Iterable[Violation]:
    """A number not above `most`; null passes."""
    if value is not None and value > most:
        yield Violation(field, value, message or f"must be less than or equal to {most}")
