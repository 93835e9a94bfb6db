"""`up`, `down`, `status` and `env`, with a supervisor that runs fake parts instead of the real ones."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import commands
from sandbox.__main__ import main
from sandbox.layout import Layout
from sandbox.options import Options, SandboxError
from sandbox.running import Sandbox
from sandbox.status import Status, supervisor_pid

FAKE_SUPERVISOR = """
import json, sys
from pathlib import Path
from sandbox import supervisor
from sandbox.options import SandboxError, Options
from sandbox.layout import Layout
from sandbox.parts import Part
def part(name, program, needs=()):
    return Part(name, "fake " + name, lambda _: [sys.executable, "-S", "-c", program], needs)
RUN = "import signal; print('ready http://127.0.0.1:1', flush=True)\\nwhile True: signal.pause()"
parts = [part("aws", RUN), part("nvcf", {nvcf}, ("aws",))]
layout = Layout.at(Path(sys.argv[sys.argv.index("--dir") + 1]))
options = Options(**json.loads(sys.argv[sys.argv.index("--options") + 1]))
try:
    supervisor.supervise(layout, options, parts)
except SandboxError as error:
    print(json.dumps({{"event": "failed", "message": str(error)}}), flush=True)
"""
RUN = "import signal; print('ready http://127.0.0.1:2', flush=True)\nwhile True: signal.pause()"
FAIL = "import sys; print('no such endpoint', flush=True); sys.exit(4)"


def supervisor(nvcf: str = RUN) -> list[str]:
    return [sys.executable, "-c", FAKE_SUPERVISOR.format(nvcf=repr(nvcf))]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    layout = Layout.at(tmp_path / "sandbox")
    yield layout
    commands.down(layout, lambda _: None)


@pytest.fixture
def said() -> list[str]:
    return []


def start(layout: Layout, said: list[str], nvcf: str = RUN, options: Options | None = None) -> int:
    return commands.up(layout, options or Options(), said.append, supervisor(nvcf))


def test_up_waits_for_all_parts_and_down_ends_them_all(layout: Layout, said: list[str]) -> None:
    assert start(layout, said) == 0
    text = "\n".join(said)
    assert "http://127.0.0.1:1" in text
    assert "http://127.0.0.1:2" in text
    assert "nothing real" in text
    assert "STAND-INS" in text
    known = Status.read(layout.status)
    assert known
    pids = [part.pid for part in known.parts] + [supervisor_pid(layout) or 0]
    assert all(map(alive, pids))
    assert layout.environment.stat().st_mode & 0o777 == 0o600
    assert layout.root.stat().st_mode & 0o777 == 0o700

    said.clear()
    assert commands.down(layout, said.append) == 0
    assert "memory" in said[0]
    assert not any(alive(part.pid) for part in known.parts)
    assert not layout.environment.exists()
    assert supervisor_pid(layout) is None


def test_up_twice_says_so_and_starts_nothing(layout: Layout, said: list[str]) -> None:
    start(layout, said)
    before = supervisor_pid(layout)
    said.clear()
    assert start(layout, said) == 0
    assert "already up" in said[0]
    assert supervisor_pid(layout) == before


def test_up_with_other_options_than_the_running_one_says_what_to_do(layout: Layout, said: list[str]) -> None:
    start(layout, said)
    said.clear()
    assert start(layout, said, options=Options(plugins="official", propagation=3.0)) == 1
    assert "another plugins, propagation" in said[-1]
    assert "down" in said[-1]


def test_a_part_that_fails_fails_up_with_its_log_and_leaves_nothing(layout: Layout, said: list[str]) -> None:
    with pytest.raises(SandboxError) as failure:
        start(layout, said, nvcf=FAIL)
    assert "nvcf ended with exit code 4" in str(failure.value)
    assert "no such endpoint" in str(failure.value)
    assert supervisor_pid(layout) is None
    assert not layout.environment.exists()


def test_a_supervisor_that_breaks_is_reported_with_what_it_printed(layout: Layout, said: list[str]) -> None:
    with pytest.raises(SandboxError, match=r"(?s)ended with exit code 1.*ZeroDivisionError"):
        commands.up(layout, Options(), said.append, [sys.executable, "-c", "1/0"])


def test_status_names_a_part_that_crashed(layout: Layout, said: list[str]) -> None:
    start(layout, said)
    known = Status.read(layout.status)
    assert known
    nvcf = known.parts[1]
    said.clear()
    assert commands.status(layout, said.append) == 0
    os.kill(nvcf.pid, signal.SIGKILL)
    wait_for_crash(layout)
    said.clear()
    assert commands.status(layout, said.append) == 1
    assert any("nvcf" in line and "ENDED with signal 9" in line and "nvcf.log" in line for line in said)
    said.clear()
    assert start(layout, said) == 1
    assert "down" in said[-1]


def wait_for_crash(layout: Layout) -> None:
    """Wait until the supervisor has written a crash down."""
    while not (known := Status.read(layout.status)) or not known.crashed:
        threading.Event().wait(0.01)


def test_up_recovers_from_a_supervisor_that_was_killed(layout: Layout, said: list[str]) -> None:
    start(layout, said)
    first = supervisor_pid(layout)
    known = Status.read(layout.status)
    assert first
    assert known
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)
    for part in known.parts:  # real parts see to that themselves
        os.kill(part.pid, signal.SIGKILL)
    said.clear()
    assert commands.status(layout, said.append) == 3
    assert "did not end properly" in said[0]
    assert start(layout, said) == 0
    assert supervisor_pid(layout) not in (None, first)


def test_down_ends_only_its_own(layout: Layout, said: list[str], tmp_path: Path) -> None:
    other = Layout.at(tmp_path / "other")
    start(layout, said)
    start(other, said)
    commands.down(layout, said.append)
    try:
        assert commands.status(other, said.append) == 0
    finally:
        commands.down(other, said.append)


def test_down_and_env_without_a_sandbox(layout: Layout, said: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.down(layout, said.append) == 0
    assert "not up" in said[0]
    assert main(["env", "--dir", str(layout.root)]) == 1
    assert "python -m sandbox up" in capsys.readouterr().err


def test_env_prints_what_a_shell_can_evaluate(layout: Layout, said: list[str]) -> None:
    start(layout, said)
    said.clear()
    assert commands.shell_environment(layout, said.append) == 0
    script = said[0] + '\nprintf %s "$NVCF_ENDPOINT"'
    assert subprocess.run(["/bin/sh", "-euc", script], capture_output=True, text=True, check=True).stdout == (
        "http://127.0.0.1:2"
    )


def test_a_control_plane_that_is_not_built_is_explained(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="--kube mine"):
        Sandbox(tmp_path / "s", Options(toolchain=str(tmp_path))).start()


def test_a_registry_that_is_not_built_is_explained(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"There is no registry at .* Build it with `python -m toolchain install`"):
        Sandbox(tmp_path / "s", Options(kube="mine", kubeconfig="/k", toolchain=str(tmp_path))).start()


def test_what_an_earlier_sandbox_left_is_gone_unless_the_cluster_is_the_users(tmp_path: Path, fake: Any) -> None:
    for options, kept in ((Options(kube="own"), False), (Options(kube="mine", kubeconfig="/k"), True)):
        layout = Layout.at(tmp_path / options.kube)
        layout.backend(options.kube).mkdir(parents=True)
        leftover = layout.backend(options.kube) / "stack.json"
        leftover.touch()
        with Sandbox(layout.root, options, parts=[fake("aws")]) as sandbox:
            assert leftover.exists() is kept
            assert sandbox.env["AWS_ENDPOINT_URL"] == sandbox.endpoints["aws"]
        assert not layout.environment.exists()


def test_a_start_that_fails_leaves_no_process(tmp_path: Path, fake: Any) -> None:
    sandbox = Sandbox(tmp_path, parts=[fake("aws"), fake("broken", needs=("aws",), before="sys.exit(3)")])
    pids: list[int] = []
    stop = sandbox.processes.stop

    def stopping() -> None:
        pids.append(sandbox.processes.pid("aws"))
        stop()

    sandbox.processes.stop = stopping  # type: ignore[method-assign,assignment]  # to look between
    with pytest.raises(SandboxError, match="broken ended"):
        sandbox.start()
    assert pids
    assert not any(map(alive, pids))


def test_a_block_that_fails_leaves_no_process(tmp_path: Path, fake: Any) -> None:
    def failing_block() -> None:
        with Sandbox(tmp_path, parts=[fake("aws")]) as sandbox:
            pids.append(sandbox.processes.pid("aws"))
            raise KeyError

    pids: list[int] = []
    with pytest.raises(KeyError):
        failing_block()
    assert pids
    assert not any(map(alive, pids))
