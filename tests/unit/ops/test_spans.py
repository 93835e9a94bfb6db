"""Lengths of time, read and written."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.spans import read_span, span


@pytest.mark.parametrize(
    ("text", "length"),
    [("0s", timedelta(0)), ("90d", timedelta(days=90)), ("12h", timedelta(hours=12)), ("2w", timedelta(weeks=2))],
)
def test_a_number_and_a_unit_are_read(text: str, length: timedelta) -> None:
    assert read_span(text) == length


@pytest.mark.parametrize("text", ["", "90", "d", "-1d", "1.5h", "3 d", "1y", "\uff19d"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as 90d or 12h"):
        read_span(text)


def test_two_units_are_written() -> None:
    assert span(timedelta(days=3, hours=4, minutes=5)) == "3d 4h"
    assert span(timedelta(seconds=0)) == "0s"
    assert span(timedelta(seconds=-5)) == "0s"


@given(st.integers(0, 10**6), st.sampled_from("smhdw"))
def test_what_is_written_of_one_unit_is_read_back(count: int, unit: str) -> None:
    length = read_span(f"{count}{unit}")
    assert sum((read_span(part) for part in span(length).split()), timedelta(0)) <= length
