"""`python -m sandbox.aws`: a stand-in for AWS on loopback."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from sandbox.aws.account import ACCOUNT_ID, ADMIN_KEY_ID
from sandbox.aws.cloud import Cloud
from sandbox.aws.hooks import LABEL
from sandbox.aws.layer_store import Olareg
from sandbox.aws.server import Server

_PARENT_CHECK_SECONDS = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until a signal, or the death of the parent, ends it.

    Args:
        arguments: Command line without the program's name.

    Returns:
        Exit code: 0, or 1 when the port cannot be had or the registry's address is none.
    """
    options = _parse(arguments)
    parent = os.getppid()
    try:
        layers = Olareg(options.registry) if options.registry else None
        server = Server(Cloud(propagation_seconds=options.propagation, layers=layers), options.host, options.port)
    except ValueError as error:
        print(f"--registry: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"cannot listen on {options.host}:{options.port}: {error}; choose another --port", file=sys.stderr)
        return 1
    stopped = threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"{LABEL} (account {ACCOUNT_ID}, administrator key {ADMIN_KEY_ID})", file=sys.stderr, flush=True)
    with server.running():
        print(f"ready {server.url}", flush=True)
        while not stopped.wait(_PARENT_CHECK_SECONDS):
            if options.exit_with_parent and os.getppid() != parent:
                break
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.aws", description=LABEL)
    parser.add_argument("--port", type=int, required=True, help="port to listen on; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--propagation",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="how long a new access key stays unknown to the services (default: %(default)s)",
    )
    parser.add_argument(
        "--registry",
        metavar="URL",
        help="an olareg that keeps image layers and collects no garbage; without it nothing can be pushed or pulled",
    )
    parser.add_argument("--exit-with-parent", action="store_true", help="end when the parent process ends")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
