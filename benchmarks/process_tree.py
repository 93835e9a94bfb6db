"""Wall time and peak memory of a command with everything it starts."""

import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: How often the process tree is looked at, in seconds. Shorter peaks than this can be missed.
SAMPLE_SECONDS = 0.05
PAGE = 4096


@dataclass(frozen=True)
class Usage:
    """What a command took.

    Attributes:
        seconds: wall time.
        peak_bytes: largest sum of resident memory of the command and its descendants at one moment.
    """

    seconds: float
    peak_bytes: int


def run_measured(command: Sequence[str], directory: Path, environment: Mapping[str, str]) -> Usage:
    """Run a command to its end.

    Raises:
        RuntimeError: if it fails; the text ends with what it printed last.
    """
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    ended = threading.Event()
    peaks = [0]

    def watch() -> None:
        while not ended.wait(SAMPLE_SECONDS):
            peaks.append(_resident(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    output, _ = process.communicate()
    seconds = time.monotonic() - started
    ended.set()
    watcher.join()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed with {process.returncode}:\n{output[-4000:]}")
    return Usage(seconds, max(peaks))


def _resident(root: int) -> int:
    """Return the resident memory of a process and its descendants, in bytes."""
    parents: dict[int, int] = {}
    pages: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # The name in parentheses may contain anything; what follows it does not.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.name)], pages[int(entry.name)] = int(fields[1]), int(fields[21])
    family, added = {root}, True
    while added:
        more = {pid for pid, parent in parents.items() if parent in family} - family
        family |= more
        added = bool(more)
    return sum(pages.get(pid, 0) for pid in family) * PAGE
