"""Time, injectable so that tests need not wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """Two clocks.

    Attributes:
        wall: Nanoseconds since 1970, for time stamps and token expiry.
        monotonic: Seconds from an arbitrary start, for caches and rate limits.
    """

    wall: Callable[[], int] = time.time_ns
    monotonic: Callable[[], float] = time.monotonic
