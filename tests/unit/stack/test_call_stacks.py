"""Call stacks are short while resources are declared, and whole again afterwards."""

import sys
import traceback

import pytest

from stack.call_stacks import FRAMES, short_call_stacks


def depth(levels: int) -> int:
    """Return how many frames the SDK would see so many calls down."""
    return depth(levels - 1) if levels else len(traceback.extract_stack())


def test_only_the_innermost_frames_are_seen_inside() -> None:
    with short_call_stacks():
        assert depth(3 * FRAMES) == FRAMES
        assert traceback.extract_stack()[-1].filename == __file__
    assert depth(3 * FRAMES) > 3 * FRAMES


def test_an_error_is_reported_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(levels: int) -> None:
        if levels:
            fail(levels - 1)
        raise ValueError

    monkeypatch.setattr(sys, "tracebacklimit", 100, raising=False)
    with pytest.raises(ValueError) as caught, short_call_stacks():  # noqa: PT011 - any will do
        fail(2 * FRAMES)
    assert len(traceback.extract_tb(caught.value.__traceback__)) > 2 * FRAMES
    assert sys.tracebacklimit == 100
