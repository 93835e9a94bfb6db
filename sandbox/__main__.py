"""The sandbox's commands: `python -m sandbox up|down|status|env`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox import commands
from sandbox.layout import TOOLCHAIN, Layout
from sandbox.options import SandboxError, checked_options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the command line after the program's name; the process's own by default.

    Returns:
        The exit code: 0 for success, 1 for a failure that was explained, 130 for Ctrl-C.
    """
    chosen = _parser().parse_args(arguments)
    layout = Layout.at(chosen.dir)
    try:
        if chosen.command == "up":
            options = checked_options(chosen.kube, chosen.plugins, chosen.propagation, os.environ, chosen.toolchain)
            return commands.up(layout, options, print)
        if chosen.command == "down":
            return commands.down(layout, print)
        if chosen.command == "status":
            return commands.status(layout, print)
        return commands.shell_environment(layout, print)
    except SandboxError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; what was started has been ended.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="Emulators of AWS and NVCF, a Kubernetes control plane and plugin stand-ins.",
    )
    everywhere = argparse.ArgumentParser(add_help=False)
    everywhere.add_argument("--dir", type=Path, metavar="DIR", help="where data and logs go (default: .sandbox)")
    commands_ = parser.add_subparsers(dest="command", required=True, metavar="up|down|status|env")
    start = commands_.add_parser("up", parents=[everywhere], help="start everything and wait until it answers")
    start.add_argument("--kube", choices=("own", "mine"), default="own", help="run a control plane, or use KUBECONFIG")
    start.add_argument("--plugins", choices=("standin", "official"), default="standin", help="provider plugins to use")
    start.add_argument(
        "--propagation",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="until AWS accepts a new access key (default: 0)",
    )
    start.add_argument("--toolchain", type=Path, default=TOOLCHAIN, metavar="DIR", help="where the built binaries are")
    commands_.add_parser("down", parents=[everywhere], help="end everything; what the emulators held is lost")
    commands_.add_parser("status", parents=[everywhere], help="say what runs")
    commands_.add_parser("env", parents=[everywhere], help="print the environment variables, for a shell to evaluate")
    return parser


if __name__ == "__main__":
    sys.exit(main())
