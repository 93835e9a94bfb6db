"""The sandbox's store of image layers: the built program, started, used over HTTP and stopped."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from toolchain.layout import bin_directory

PROGRAM = bin_directory() / "sandbox-registry"
PATIENCE = 60.0


@contextmanager
def started(directory: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command: list[str | Path] = [PROGRAM, "--dir", directory]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            word, url = process.stdout.readline().split()
            assert word == "ready"
            yield process, url
        finally:
            process.kill()


def ask(method: str, url: str, content: bytes | None = None) -> tuple[int, str, bytes]:
    """Status, location and body of an answer."""
    request = urllib.request.Request(url, method=method, data=content)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return response.status, response.headers.get("Location", ""), response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, "", error.read()


def upload(url: str, content: bytes, digest: str) -> int:
    place = ask("POST", f"{url}/v2/layers/blobs/uploads/", b"")[1]
    place = ask("PATCH", url + place, content)[1]
    return ask("PUT", f"{url}{place}&digest={digest}", b"")[0]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_layers_are_kept_until_it_is_told_to_end(tmp_path: Path, end: signal.Signals) -> None:
    content = b"layer" * 100_000
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    with started(tmp_path / "layers") as (process, url):
        assert url.startswith("http://127.0.0.1:")
        assert (tmp_path / "layers").stat().st_mode & 0o077 == 0
        assert upload(url, content, digest) == 201
        assert upload(url, b"other", digest) == 400
        status, _, body = ask("GET", f"{url}/v2/layers/blobs/{digest}")
        assert (status, body) == (200, content)
        process.send_signal(end)
        assert process.wait(PATIENCE) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    with started(tmp_path / "first") as (_, url):
        command: list[str | Path] = [PROGRAM, "--dir", tmp_path / "second", "--port", url.rpartition(":")[2]]
        second = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert second.returncode == 1
    assert "choose another --port" in second.stderr


def test_a_directory_must_be_named() -> None:
    done = subprocess.run([PROGRAM], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 2
    assert "-dir" in done.stderr


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    # A parent that starts it, passes its line on and waits to be killed.
    source = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)\n"
        "print(child.stdout.readline().split()[0], child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    argv = [sys.executable, "-c", source, str(PROGRAM), "--dir", str(tmp_path / "layers"), "--exit-with-parent"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        word, pid = parent.stdout.readline().split()
        parent.kill()

    assert word == "ready"
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and _runs(int(pid)):
        time.sleep(0.05)
    assert not _runs(int(pid))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(") ", 1)[1][0] != "Z"
    except OSError:
        return False
