"""Time that passes only when somebody sleeps."""

from __future__ import annotations

from dataclasses import dataclass, field

from nvcf.retries import Clock, Retries


@dataclass
class FakeClock:
    """A clock at zero whose sleeps take no time.

    Attributes:
        time: Seconds since the start.
        sleeps: Every sleep, in seconds.
    """

    time: float = 0.0
    sleeps: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Lets time pass."""
        assert seconds >= 0
        self.sleeps.append(seconds)
        self.time += seconds

    def clock(self) -> Clock:
        """Returns the clock as the code under test wants it."""
        return Clock(now=lambda: self.time, sleep=self.sleep, random=lambda: 1.0)

    def retries(self, **more: float) -> Retries:
        """Returns retries that run on this clock."""
        return Retries(clock=self.clock(), **more)
