"""Running other programs: the only place that starts processes, so that tests can put another in its place."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Finished:
    """How a program ended.

    Args:
        code: Its exit code; negative for a signal.
        output: What it printed, both streams, in the order it came.
    """

    code: int
    output: str


class Commands(Protocol):
    """Finds and runs programs."""

    def which(self, name: str, path: str) -> str | None:
        """Returns the absolute path of an executable found on ``path`` (as in PATH), or None."""

    def ask(self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, timeout: float) -> Finished:
        """Runs a program that answers at once, for at most ``timeout`` seconds.

        A program that takes longer or cannot be started has ended with code 127.
        """

    def work(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[str], None],
        timeout: float | None = None,
    ) -> int:
        """Runs a program that takes its time and hands over each line it prints; returns its exit code.

        However this ends, an exception included, the program and all it started have ended as well.
        ``timeout``, in seconds, ends them too.
        """


class SystemCommands:
    """``Commands`` on the machine itself."""

    def which(self, name: str, path: str) -> str | None:
        """See ``Commands``."""
        return shutil.which(name, path=path)

    def ask(self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, timeout: float) -> Finished:
        """See ``Commands``."""
        try:
            done = subprocess.run(
                argv,
                env=dict(env),
                cwd=cwd,
                timeout=timeout,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Finished(127, str(error))
        return Finished(done.returncode, done.stdout)

    def work(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[str], None],
        timeout: float | None = None,
    ) -> int:
        """See ``Commands``."""
        with (
            subprocess.Popen(
                argv,
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,  # one group to end: the Go compiler runs as many processes
            ) as process,
            _deadline(process, timeout),
        ):
            try:
                for line in process.stdout or ():
                    on_line(line.rstrip("\n"))
                return process.wait()
            finally:
                _end(process)


@contextmanager
def _deadline(process: subprocess.Popen[str], timeout: float | None) -> Iterator[None]:
    """Ends a process's group after ``timeout`` seconds, unless the block ends first."""
    if timeout is None:
        yield
        return
    timer = threading.Timer(timeout, _end, [process])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
