"""Telling a waiting person what is going on, without flooding a log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

# A terminal is kept up to date; a log gets a sign of life now and then.
_LIVE_INTERVAL = 0.2
_LOG_INTERVAL = 15.0


class Progress:
    """Prints one line per step, with the time it took.

    Args:
        out: Where to print. If it is a terminal, the current line is renewed in place.
        clock: Seconds, monotonic.
    """

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._clock = clock
        self._live = out.isatty()

    def say(self, text: str) -> None:
        """Prints one line."""
        self._out.write(f"{text}\n")
        self._out.flush()

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Shows a step from its start to its end; the elapsed time is added.

        Args:
            title: What is being done.
        """
        step = Step()
        start = self._clock()
        ended = threading.Event()

        def show(note: str, *, final: bool) -> None:
            line = f"{title}: {note + ', ' if note else ''}{self._clock() - start:.0f} s"
            if self._live:
                self._out.write(f"\r\x1b[K{line}" + ("\n" if final else ""))
            else:
                self._out.write(f"{line}\n")
            self._out.flush()

        def keep_showing() -> None:
            while not ended.wait(_LIVE_INTERVAL if self._live else _LOG_INTERVAL):
                show(step.note, final=False)

        if not self._live:
            self.say(f"{title} ...")
        shower = threading.Thread(target=keep_showing, daemon=True)
        shower.start()
        outcome = "failed"
        try:
            yield step
            outcome = step.result
        finally:
            ended.set()
            shower.join()
            show(outcome, final=True)


class Step:
    """What a running step says about itself."""

    def __init__(self) -> None:
        self.note = ""
        self.result = "done"
