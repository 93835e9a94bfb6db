"""Property values as Python objects, and their form on the wire.

Pulumi's type system is JSON plus unknowns, secrets and outputs; on the wire the extras are marked strings and objects
inside a `google.protobuf.Struct`. The signatures below are part of Pulumi's public plugin protocol (the "type system"
chapter of its developer documentation).

Asset, archive and resource-reference objects are left as the marked dicts they arrive as: no resource type that the
stand-ins carry uses them.
"""

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from google.protobuf import struct_pb2  # type: ignore[import-untyped]  # protobuf ships no types

Value: TypeAlias = Any
"""A property value: None, bool, int, float, str, `UNKNOWN`, `Secret`, or a list or str-keyed dict of these."""

Properties: TypeAlias = dict[str, Any]
"""A property map: wire name (camelCase) to `Value`."""

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# The engine picks the sentinel by the type it expects; a plugin treats all of them alike.
_UNKNOWNS: Final = frozenset(
    {
        _UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
    }
)


class Unknown(enum.Enum):
    """The type of `UNKNOWN`; an enum so that `is UNKNOWN` narrows types and copies stay identical."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN
"""A value that is not known until something else has been created or updated."""


@dataclass(frozen=True)
class Secret:
    """A value that the engine must encrypt in state and mask wherever it shows it.

    Attributes:
        value: What is kept secret; never itself a `Secret`, never shown by `repr`.
    """

    value: Value = field(repr=False)


def decode(struct: struct_pb2.Struct) -> Properties:
    """Turn a wire struct into a property map, with `UNKNOWN` and `Secret` in their places.

    Whole numbers become `int`, since the wire knows only doubles.
    """
    return {key: _decode_value(value) for key, value in struct.fields.items()}


def encode(properties: Mapping[str, Value]) -> struct_pb2.Struct:
    """Turn a property map into a wire struct; the inverse of `decode`."""
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        _encode_into(struct.fields[key], value)
    return struct


def from_json(text: str) -> Value:
    """Read JSON text as a property value, secrets revealed.

    SDKs send a provider's configuration that is no string as JSON, in which secrets and unknowns are marked as they
    are on the wire.

    Raises:
        ValueError: The text is no JSON.
    """
    return reveal(_unmark(json.loads(text)))


def has_unknown(value: Value) -> bool:
    """Tell whether `value` is, or anywhere contains, `UNKNOWN`."""
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def has_secret(value: Value) -> bool:
    """Tell whether `value` is, or anywhere contains, a `Secret`."""
    if isinstance(value, dict):
        return any(has_secret(item) for item in value.values())
    if isinstance(value, list):
        return any(has_secret(item) for item in value)
    return isinstance(value, Secret)


def reveal(value: Value) -> Value:
    """Return `value` with every `Secret` replaced by what it holds; unknowns stay."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if isinstance(value, dict):
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [reveal(item) for item in value]
    return value


def conceal_like(value: Value, pattern: Value) -> Value:
    """Make secret in `value` whatever is secret at the same place in `pattern`.

    A plugin works on revealed inputs; this gives its outputs the secrecy of the inputs they repeat. Lists are matched
    item by item; where the lengths differ and the pattern holds a secret, the whole list becomes secret.
    """
    if isinstance(pattern, Secret):
        return value if isinstance(value, Secret) else Secret(reveal(value))
    if isinstance(value, dict) and isinstance(pattern, dict):
        return {key: conceal_like(item, pattern.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(pattern, list):
        if len(value) == len(pattern):
            return [conceal_like(item, like) for item, like in zip(value, pattern, strict=True)]
        return Secret(reveal(value)) if has_secret(pattern) else value
    return value


def _unmark(value: Value) -> Value:
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return Secret(_unmark(value.get("value")))
        return {key: _unmark(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unmark(item) for item in value]
    return UNKNOWN if isinstance(value, str) and value in _UNKNOWNS else value


def _decode_value(value: struct_pb2.Value) -> Value:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text in _UNKNOWNS else text
    if kind == "struct_value":
        return _decode_object(value.struct_value)
    if kind == "list_value":
        return [_decode_value(item) for item in value.list_value.values]
    if kind == "bool_value":
        return value.bool_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return None


def _decode_object(struct: struct_pb2.Struct) -> Value:
    fields = struct.fields
    signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else ""
    if signature == _SECRET:
        return Secret(reveal(_decode_value(fields["value"])))
    if signature == _OUTPUT:
        inner = reveal(_decode_value(fields["value"])) if "value" in fields else UNKNOWN
        return Secret(inner) if "secret" in fields and fields["secret"].bool_value else inner
    return decode(struct)


def _encode_into(target: struct_pb2.Value, value: Value) -> None:
    if isinstance(value, Secret):
        value = {_SIGNATURE: _SECRET, "value": value.value}
    if isinstance(value, Mapping):
        target.struct_value.SetInParent()  # so that an empty object is one, and not null
        for key, item in value.items():
            _encode_into(target.struct_value.fields[key], item)
    elif isinstance(value, (list, tuple)):
        target.list_value.SetInParent()
        for item in value:
            _encode_into(target.list_value.values.add(), item)
    else:
        _encode_scalar_into(target, value)


def _encode_scalar_into(target: struct_pb2.Value, value: Value) -> None:
    if value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif value is UNKNOWN:
        target.string_value = _UNKNOWN_STRING
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, (int, float)):
        target.number_value = value
    else:
        raise TypeError(f"a property value cannot be a {type(value).__name__}")
