"""Running real processes: their end, and that of what they started."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from toolchain.commands import SystemCommands

# Prints its child's id and then waits for it; both end only if somebody ends them.
_PARENT = "import subprocess, sys; c = subprocess.Popen(['sleep', '600']); print(c.pid, flush=True); c.wait()"


def _ends(pid: int) -> bool:
    """Tells whether a process ends in the next seconds. A zombie has: who should wait for it may be gone."""
    for _ in range(500):
        try:
            if Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(") ", 1)[1][0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False


def test_lines_and_the_exit_code_are_handed_over(tmp_path: Path) -> None:
    lines: list[str] = []
    script = "import sys; print('one'); print('two', file=sys.stderr); sys.exit(3)"

    code = SystemCommands().work(
        [sys.executable, "-u", "-c", script], env=os.environ, cwd=tmp_path, on_line=lines.append
    )

    assert (code, lines) == (3, ["one", "two"])


def test_an_interruption_ends_the_program_and_its_children(tmp_path: Path) -> None:
    pids: list[int] = []

    def interrupt(line: str) -> None:
        pids.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SystemCommands().work([sys.executable, "-c", _PARENT], env=os.environ, cwd=tmp_path, on_line=interrupt)

    assert len(pids) == 1
    assert all(_ends(pid) for pid in pids)


def test_a_timeout_ends_the_program_and_its_children(tmp_path: Path) -> None:
    pids: list[int] = []

    code = SystemCommands().work(
        [sys.executable, "-c", _PARENT],
        env=os.environ,
        cwd=tmp_path,
        on_line=lambda line: pids.append(int(line)),
        timeout=2,
    )

    assert code != 0
    assert len(pids) == 1
    assert all(_ends(pid) for pid in pids)


def test_a_program_that_cannot_be_asked_has_failed(tmp_path: Path) -> None:
    commands = SystemCommands()

    missing = commands.ask(["/nonexistent"], env=os.environ, cwd=tmp_path, timeout=5)
    slow = commands.ask(["sleep", "600"], env=os.environ, cwd=tmp_path, timeout=0.1)

    assert (missing.code, slow.code) == (127, 127)
