"""What the supervisor writes down about the parts, for `up`, `status` and `down` to read."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

from sandbox.layout import Layout
from sandbox.options import SandboxError
from sandbox.running import write_private


@dataclass(frozen=True)
class PartStatus:
    """One part, as it was last seen.

    Args:
        name: the part's short name.
        title: what it is.
        pid: its process id.
        endpoint: where it answers.
        seconds: how long it took to be ready.
        exit_code: set once it has ended; negative for a signal.
    """

    name: str
    title: str
    pid: int
    endpoint: str
    seconds: float
    exit_code: int | None = None


@dataclass(frozen=True)
class Status:
    """A sandbox that is up.

    Args:
        options: what it was asked to be.
        parts: its parts, in the order they were asked for.
    """

    options: Mapping[str, str | float]
    parts: tuple[PartStatus, ...]

    def ended(self, name: str, code: int) -> Status:
        """The same, with one part ended."""
        return replace(self, parts=tuple(replace(p, exit_code=code) if p.name == name else p for p in self.parts))

    @property
    def crashed(self) -> tuple[PartStatus, ...]:
        """Parts that have ended although nobody asked them to."""
        return tuple(part for part in self.parts if part.exit_code is not None)

    def write(self, path: Path) -> None:
        """Replace the status file."""
        write_private(path, json.dumps({"options": dict(self.options), "parts": [asdict(part) for part in self.parts]}))

    @classmethod
    def read(cls, path: Path) -> Status | None:
        """The status in a file; none when there is no file (nothing has become ready yet)."""
        try:
            document: dict[str, Any] = json.loads(path.read_text())
        except FileNotFoundError:
            return None
        return cls(document["options"], tuple(PartStatus(**part) for part in document["parts"]))


@contextmanager
def supervisor_lock(layout: Layout) -> Iterator[None]:
    """Hold the sandbox's lock, with this process's id in it.

    The kernel lets go of the lock when its holder dies, however it dies: a lock that is held always means a
        living
    supervisor, and the number in it is that one's.

    Raises:
        SandboxError: somebody else holds it.
    """
    layout.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with layout.lock.open("a+") as file:
        if not _locked(file):
            raise SandboxError(f"Another sandbox is being started, or runs, in {layout.root}.")
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _locked(file: IO[str], patience: float = 1.0) -> bool:
    """Lock a file. Tried for a while: whoever only looks whether it is locked holds it for an instant."""
    deadline = time.monotonic() + patience
    while not _lock(file, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _lock(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def supervisor_pid(layout: Layout) -> int | None:
    """The process id of the living supervisor; none when there is none."""
    try:
        file = layout.lock.open()
    except FileNotFoundError:
        return None
    with file:
        if _lock(file, fcntl.LOCK_SH):
            return None
        text = file.read()
        return int(text) if text else None
