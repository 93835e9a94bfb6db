"""Property values and their wire form."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import struct_pb2  # type: ignore[import-untyped]  # protobuf ships no types
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.plugins.protocol.values import (
    UNKNOWN,
    Secret,
    conceal_like,
    decode,
    encode,
    from_json,
    has_secret,
    has_unknown,
    reveal,
)

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.just(UNKNOWN),
    lambda inner: st.lists(inner) | st.dictionaries(st.text().filter(lambda key: key != SIGNATURE), inner),
    max_leaves=8,
)


def wire(fields: dict[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(fields)
    return struct


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(), PLAIN))
def test_what_is_encoded_is_decoded_again(properties: dict[str, Any]) -> None:
    assert decode(encode(properties)) == properties


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(), PLAIN))
def test_secrets_are_encoded_and_decoded_again(properties: dict[str, Any]) -> None:
    concealed = {key: Secret(value) for key, value in properties.items()}
    assert decode(encode(concealed)) == concealed
    assert reveal(concealed) == properties


def test_marked_objects_of_the_wire() -> None:
    decoded = decode(
        wire(
            {
                "secret": {SIGNATURE: SECRET, "value": {"nested": {SIGNATURE: SECRET, "value": 1}}},
                "output": {SIGNATURE: OUTPUT, "value": 2, "dependencies": ["urn"]},
                "secretOutput": {SIGNATURE: OUTPUT, "value": 3, "secret": True},
                "unknownOutput": {SIGNATURE: OUTPUT},
                "unknown": UNKNOWN_STRING,
                "unknownList": "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
                "half": 0.5,
            }
        )
    )
    assert decoded == {
        "secret": Secret({"nested": 1}),
        "output": 2,
        "secretOutput": Secret(3),
        "unknownOutput": UNKNOWN,
        "unknown": UNKNOWN,
        "unknownList": UNKNOWN,
        "half": 0.5,
    }
    assert isinstance(decoded["output"], int)


def test_what_is_no_property_value_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be a set"):
        encode({"a": {1}})


def test_a_secret_shows_nothing_of_itself() -> None:
    assert "hidden" not in repr({"a": [Secret("hidden")]})


@pytest.mark.parametrize("value", [UNKNOWN, [UNKNOWN], {"a": [UNKNOWN]}, Secret({"a": UNKNOWN})])
def test_unknowns_are_found_anywhere(value: Any) -> None:
    assert has_unknown(value)
    assert not has_unknown({"a": [1, Secret("x")]})


def test_secrets_are_found_anywhere() -> None:
    assert has_secret({"a": [Secret(1)]})
    assert not has_secret({"a": [UNKNOWN]})


@pytest.mark.parametrize(
    ("value", "pattern", "expected"),
    [
        ("x", Secret("y"), Secret("x")),
        (Secret("x"), Secret("y"), Secret("x")),
        ("x", "y", "x"),
        ({"a": 1, "b": 2}, {"a": Secret(0)}, {"a": Secret(1), "b": 2}),
        ({"a": {"b": 1}}, Secret({}), Secret({"a": {"b": 1}})),
        ([1, 2], [0, Secret(0)], [1, Secret(2)]),
        ([1], [0, Secret(0)], Secret([1])),
        ([1], [0, 0], [1]),
        ({"a": Secret(1)}, Secret({"a": 1}), Secret({"a": 1})),
        (UNKNOWN, Secret("y"), Secret(UNKNOWN)),
        (1, {"a": Secret(0)}, 1),
    ],
)
def test_secrecy_is_copied_by_place(value: Any, pattern: Any, expected: Any) -> None:
    assert conceal_like(value, pattern) == expected


def test_json_text_is_read_with_its_marks() -> None:
    marked = f'{{"a": {{"{SIGNATURE}": "{SECRET}", "value": ["s"]}}, "b": "{UNKNOWN_STRING}"}}'
    assert from_json(marked) == {"a": ["s"], "b": UNKNOWN}
    with pytest.raises(ValueError, match="Expecting"):
        from_json("{")
