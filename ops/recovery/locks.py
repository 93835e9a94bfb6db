"""The lock that a run holds on its stack, who holds it, and whether that run can still be at work.

Pulumi's own backends (a directory, S3, Azure, Google) lock a stack with a file that says who made it. It stays behind
when the engine is killed. On engine 3.259 it is `.pulumi/locks/organization/<project>/<stack>/<id>.json` and holds pid,
username, hostname and timestamp (`pkg/backend/diy/lock.go`).
"""

from __future__ import annotations

import json
import re
import socket
import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from pathlib import Path

from ops.errors import OpsError
from ops.recovery.processes import Process

#: `lockURLForError` and the rest of the line, as `checkForLock` writes it.
_MESSAGE = re.compile(r"^\s*(\S+): created by (\S*?)@(\S+) \(pid (\d+)\) at (\S+)\s*$", re.MULTILINE)

_CLOCK_MARGIN = timedelta(seconds=2)
"""When a process began is known to the second, and less exactly when the clock was set meanwhile."""
_ENGINE_MARGIN = timedelta(minutes=5)
"""The same where the process is a Pulumi engine: rather too careful than to break into a run."""


_WRITING_SECONDS = 60.0
"""After which nobody is still writing a lock file."""


class Verdict(Enum):
    """Whether the owner of a lock can still be at work."""

    DEAD = "dead"
    """It is not: the lock can be released."""
    ALIVE = "alive"
    """It is, as far as can be seen."""
    ELSEWHERE = "elsewhere"
    """It is on another machine, which cannot be seen from here."""


@dataclass(frozen=True)
class Lock:
    """A lock on a stack.

    Attributes:
        where: the lock file's path or address.
        file: the file itself; None where the backend is no directory.
        pid: process id of the engine that made it.
        user: whose process it was.
        host: on which machine.
        since: when it was made.
    """

    where: str
    file: Path | None
    pid: int
    user: str
    host: str
    since: datetime

    def __str__(self) -> str:
        return f"process {self.pid} of {self.user} on {self.host}, since {self.since:%Y-%m-%d %H:%M:%S %Z}"


def read_lock(file: Path, text: str, written: float) -> Lock:
    """Read a lock file.

    Args:
        file: the file.
        text: what it contains.
        written: when it was, in seconds since 1970.

    Raises:
        OpsError: it is not what engine 3.259 writes, or is being written now.
    """
    if not text and time.time() - written > _WRITING_SECONDS:
        # Its writer is gone: it takes no time to write a line.
        return Lock(str(file), file, 0, "somebody", socket.gethostname(), datetime.fromtimestamp(written, timezone.utc))
    try:
        content = json.loads(text)
        since = _time(str(content["timestamp"]))
        return Lock(str(file), file, int(content["pid"]), str(content["username"]), str(content["hostname"]), since)
    except (ValueError, KeyError, TypeError):
        raise OpsError(
            f"The lock file {file} is not one that can be read.",
            "See which run made it; when that is over, release it with `pulumi cancel`.",
        ) from None


def locks_in_message(text: str) -> tuple[Lock, ...]:
    """Read the locks that the engine names when it finds a stack locked.

    Args:
        text: the engine's words.
    """
    return tuple(
        Lock(where, None, int(pid), user, host, _time(since))
        for where, user, host, pid, since in _MESSAGE.findall(text)
    )


def judge(lock: Lock, this_host: str, process: Process | None) -> Verdict:
    """Tell whether the owner of a lock can still be at work.

    Args:
        lock: the lock.
        this_host: the name of this machine.
        process: the process that has the owner's id on this machine now; None when none has.
    """
    if lock.host != this_host:
        return Verdict.ELSEWHERE
    if process is None or process.is_over:
        return Verdict.DEAD
    margin = _ENGINE_MARGIN if "pulumi" in process.command else _CLOCK_MARGIN
    # Process ids are used again: one that began after the lock was made is another's.
    if process.started is not None and process.started > lock.since + margin:
        return Verdict.DEAD
    return Verdict.ALIVE


def lock_directories(root: Path, project: str, stack: str) -> tuple[Path, ...]:
    """Return where the lock files of a stack can be, in a backend that is a directory.

    Args:
        root: where the backend keeps its files.
        project: the project's name.
        stack: the stack's name.
    """
    locks = root / "locks"
    # The second is the layout of backends from before projects were told apart.
    return locks / "organization" / project / stack, locks / stack


def _time(text: str) -> datetime:
    """Read a time as Go writes it, with up to nine digits of a second."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", text)
    if match is None:
        raise ValueError(f"{text!r} is no time")
    zone = "+00:00" if match[3] == "Z" else match[3]
    return datetime.fromisoformat(f"{match[1]}.{(match[2] or '')[:6].ljust(6, '0')}{zone}").astimezone(timezone.utc)
