"""Text as the Java platform reads and writes it."""

from __future__ import annotations

import pytest

from sandbox.nvcf import java_text
from sandbox.nvcf.java_text import Uri


@pytest.mark.parametrize(
    ("nanos", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_700_000_000_120_000_000, "2023-11-14T22:13:20.120Z"),
        (1_700_000_000_120_450_000, "2023-11-14T22:13:20.120450Z"),
        (1_700_000_000_000_000_001, "2023-11-14T22:13:20.000000001Z"),
    ],
)
def test_instants_have_as_many_decimals_as_they_need(nanos: int, text: str) -> None:
    assert java_text.format_instant(nanos) == text


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("", Uri(None, None, "")),
        ("team/app:v1", Uri(None, None, "team/app:v1")),
        ("ubuntu:22.04", Uri("ubuntu", None, "22.04")),
        ("https://host", Uri("https", "host", "/")),
        ("https://host:443/a?b#c", Uri("https", "host", "/a")),
        ("https://user:pw@Host.Example/a", Uri("https", "Host.Example", "/a")),
        ("https://5/a", Uri("https", "5", "/a")),
        ("https://10.0.0.1/a", Uri("https", "10.0.0.1", "/a")),
        ("https://a.b.5/a", Uri("https", None, "/a")),
        ("https://under_score/a", Uri("https", None, "/a")),
        ("https://host:22.04", Uri("https", None, "/")),
        ("https:///a", Uri("https", None, "/a")),
    ],
)
def test_uris_that_are_read(text: str, uri: Uri) -> None:
    assert java_text.parse_uri(text) == uri


@pytest.mark.parametrize("text", ["a b", "1host:443/a", "a%zz", "a{b}", ":a", "a:", "a\n", 'a"b', "a^b", "a|b", "a\\b"])
def test_uris_that_are_none(text: str) -> None:
    assert java_text.parse_uri(text) is None


def test_splitting_drops_trailing_empty_parts() -> None:
    assert java_text.split_on_colon("a:b::") == ["a", "b"]
    assert java_text.split_on_colon(":a") == ["", "a"]
    assert java_text.split_on_colon("::") == []


def test_lengths_are_those_of_utf16() -> None:
    assert java_text.length("a\u00e9\U0001f600") == 4
    assert java_text.length("\ud800") == 1
