"""The whole sandbox, as `python -m sandbox` runs it."""

import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.layout import PLUGIN_STAND_INS, PROJECT, TOOLCHAIN, Layout
from sandbox.status import Status, supervisor_pid


def sandbox(command: str, directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", command, "--dir", str(directory), *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "sandbox"
    sandbox("down", tmp_path / "sandbox")


def in_shell(directory: Path, script: str) -> str:
    """What a shell prints that has sourced the sandbox's variables."""
    command = ["/bin/sh", "-euc", f". '{directory}/env'\n{script}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_up_use_down(directory: Path) -> None:
    up = sandbox("up", directory, "--propagation", "0.5")
    assert up.returncode == 0, up.stderr
    assert all(word in up.stdout for word in ("AWS emulator", "NVCF emulator", "Kubernetes", "STAND-INS", "Next:"))
    assert sandbox("status", directory).returncode == 0

    python = f"'{sys.executable}'"
    caller = in_shell(
        directory, f"{python} -c \"import boto3; print(boto3.client('sts').get_caller_identity()['Account'])\""
    )
    assert caller.strip() == "123456789012"
    version = in_shell(directory, f"'{TOOLCHAIN}/kubectl' get --raw /readyz")
    assert version == "ok"
    registries = in_shell(directory, 'printf "%s %s" "$NVCF_ENDPOINT" "$NVCF_TOKEN"').split()
    request = urllib.request.Request(
        f"{registries[0]}/v2/nvcf/registry-credentials", headers={"Authorization": f"Bearer {registries[1]}"}
    )
    with urllib.request.urlopen(request) as response:
        assert response.status == 200
    found = in_shell(directory, "command -v pulumi-resource-aws pulumi-resource-kubernetes").split()
    assert {Path(path).parent for path in found} == {PLUGIN_STAND_INS}

    known = Status.read(Layout(directory).status)
    assert known
    down = sandbox("down", directory)
    assert down.returncode == 0, down.stderr
    assert not any(alive(part.pid) for part in known.parts)
    assert sandbox("status", directory).returncode == 3


def test_parts_end_when_their_supervisor_is_killed(directory: Path) -> None:
    assert sandbox("up", directory).returncode == 0
    layout = Layout(directory)
    known, supervisor = Status.read(layout.status), supervisor_pid(layout)
    assert known
    assert supervisor
    os.kill(supervisor, signal.SIGKILL)
    while any(alive(part.pid) for part in known.parts):  # the test's own time limit ends this, if ever
        threading.Event().wait(0.05)
    again = sandbox("up", directory)
    assert again.returncode == 0, again.stderr
