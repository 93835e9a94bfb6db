"""The processes of one stack, found by a variable in their environment, which they all inherit."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MARKER = "FAULT_MATRIX_STACK"
_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Process:
    """One process.

    Attributes:
        pid: its id.
        command: its command line.
    """

    pid: int
    command: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.pid}: {' '.join(self.command)}"

    @property
    def is_engine(self) -> bool:
        """Whether this is Pulumi's command line, in which the engine runs."""
        return bool(self.command) and Path(self.command[0]).name == "pulumi"

    @property
    def is_aws_plugin(self) -> bool:
        """Whether this is the stand-in for the aws plugin."""
        return "sandbox.plugins.aws" in self.command

    @property
    def is_dynamic_provider(self) -> bool:
        """Whether this is the process that runs the project's own provider, without the shell that starts it."""
        return "pulumi.dynamic" in self.command

    def kill(self) -> None:
        """End it as `kill -9` does."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def processes_of(marker: str) -> list[Process]:
    """Return the processes that carry a marker and have not ended."""
    return list(_marked(f"{MARKER}={marker}".encode()))


def _marked(variable: bytes) -> Iterator[Process]:
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        # A process that ends while it is looked at is gone; one that nobody has waited for yet has no environment.
        with suppress(OSError):
            if variable in (entry / "environ").read_bytes().split(b"\0"):
                command = (entry / "cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
                yield Process(int(entry.name), tuple(command))


def left_after(marker: str, seconds: float) -> list[Process]:
    """Return the processes that are still there after so many seconds; sooner when none is."""
    end = time.monotonic() + seconds
    while (left := processes_of(marker)) and time.monotonic() < end:
        time.sleep(_LOOK_SECONDS)
    return left
