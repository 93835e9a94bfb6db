"""Processes of this machine: whether one is there, since when, and which ones a dead engine left behind."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

_PROC = Path("/proc")
_ADDRESS = re.compile(r"127\.0\.0\.1:(\d{1,5})")
_PLUGIN = re.compile(r"pulumi-(?:resource|language)-[\w-]+|pulumi\.dynamic")
_CONNECT_SECONDS = 2.0


@dataclass(frozen=True)
class Process:
    """A process.

    Attributes:
        pid: its id.
        command: its command line.
        started: when it began; None when that cannot be seen.
        is_over: whether it has ended, and only its parent has not taken note.
    """

    pid: int
    command: str
    started: datetime | None
    is_over: bool = False


@dataclass(frozen=True)
class Leftover:
    """A plugin's process whose engine is gone.

    Attributes:
        pid: its id.
        plugin: which plugin it is.
    """

    pid: int
    plugin: str


def process(pid: int) -> Process | None:
    """Return the process that has an id; None when none has."""
    if pid <= 0:
        return None  # the system takes these for whole groups
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass  # somebody else's, and alive
    return _from_proc(pid) if _PROC.joinpath("self").exists() else _from_ps(pid)


def leftovers(directory: Path) -> tuple[Leftover, ...]:
    """Return the plugins' processes that work in a directory and whose engine is gone.

    The engine tells each plugin where it listens, as its last argument; where nobody listens, there is no engine any
    more. Only Linux tells in which directory a process works: elsewhere none is found.

    Args:
        directory: the program's directory.
    """
    found = []
    for entry in _PROC.glob("[0-9]*"):
        # Processes end at any time, and those of others tell nothing.
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
            plugin = next((match[0] for word in words if (match := _PLUGIN.search(word))), None)
            address = _ADDRESS.fullmatch(words[-1]) if words else None
            if plugin and address and (entry / "cwd").resolve() == directory and not _listens(int(address[1])):
                found.append(Leftover(int(entry.name), plugin))
    return tuple(found)


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_CONNECT_SECONDS):
            return True
    except ConnectionRefusedError:
        return False
    except OSError:
        return True  # no proof that nobody does


def _from_proc(pid: int) -> Process | None:
    entry = _PROC / str(pid)
    try:
        fields = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        # It has just ended, or /proc hides it (its mount option hidepid): the latter is not over.
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return None
        except PermissionError:
            pass
        return Process(pid, "", None)
    # proc(5): state is the third field and starttime, in clock ticks since the start of the machine, the 22nd.
    state, ticks = fields[0], int(fields[19])
    booted = next(
        int(line.split()[1])
        for line in (_PROC / "stat").read_text(encoding="utf-8").splitlines()
        if line.startswith("btime ")
    )
    started = datetime.fromtimestamp(booted + ticks / os.sysconf("SC_CLK_TCK"), timezone.utc)
    return Process(pid, command, started, is_over=state in ("Z", "X"))


def _from_ps(pid: int) -> Process | None:
    done = subprocess.run(  # noqa: S603 - the arguments are ours
        ["ps", "-o", "stat=,lstart=,command=", "-p", str(pid)],  # noqa: S607 - as on PATH
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    return from_ps_line(pid, done.stdout.strip()) if done.stdout.strip() else Process(pid, "", None)


def from_ps_line(pid: int, line: str) -> Process:
    """Read a line of `ps -o stat=,lstart=,command=`, whose times are local ones."""
    words = line.split(None, 6)
    try:
        # A naive time is taken as local.
        started = datetime.strptime(" ".join(words[1:6]), "%a %b %d %H:%M:%S %Y").astimezone(timezone.utc)
    except ValueError:
        return Process(pid, line, None)
    return Process(pid, words[6] if len(words) > 6 else "", started, is_over=words[0].startswith("Z"))
