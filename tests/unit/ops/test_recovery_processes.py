"""Processes of this machine, and the plugins that have lost their engine."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from ops.recovery.processes import Leftover, from_ps_line, leftovers, process

linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only /proc tells in which directory one works")


@contextmanager
def plugin(directory: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run what looks like a plugin that was told that its engine listens at a port."""
    code = "import time; print(flush=True); time.sleep(60)"
    command = [sys.executable, "-c", code, "pulumi-resource-aws", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, cwd=directory, stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        started.stdout.readline()
        try:
            yield started
        finally:
            started.kill()


@pytest.fixture
def deaf_port() -> int:
    """Return a port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_a_process_says_since_when_it_is() -> None:
    found = process(os.getpid())
    assert found is not None
    assert found.started is not None
    assert not found.is_over
    age = datetime.now(timezone.utc) - found.started
    assert timedelta(seconds=-2) < age < timedelta(hours=2)
    assert "python" in found.command


def test_one_that_has_ended_and_was_not_taken_note_of_is_over() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    deadline = time.monotonic() + 20
    while (found := process(ended.pid)) is not None and not found.is_over and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found is not None
    assert found.is_over
    ended.wait()
    assert process(ended.pid) is None


@linux
def test_a_plugin_without_engine_is_found_in_its_directory(tmp_path: Path, deaf_port: int) -> None:
    (tmp_path / "other").mkdir()
    with plugin(tmp_path, deaf_port) as started:
        assert leftovers(tmp_path) == (Leftover(started.pid, "pulumi-resource-aws"),)
        assert leftovers(tmp_path / "other") == ()
    assert leftovers(tmp_path) == ()


@linux
def test_a_plugin_whose_engine_listens_is_left_alone(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, plugin(tmp_path, int(server.getsockname()[1])):
        assert leftovers(tmp_path) == ()


def test_a_line_of_ps_is_read() -> None:
    found = from_ps_line(7, "Ss   Sat Nov 21 14:46:24 2026     /opt/pulumi up --yes")
    local = datetime(2026, 11, 21, 14, 46, 24).astimezone(timezone.utc)
    assert (found.started, found.command, found.is_over) == (local, "/opt/pulumi up --yes", False)
    assert from_ps_line(7, "Z+   Sat Nov 21 14:46:24 2026     (pulumi)").is_over
    assert from_ps_line(7, "something else").started is None
