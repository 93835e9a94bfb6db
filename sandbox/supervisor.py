"""The process that owns a sandbox's parts: `python -m sandbox.supervisor --dir DIR --options JSON`.

`python -m sandbox up` starts it in a session of its own. It tells its parent how the start goes, one JSON
document a line on standard output, then lives until it is asked to end. When it dies without a chance to
end its parts, they end by themselves (each was started with `--exit-with-parent`).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from sandbox.layout import Layout
from sandbox.options import Options, SandboxError
from sandbox.parts import Part
from sandbox.processes import Ended, Ready
from sandbox.running import Sandbox
from sandbox.status import PartStatus, Status, supervisor_lock


def supervise(layout: Layout, options: Options, parts: Sequence[Part] | None = None) -> None:
    """Run a sandbox until the process is told to end, reporting the start on standard output.

    Args:
        layout: where the sandbox keeps its files.
        options: what it is made of.
        parts: other parts than the ones `options` ask for.

    Raises:
        SandboxError: it could not be started.
        SystemExit: the process was told to end; every part has ended by then.
    """
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _end)
    with supervisor_lock(layout):
        layout.status.unlink(missing_ok=True)
        ready: dict[str, Ready] = {}

        def announce(part: Ready) -> None:
            ready[part.part] = part
            titles = {part.name: part.title for part in sandbox.parts}
            _report(
                event="ready",
                name=part.part,
                title=titles[part.part],
                endpoint=part.endpoint,
                seconds=part.seconds,
            )

        sandbox = Sandbox(layout.root, options, parts=parts, announce=announce)
        try:
            with sandbox:
                status = _status(sandbox, ready)
                status.write(layout.status)
                _report(event="up")
                _detach(layout)
                _watch(sandbox, status)
        finally:
            layout.status.unlink(missing_ok=True)


def _status(sandbox: Sandbox, ready: dict[str, Ready]) -> Status:
    pid = sandbox.processes.pid
    parts = [
        PartStatus(part.name, part.title, pid(part.name), ready[part.name].endpoint, ready[part.name].seconds)
        for part in sandbox.parts
    ]
    return Status(sandbox.options.as_dict(), tuple(parts))


def _watch(sandbox: Sandbox, status: Status) -> NoReturn:
    """Write down every part that ends. None is started again: what it knew is gone, and that must show."""
    while True:
        event = sandbox.processes.events.get()
        if isinstance(event, Ended):
            status = status.ended(event.part, event.code)
            status.write(sandbox.layout.status)


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # ending is under way; a second request must not cut it short
    sys.exit(0)


def _report(**fields: str | float) -> None:
    print(json.dumps(fields), flush=True)


def _detach(layout: Layout) -> None:
    """Let go of the parent's pipe, so that it sees the end of the report."""
    log = os.open(layout.log("supervisor"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    os.close(log)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Own the parts of a sandbox. Started by `python -m sandbox up`.")
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--options", type=json.loads, required=True)
    chosen = parser.parse_args(arguments)
    try:
        supervise(Layout.at(chosen.dir), Options(**chosen.options))
    except SandboxError as error:
        _report(event="failed", message=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
