"""What can go wrong in a command: thing, cause and remedy, and the exit code that says which kind it was."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ends; 2 is typer's for a wrong command line."""

    DONE = 0
    """Done, or nothing to do."""
    FAILED = 1
    """Something failed part of the way; run the command again."""
    REFUSED = 3
    """A precondition does not hold; nothing was touched."""
    ATTENTION = 4
    """The command only looked, and found something that somebody should see to."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C or SIGTERM, after what was under way had ended."""


class OpsError(Exception):
    """A command cannot go on.

    Args:
        problem: what is wrong with which thing, and why; a sentence.
        remedy: what to do about it; a sentence.
    """

    exit_code = ExitCode.FAILED

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy


class RefusedError(OpsError):
    """A precondition does not hold, and nothing was touched."""

    exit_code = ExitCode.REFUSED
