"""The project's own command line, as a person runs it on a stack of the tests."""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from tests.engine.stacks import PROJECT, TIMEOUT, EngineStack


@dataclass(frozen=True)
class OpsRun:
    """One command.

    Attributes:
        exit_code: how it ended.
        stdout: its result.
        stderr: its progress and messages.
    """

    exit_code: int
    stdout: str
    stderr: str

    @property
    def report(self) -> dict[str, Any]:
        """What it says to machines."""
        return dict(json.loads(self.stdout))

    @property
    def registries(self) -> list[dict[str, Any]]:
        """What it says of the registries of its only stack."""
        (stack,) = self.report["stacks"]
        return list(stack["registries"])


def ops(stack: EngineStack, command: str, *arguments: str, names_stack: bool = True) -> OpsRun:
    """Run a command on a stack, or in its directory; everything it prints goes into the stack's transcript."""
    named = ("--stack", stack.name) if names_stack else ()
    done = subprocess.run(
        [sys.executable, "-m", "ops", "--cwd", str(stack.directory), command, *named, *arguments],
        cwd=PROJECT,
        env=stack.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    stack.transcript += [done.stdout, done.stderr]
    return OpsRun(done.returncode, done.stdout, done.stderr)
