from typing import Any

import pytest

from sandbox.plugins.kubernetes.drift import live_inputs


@pytest.mark.parametrize(
    ("inputs", "left", "live", "shown"),
    [
        # as the last run left it
        ({"a": "1"}, {"a": "1"}, {"a": "1"}, {"a": "1"}),
        # what only the server or others set does not show
        ({"a": "1"}, {"a": "1", "default": 1}, {"a": "1", "default": 2, "more": 3}, {"a": "1"}),
        # changed, and removed
        ({"a": "1"}, {"a": "1"}, {"a": "2"}, {"a": "2"}),
        ({"a": "1", "b": "2"}, {"a": "1", "b": "2"}, {"a": "1"}, {"a": "1"}),
        ({"data": {"a": "1", "b": "2"}}, {"data": {"a": "1", "b": "2"}}, {"data": {"b": "3"}}, {"data": {"b": "3"}}),
        ({"data": {"a": "1"}}, {"data": {"a": "1"}}, {}, {}),
        # the server's own spelling of the same value is no drift
        ({"cpu": "0.5"}, {"cpu": "500m"}, {"cpu": "500m"}, {"cpu": "0.5"}),
        ({"cpu": "0.5"}, {"cpu": "500m"}, {"cpu": "600m"}, {"cpu": "600m"}),
        # an empty map that the server never kept
        ({"labels": {}}, {}, {}, {"labels": {}}),
        # lists: by place, and another length is a change of the whole
        ({"l": [{"n": "a"}]}, {"l": [{"n": "a", "d": 1}]}, {"l": [{"n": "a", "d": 2}]}, {"l": [{"n": "a"}]}),
        ({"l": [{"n": "a"}]}, {"l": [{"n": "a", "d": 1}]}, {"l": [{"n": "b", "d": 1}]}, {"l": [{"n": "b"}]}),
        ({"l": ["a"]}, {"l": ["a"]}, {"l": ["a", "b"]}, {"l": ["a", "b"]}),
        ({"l": ["a", "b"]}, {"l": ["a", "b"]}, {"l": []}, {"l": []}),
        # the server adds items of its own at once
        ({"l": ["a"]}, {"l": ["a", "auto"]}, {"l": ["a", "auto"]}, {"l": ["a"]}),
        # a boolean is not a number
        ({"a": True}, {"a": True}, {"a": 1}, {"a": 1}),
        # another type altogether
        ({"a": {"b": 1}}, {"a": {"b": 1}}, {"a": "text"}, {"a": "text"}),
    ],
)
def test_what_of_a_live_object_shows(
    inputs: dict[str, Any], left: dict[str, Any], live: dict[str, Any], shown: dict[str, Any]
) -> None:
    assert live_inputs(inputs, left, live) == shown
