"""What the sandbox's commands do: up, down, status, env."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sandbox.layout import PROJECT, Layout
from sandbox.options import Options, SandboxError
from sandbox.processes import describe_exit, inherited_environment
from sandbox.status import PartStatus, Status, supervisor_pid

STOP_TIMEOUT = 30.0
"""Seconds for a sandbox to end; the supervisor itself kills what has not ended after 20."""

Say = Callable[[str], None]
SUPERVISOR = (sys.executable, "-m", "sandbox.supervisor")


def up(layout: Layout, options: Options, say: Say, supervisor: Sequence[str] = SUPERVISOR) -> int:
    """Start a sandbox in the background and wait until every part answers.

    Args:
        layout: where it keeps its files.
        options: what it is made of.
        say: takes each line for the user.
        supervisor: the command that owns the parts.

    Returns:
        0 when it is up, now or already; 1 when it is up but not as asked, or not whole.

    Raises:
        SandboxError: it could not be started.
    """
    if supervisor_pid(layout) is not None:
        return _already_up(layout, options, say)
    say("Starting the sandbox: emulators and stand-ins on 127.0.0.1, nothing real.")
    command = [*supervisor, "--dir", str(layout.root), "--options", json.dumps(options.as_dict())]
    # A session of its own: Ctrl-C at this terminal, and the end of this command, are not for the sandbox.
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        env=inherited_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        _follow_start(process, say)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    finally:
        if process.stdout:
            process.stdout.close()
    process.returncode = 0  # it lives on by design; without this the interpreter would warn of a forgotten child
    for line in _epilogue(layout, options):
        say(line)
    return 0


def down(layout: Layout, say: Say, timeout: float = STOP_TIMEOUT) -> int:
    """End a sandbox, all of its processes and no other.

    Returns:
        0; there being nothing to end is fine.

    Raises:
        SandboxError: it did not end in time.
    """
    pid = supervisor_pid(layout)
    if pid is None:
        layout.environment.unlink(missing_ok=True)
        layout.status.unlink(missing_ok=True)
        say("The sandbox is not up; nothing to do.")
        return 0
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while supervisor_pid(layout) is not None:
        if time.monotonic() > deadline:
            raise SandboxError(
                f"The sandbox's supervisor, process {pid}, has not ended in {timeout:.0f} s. "
                f"Its logs are in {layout.logs}. `kill -9 {pid}` ends it; its parts then end by themselves."
            )
        time.sleep(0.02)
    say("The sandbox has ended, and with it all that its AWS and NVCF held: that was in memory.")
    return 0


def status(layout: Layout, say: Say) -> int:
    """Say what runs.

    Returns:
        0 when all of it does, 1 when a part has ended, 3 when the sandbox is not up.
    """
    pid = supervisor_pid(layout)
    if pid is None:
        leftover = " The last one did not end properly." if layout.status.exists() else ""
        say(f"The sandbox is not up.{leftover} Start it with `python -m sandbox up`.")
        return 3
    known = Status.read(layout.status)
    if known is None:
        say(f"The sandbox is starting (process {pid}).")
        return 1
    say(f"The sandbox is up (process {pid}): emulators and stand-ins on 127.0.0.1, nothing real.")
    for line in _describe(known, layout):
        say(line)
    return 1 if known.crashed else 0


def shell_environment(layout: Layout, say: Say) -> int:
    """Print the shell script that points a shell at the sandbox, for `eval "$(python -m sandbox env)"`.

    Raises:
        SandboxError: the sandbox is not up.
    """
    if supervisor_pid(layout) is None or not layout.environment.exists():
        raise SandboxError("The sandbox is not up. Start it with `python -m sandbox up`.")
    say(layout.environment.read_text().rstrip("\n"))
    return 0


def _already_up(layout: Layout, options: Options, say: Say) -> int:
    known = Status.read(layout.status)
    if known is None:
        raise SandboxError(f"The sandbox in {layout.root} is being started by somebody else; wait for it.")
    say("The sandbox is already up.")
    for line in _describe(known, layout):
        say(line)
    if known.crashed:
        say("A part has ended. Start afresh: `python -m sandbox down`, then `up`.")
        return 1
    different = sorted(name for name, value in options.as_dict().items() if known.options.get(name) != value)
    if different:
        say(f"It was started with another {', '.join(different)}. To change that: `python -m sandbox down`, then `up`.")
        return 1
    for line in _epilogue(layout, options):
        say(line)
    return 0


def _follow_start(process: subprocess.Popen[str], say: Say) -> None:
    """Pass on what a supervisor reports until it says that all is up.

    Raises:
        SandboxError: it says that it failed, or ends without a word.
    """
    noise: list[str] = []
    for line in process.stdout or ():
        event = _event(line)
        if event is None:
            noise.append(line.rstrip())
        elif event["event"] == "up":
            return
        elif event["event"] == "ready":
            say(_line(event["name"], event["title"], event["endpoint"], f"{event['seconds']:.1f} s"))
        else:
            raise SandboxError(event["message"])
    code = describe_exit(process.wait())
    raise SandboxError("\n  ".join([f"The sandbox's supervisor ended with {code} before all was up.", *noise[-25:]]))


def _event(line: str) -> dict[str, Any] | None:
    try:
        document = json.loads(line)
    except ValueError:
        return None
    return document if isinstance(document, dict) and "event" in document else None


def _describe(known: Status, layout: Layout) -> list[str]:
    return [_line(part.name, part.title, part.endpoint, _state(part, layout)) for part in known.parts]


def _state(part: PartStatus, layout: Layout) -> str:
    if part.exit_code is None:
        return f"process {part.pid}"
    return f"ENDED with {describe_exit(part.exit_code)}, see {shown(layout.log(part.name))}"


def _epilogue(layout: Layout, options: Options) -> list[str]:
    if options.plugins == "standin":
        plugins = "STAND-INS of aws and kubernetes, first on PATH"
    else:
        plugins = "the official ones, downloaded by Pulumi"
    lines = [f"  {'plugins':<11} {plugins}"]
    if options.kube == "mine":
        lines.append(f"  {'kubernetes':<11} YOUR OWN cluster, KUBECONFIG={options.kubeconfig}")
    else:
        lines.append(f"  {'':<11} what AWS, NVCF and the cluster hold is gone after `down`")
    directory = "" if layout == Layout.at(None) else f" --dir {shown(layout.root)}"
    return [*lines, "", f"Next:  . {shown(layout.environment)}", f"Stop:  python -m sandbox down{directory}"]


def _line(name: str, title: str, endpoint: str, note: str) -> str:
    return f"  {name:<11} {title:<36} {endpoint:<24} {note}"


def shown(path: Path) -> str:
    """A path as short as it can be typed here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
