"""JSON to Python values as the server's JSON library (Jackson 3) does it.

Scalars are lenient (a number or boolean where text is wanted becomes text), containers are strict (a scalar is never
taken for a list). Enums match in any case, with blanks around them, and by their position. Whatever does not bind
becomes the one answer the server has for it: 400 "Failed to read request". Rules from the Jackson 3 documentation and
the recorded exchanges.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from sandbox.nvcf import java_text
from sandbox.nvcf.problems import unreadable

E = TypeVar("E", bound=Enum)

_MAX_INT = 2**31 - 1
_INTEGER = re.compile(r"[+-]?\d+")
_INDEX = re.compile(r"0|[1-9]\d*")


@dataclass(frozen=True)
class Number:
    """A JSON number with its spelling, which is what becomes text (`1.50` stays `1.50`)."""

    raw: str
    integral: bool


def parse_object(body: bytes) -> dict[str, object]:
    """The request body as a JSON object.

    Args:
        body: UTF-8, UTF-16 or UTF-32 bytes.

    Raises:
        Problem: 400 when it is no JSON, has trailing text, or is not an object.
    """
    try:
        value = json.loads(
            body,
            parse_int=lambda raw: Number(raw, integral=True),
            parse_float=lambda raw: Number(raw, integral=False),
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError):
        raise unreadable() from None
    return as_object(value)


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


def as_plain(value: object) -> object:
    """A bound value as `json.dumps` takes it, for what is only handed back."""
    if isinstance(value, Number):
        return int(value.raw) if value.integral else float(value.raw)
    if isinstance(value, dict):
        return {name: as_plain(item) for name, item in value.items()}
    return [as_plain(item) for item in value] if isinstance(value, list) else value


def as_object(value: object) -> dict[str, object]:
    """A JSON object; anything else does not bind."""
    if not isinstance(value, dict):
        raise unreadable()
    return value


def as_list(value: object) -> list[object]:
    """A JSON array; a lone element is not taken for one."""
    if not isinstance(value, list):
        raise unreadable()
    return value


def as_text(value: object) -> str:
    """Text, number or boolean as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        return value.raw
    raise unreadable()


def as_optional_text(value: object) -> str | None:
    """Text, or None for null and for an absent field."""
    return None if value is None else as_text(value)


def as_text_set(value: object) -> tuple[str | None, ...] | None:
    """A set of texts in order of first appearance; null elements bind, and trip the server later."""
    if value is None:
        return None
    return tuple(dict.fromkeys(as_optional_text(item) for item in as_list(value)))


def as_optional_integer(value: object) -> int | None:
    """A 32-bit integer; text holding one is accepted, a fraction is not."""
    if value is None or value == "":
        return None
    if isinstance(value, Number) and value.integral:
        number = int(value.raw)
    elif isinstance(value, str) and _INTEGER.fullmatch(java_text.trim(value)):
        number = int(java_text.trim(value))
    else:
        raise unreadable()
    if not -_MAX_INT - 1 <= number <= _MAX_INT:
        raise unreadable()
    return number


def as_optional_uri(value: object) -> str | None:
    """Text that `java.net.URI` accepts, as sent."""
    text = as_optional_text(value)
    if text is not None and java_text.parse_uri(text) is None:
        raise unreadable()
    return text


def as_enum(value: object, members: Sequence[E]) -> E:
    """A member by name in any case, or by position (0, or "0")."""
    if isinstance(value, Number) and value.integral:
        return _by_position(int(value.raw), members)
    if not isinstance(value, str):
        raise unreadable()
    name = java_text.trim(value)
    for member in members:
        if member.name.lower() == name.lower():
            return member
    if not _INDEX.fullmatch(name):
        raise unreadable()
    return _by_position(int(name), members)


def _by_position(position: int, members: Sequence[E]) -> E:
    if not 0 <= position < len(members):
        raise unreadable()
    return members[position]


def as_enum_set(value: object, members: Sequence[E]) -> tuple[E | None, ...] | None:
    """A set of members in order of first appearance; null elements bind, and trip the server later."""
    if value is None:
        return None
    return tuple(dict.fromkeys(None if i is None else as_enum(i, members) for i in as_list(value)))
