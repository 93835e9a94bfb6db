"""The command line `python -m ops`, installed as `nvcf-registry`: its options, and how commands end."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from ops.errors import ExitCode, OpsError
from ops.fleet import Fleet, stderr_console
from ops.spans import read_span

app = typer.Typer(
    name="nvcf-registry",
    help="Day two of NVCF registry credentials: rotate, retire, look, recover, prove gone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

StackOption = Annotated[
    list[str] | None, typer.Option("--stack", "-s", help="A stack; may be given again. Default: the selected one.")
]
AllOption = Annotated[bool, typer.Option("--all", help="Every stack of the project in this backend.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, for machines.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
JobsOption = Annotated[int, typer.Option("--jobs", "-j", min=1, help="Stacks at a time.")]
RegistryOption = Annotated[
    list[str] | None,
    typer.Option("--registry", "-r", help="A registry of the stack; may be given again. Default: all."),
]


def read_span_option(text: str | timedelta) -> timedelta:
    """Read an option that is a length of time; typer hands defaults in as well."""
    if isinstance(text, timedelta):
        return text
    try:
        return read_span(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@dataclass
class Session:
    """What all commands share.

    Attributes:
        directory: where the program is.
        console: where progress and messages go: standard error.
    """

    directory: Path
    console: Console

    @cached_property
    def engine(self) -> Any:
        """The engine; imported when it is needed, as the Pulumi SDK takes its time."""
        from ops.engine import Engine  # noqa: PLC0415

        return Engine(self.directory)

    def fleet(self, jobs: int) -> Fleet:
        """Return what runs work on many stacks."""
        return Fleet(self.console, jobs)

    def chosen(self, stacks: Sequence[str] | None, *, every: bool) -> list[str]:
        """Return the stacks that options ask for.

        Raises:
            OpsError: both are given, or none is and none is selected.
        """
        if stacks and every:
            raise OpsError("--stack and --all contradict each other.", "Give one of them.")
        if every:
            return list(self.engine.stacks())
        return list(dict.fromkeys(stacks)) if stacks else [self.engine.selected()]

    def confirm(self, question: str, *, yes: bool) -> bool:
        """Ask, unless told not to; where nobody can answer, that is an error and not a yes.

        Raises:
            OpsError: there is no terminal to ask on.
        """
        if yes:
            return True
        if not sys.stdin.isatty():
            raise OpsError("Nobody can be asked: standard input is no terminal.", "Add --yes, or --dry-run to look.")
        return typer.confirm(question, err=True)


@app.callback()
def _common(
    context: typer.Context,
    cwd: Annotated[Path, typer.Option("--cwd", "-C", help="Directory of the Pulumi program.")] = Path(),
) -> None:
    context.obj = Session(cwd.resolve(), stderr_console())


def session(context: typer.Context) -> Session:
    """Return what the command shares with the others."""
    found = context.find_object(Session)
    assert found is not None  # noqa: S101 - the callback above has put it there
    return found


def emit(document: Mapping[str, Any]) -> None:
    """Print a command's JSON result."""
    sys.stdout.write(json.dumps(document, indent=2, default=_plain) + "\n")


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def finish(code: ExitCode) -> None:
    """End the command with an exit code."""
    raise typer.Exit(int(code))


def main() -> None:
    """Run the command line; errors are two lines on standard error and an exit code, never a traceback."""
    import ops.commands  # noqa: F401, PLC0415 - registers the commands

    # A scheduler that ends the command is to be obeyed as a person at the keyboard is.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app()
    except OpsError as error:
        stderr_console().print(f"{error.problem}\n{error.remedy}", highlight=False, markup=False)
        sys.exit(int(error.exit_code))
