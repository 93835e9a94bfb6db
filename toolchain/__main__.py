"""``python3 -m toolchain``: install the command-line tools, or tell how they stand.

python3 -m toolchain install [--only FAMILY]... [--source auto|path|installer|build]
python3 -m toolchain status
python3 -m toolchain path
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import NoReturn, TextIO

from toolchain.build import Builder
from toolchain.commands import Commands, SystemCommands
from toolchain.download import Downloader
from toolchain.errors import ToolchainError
from toolchain.families import FAMILIES, Family
from toolchain.gotests import GoTests
from toolchain.install import Installation, Source
from toolchain.layout import PROJECT_ROOT, Layout
from toolchain.progress import Progress

_SOURCE_VARIABLE = "TOOLCHAIN_SOURCE"


def main(argv: Sequence[str], environ: Mapping[str, str], out: TextIO, commands: Commands) -> int:
    """Runs one command.

    Args:
        argv: The arguments after the program's name.
        environ: The user's environment; ``TOOLCHAIN_SOURCE`` is the default of ``--source``.
        out: For progress and results.
        commands: Runs other programs.

    Returns:
        The exit code: 0, or 1 if something could not be had or, for ``status``, is missing.
    """
    arguments = _parser(environ).parse_args(argv)
    layout = Layout(PROJECT_ROOT)
    progress = Progress(out)
    if arguments.command == "path":
        progress.say(str(layout.bin))
        return 0
    if arguments.command == "test":
        return _test(GoTests(commands, environ, layout, progress), vet=arguments.vet)
    installation = Installation(
        layout=layout,
        builder=Builder(commands, environ, layout, progress),
        downloader=Downloader(commands, environ, progress),
        source=Source(arguments.source),
    )
    families = _chosen(arguments.only)
    try:
        if arguments.command == "install":
            installation.install(families)
            return 0
        states = installation.status(families)
    except ToolchainError as error:
        progress.say(f"error: {error}")
        return 1
    for state in states:
        progress.say(f"{state.family.name:<12}{state.text}")
    return 0 if all(state.ready for state in states) else 1


def _test(tests: GoTests, *, vet: bool) -> int:
    try:
        for module in sorted({family.module for family in FAMILIES}):
            tests.run(module, vet=vet)
    except ToolchainError as error:
        tests.progress.say(f"error: {error}")
        return 1
    return 0


def _chosen(names: Sequence[str] | None) -> list[Family]:
    return [family for family in FAMILIES if not names or family.name in names]


def _parser(environ: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m toolchain", description="The command-line tools of this project.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("install", "bring the tools into .toolchain/bin, unless yours will do"),
        ("status", "tell which tools are there, from where"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument(
            "--only",
            action="append",
            choices=[family.name for family in FAMILIES],
            help="one family (may be repeated; default: all)",
        )
        command.add_argument(
            "--source",
            choices=[source.value for source in Source],
            default=environ.get(_SOURCE_VARIABLE, Source.AUTO.value),
            help=f"where tools may come from; what is not found there is built (default: ${_SOURCE_VARIABLE} or auto)",
        )
    commands.add_parser("path", help="print the directory to put first on PATH")
    test = commands.add_parser("test", help="run the tests of the programs written in Go")
    test.add_argument("--vet", action="store_true", help="run go vet as well")
    return parser


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    # A terminated run cleans up like an interrupted one.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        sys.exit(main(sys.argv[1:], os.environ, sys.stdout, SystemCommands()))
    except KeyboardInterrupt:
        print("interrupted; nothing was half-installed", file=sys.stderr)
        sys.exit(130)
