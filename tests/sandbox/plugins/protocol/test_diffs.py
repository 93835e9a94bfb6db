"""Comparing property maps."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.plugins.protocol.diffs import compare, root
from sandbox.plugins.protocol.values import UNKNOWN


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {}, {}),
        ({"a": 1}, {"a": 1}, {}),
        ({"a": None}, {}, {}),
        ({"a": 1}, {"a": 2}, {"a": "update"}),
        ({"a": 1}, {"a": True}, {"a": "update"}),
        ({"a": 1}, {}, {"a": "delete"}),
        ({}, {"a": ""}, {"a": "add"}),
        ({"a": "x"}, {"a": UNKNOWN}, {"a": "update"}),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"d": 1}}}, {"a.b.c": "delete", "a.b.d": "add"}),
        ({"a": [1, 2, 3]}, {"a": [1, 4]}, {"a[1]": "update", "a[2]": "delete"}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, {"a[0].b": "update"}),
        ({"a": [1]}, {"a": {"b": 1}}, {"a": "update"}),
        ({"a": {}}, {"a": {"b.c": 1, 'd"e': 1}}, {'a["b.c"]': "add", 'a["d\\"e"]': "add"}),
        ({"__defaults": []}, {"__defaults": ["x"]}, {}),
        ({"a": {"__defaults": []}}, {"a": {}}, {}),
    ],
)
def test_changes(old: dict[str, Any], new: dict[str, Any], expected: dict[str, str]) -> None:
    assert {change.path: change.kind.value for change in compare(old, new)} == expected


@pytest.mark.parametrize("path", ["tags", "tags.a", "tags[0]", 'tags["a.b"]', "tags[0].x"])
def test_root(path: str) -> None:
    assert root(path) == "tags"
