"""Child processes: started together, awaited by the line each prints when it is ready, ended together."""

from __future__ import annotations

import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.options import SandboxError
from sandbox.parts import Part

TAIL_LINES = 25


@dataclass(frozen=True)
class Ready:
    """A part answers at `endpoint`, `seconds` after it was started."""

    part: str
    endpoint: str
    seconds: float


@dataclass(frozen=True)
class Ended:
    """A part's process ended; `code` is negative for a signal."""

    part: str
    code: int


Event = Ready | Ended


class PartFailedError(SandboxError):
    """A part did not become ready; the text has the end of its log."""


@dataclass
class Processes:
    """The running parts of one sandbox.

    Not thread-safe: one thread starts, waits and stops. Children are started by that thread alone, since
    some end when the thread that made them does.

    Args:
        cwd: the directory that children run in.
        log: where a part's output goes.
        environ: the environment of every child.
    """

    cwd: Path
    log: Callable[[str], Path]
    environ: Mapping[str, str]
    endpoints: dict[str, str] = field(default_factory=dict)
    events: queue.SimpleQueue[Event] = field(default_factory=queue.SimpleQueue, repr=False)
    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict, repr=False)
    _threads: list[threading.Thread] = field(default_factory=list, repr=False)

    def start(self, parts: Sequence[Part], timeout: float, announce: Callable[[Ready], None]) -> None:
        """Start every part, each as soon as the parts it needs are ready, and wait for all of them.

        Args:
            parts: what to start, in any order.
            timeout: seconds for all of them together.
            announce: called with each part that becomes ready.

        Raises:
            PartFailedError: a part ended, or time ran out. Nothing is stopped: call `stop`.
        """
        waiting = {part.name: part for part in parts}
        unready = set(waiting)
        deadline = time.monotonic() + timeout
        while unready:
            for part in [part for part in waiting.values() if self.endpoints.keys() >= set(part.needs)]:
                self._spawn(waiting.pop(part.name))
            event = self._next(deadline - time.monotonic(), unready)
            if isinstance(event, Ended):
                when = "before it was ready" if event.part in unready else "while the others were starting"
                raise PartFailedError(self._failure(event.part, f"ended with {describe_exit(event.code)} {when}"))
            self.endpoints[event.part] = event.endpoint
            unready.discard(event.part)
            announce(event)

    def pid(self, part: str) -> int:
        """The process id of a started part."""
        return self._children[part].pid

    def stop(self, timeout: float = 20.0) -> None:
        """End every child: asked first, killed after `timeout` seconds. Returns when all are gone."""
        deadline = time.monotonic() + timeout
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        for child in self._children.values():
            _await_end(child, deadline)
        for thread in self._threads:
            thread.join()
        self._children.clear()
        self._threads.clear()
        self.endpoints.clear()

    def _spawn(self, part: Part) -> None:
        log = self.log(part.name)
        started = time.monotonic()
        with log.open("ab") as errors:
            log.chmod(0o600)
            try:
                child = subprocess.Popen(
                    part.command(self.endpoints),
                    cwd=self.cwd,
                    env=dict(self.environ),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                )
            except OSError as error:
                raise PartFailedError(f"{part.title} ({part.name}) could not be started: {error}.") from error
        self._children[part.name] = child
        thread = threading.Thread(target=self._follow, args=(part.name, child, log, started), daemon=True)
        thread.start()
        self._threads.append(thread)

    def _follow(self, part: str, child: subprocess.Popen[bytes], log: Path, started: float) -> None:
        """Copy a child's output to its log, say when it is ready, and say when it has ended."""
        assert child.stdout is not None  # it was started with a pipe
        ready = False
        with child.stdout, log.open("ab", buffering=0) as copy:
            for line in child.stdout:
                copy.write(line)
                words = line.decode(errors="replace").split()
                if not ready and len(words) == 2 and words[0] == "ready":
                    ready = True
                    self.events.put(Ready(part, words[1], time.monotonic() - started))
        self.events.put(Ended(part, child.wait()))

    def _next(self, seconds: float, unready: set[str]) -> Event:
        try:
            return self.events.get(timeout=max(seconds, 0.0))
        except queue.Empty:
            part = next((name for name in self._children if name in unready), min(unready))
            raise PartFailedError(self._failure(part, "was not ready in time")) from None

    def _failure(self, part: str, what: str) -> str:
        lines = [
            f"{part} {what}.",
            f"The end of {self.log(part)}:",
            *("  " + line for line in tail(self.log(part))),
        ]
        return "\n".join(lines)


def _await_end(child: subprocess.Popen[bytes], deadline: float) -> None:
    try:
        child.wait(max(deadline - time.monotonic(), 0.0))
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def tail(log: Path, lines: int = TAIL_LINES) -> list[str]:
    """The last lines of a log; one that says so when there are none."""
    try:
        text = log.read_text(errors="replace")
    except FileNotFoundError:
        text = ""
    return text.splitlines()[-lines:] or ["(empty)"]


def describe_exit(code: int) -> str:
    """An exit code in words: `exit code 2`, `signal 9`."""
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def inherited_environment() -> dict[str, str]:
    """This process's environment with Python's output unbuffered: a child's ready line is seen at once."""
    return {**os.environ, "PYTHONUNBUFFERED": "1"}
