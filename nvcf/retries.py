"""Trying again: which failures are worth it, for how long, and with what pauses.

Exponential backoff with jitter, each kind of failure within its own budget. Clock, sleep and randomness are
given, so that tests run in no time.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from nvcf.errors import NvcfError, Retry

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Clock:
    """Time as the retries see it.

    Attributes:
        now: Returns seconds on a clock that never goes back.
        sleep: Waits that many seconds.
        random: Returns a number from 0 up to 1.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random


SYSTEM_CLOCK = Clock()
"""Real time and chance."""


@dataclass(frozen=True)
class Retries:
    """How failed calls are repeated.

    Attributes:
        clock: Time and chance.
        transient_seconds: How long to go on after the first transient failure.
        propagation_seconds: How long to go on after AWS first did not know a key.
        first_pause: The first pause, in seconds, before jitter; each further one is twice as long.
        longest_pause: The longest pause, in seconds.
    """

    clock: Clock = SYSTEM_CLOCK
    transient_seconds: float = 60.0
    propagation_seconds: float = 360.0
    first_pause: float = 0.5
    longest_pause: float = 10.0

    def run(self, call: Callable[[], T], *, repeatable: bool, what: str) -> T:
        """Makes a call until it succeeds, fails for good, or has failed for too long.

        Args:
            call: The call.
            repeatable: Whether doing it twice is the same as doing it once, so that it may be repeated even
                when an earlier attempt may have had its effect.
            what: What is being done, for the log: "PATCH of credential …".

        Returns:
            What the call returned.

        Raises:
            NvcfError: The last failure, saying how often and how long it was tried.
        """
        first_failure: dict[Retry, float] = {}
        announced: set[Retry] = set()
        tries = 0
        while True:
            try:
                tries += 1
                return call()
            except NvcfError as error:
                now = self.clock.now()
                since = first_failure.setdefault(error.retry, now)
                left = since + self._budget(error.retry, repeatable=repeatable) - now
                if left <= 0:
                    error.history = _history(tries, now - min(first_failure.values()))
                    raise
                pause = min(self.pause(tries), left)
                if error.retry not in announced:
                    announced.add(error.retry)
                    _log.warning("%s Trying again for up to %.0f s (%s).", error.problem, left, what)
            self.clock.sleep(pause)

    def pause(self, tries: int) -> float:
        """Returns how long to wait after that many tries, in seconds: half of it fixed, half by chance."""
        full = min(self.longest_pause, self.first_pause * 2.0 ** min(tries - 1, 30))
        return full * (0.5 + 0.5 * self.clock.random())

    def _budget(self, retry: Retry, *, repeatable: bool) -> float:
        if retry is Retry.KEY_PROPAGATION:
            return self.propagation_seconds
        if retry is Retry.NO_EFFECT or (retry is Retry.EFFECT_UNKNOWN and repeatable):
            return self.transient_seconds
        return 0.0


def _history(tries: int, seconds: float) -> str:
    return f"Tried {tries} times in {seconds:.0f} s." if tries > 1 else ""
