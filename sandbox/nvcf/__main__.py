"""Runs the NVCF emulator: `python -m sandbox.nvcf --port N [--aws-endpoint URL] [--config FILE]`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from sandbox.nvcf import config as server_config
from sandbox.nvcf.app import create_app
from sandbox.nvcf.connections import CuttableConnections

_PARENT_CHECK_SECONDS = 0.5


class EmulatorServer(uvicorn.Server):
    """uvicorn that says where it answers, and leaves signals to this module."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to answer and says so on stdout."""
        await super().startup(sockets)
        if sockets and not self.should_exit:
            host, port = sockets[0].getsockname()[:2]
            print(f"ready http://{host}:{port}", flush=True)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: a signal ends the server cleanly here, where uvicorn would raise it again at the end."""
        yield


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.nvcf",
        description="An emulator of NVCF's registry-credential API, for development and tests on this machine only.",
    )
    parser.add_argument("--port", type=int, required=True, help="port to listen on; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--aws-endpoint", metavar="URL", help="where ECR logins and image checks go")
    parser.add_argument("--config", type=Path, metavar="FILE", help="recognised registries and their answers")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when the starting process ends")
    return parser.parse_args(arguments)


async def serve(options: argparse.Namespace) -> None:
    """Answers until a signal comes or, if asked to look, the parent is gone."""
    settings = server_config.load(options.config) if options.config else None
    app = create_app(settings, aws_endpoint=options.aws_endpoint)
    listener = socket.create_server((options.host, options.port))
    server = EmulatorServer(
        uvicorn.Config(
            CuttableConnections(app),
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, server)
    watcher = asyncio.create_task(_watch_parent(server)) if options.exit_with_parent else None
    print(f"NVCF emulator (not NVIDIA's server) on {options.host}, process {os.getpid()}", file=sys.stderr)
    try:
        await server.serve(sockets=[listener])
    finally:
        if watcher is not None:
            watcher.cancel()


def _stop(server: uvicorn.Server) -> None:
    server.should_exit = True


async def _watch_parent(server: uvicorn.Server) -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(_PARENT_CHECK_SECONDS)
    server.should_exit = True


def main() -> int:
    """Runs the server and returns the exit code."""
    try:
        asyncio.run(serve(parse_arguments(sys.argv[1:])))
    except (OSError, ValueError) as error:
        print(f"NVCF emulator: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
