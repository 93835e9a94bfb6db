"""Parts small enough to start in a fraction of a second, for tests of what starts and ends them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

import pytest

from sandbox.parts import Part

PROGRAM = """
import os, signal, sys, time
print("noise before", flush=True)
print("on stderr", file=sys.stderr, flush=True)
{before}
print("ready http://127.0.0.1:{port}", flush=True)
{after}
while True:
    signal.pause()
"""


def fake_part(
    name: str,
    *,
    port: int = 1,
    before: str = "",
    after: str = "",
    needs: tuple[str, ...] = (),
    saw: Callable[[Mapping[str, str]], None] = lambda _: None,
) -> Part:
    """A part that prints a little, is ready, and waits for a signal."""

    def command(endpoints: Mapping[str, str]) -> list[str]:
        saw(dict(endpoints))
        return [sys.executable, "-S", "-c", PROGRAM.format(before=before, after=after, port=port)]

    return Part(name, f"fake {name}", command, needs)


@pytest.fixture
def fake() -> Callable[..., Part]:
    return fake_part
