"""A plugin as the process that the engine starts.

The engine runs `pulumi-resource-<name> [flags] <engine address>`, reads the port from the first line on stdout and
interrupts the process when it is done. An engine that is itself killed cannot do that, so the process also watches
its parent.
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from sandbox.plugins.protocol.engine import log_info
from sandbox.plugins.protocol.plugin import Plugin
from sandbox.plugins.protocol.server import build
from sandbox.plugins.protocol.service import ProviderService

_PARENT_CHECK_SECONDS = 1.0
# A call in flight may be creating something: it gets this long to finish, as its effect should be as whole as can be.
_GRACE_SECONDS = 30.0


class Announcement:
    """Shows a plugin's stand-in label once, to the user of the engine or, with no engine, on stderr."""

    def __init__(self, label: str, address: str) -> None:
        """Prepare to show `label` through the engine at `address` (empty when it is not known yet)."""
        self._label = label
        self._address = address
        self._lock = threading.Lock()
        self._shown = False

    def __call__(self, address: str) -> None:
        """Show the label unless that has been done; `address` is used when none was known."""
        with self._lock:
            if self._shown:
                return
            self._shown = True
        address = address or self._address
        if not address:
            print(self._label, file=sys.stderr, flush=True)
            return
        log_info(address, self._label)


def serve(plugin: Plugin, arguments: Sequence[str]) -> None:
    """Run `plugin` until the engine ends it or is gone itself.

    Args:
        plugin: What to serve.
        arguments: The command line without the program's name: flags, which are ignored, and the engine's address.
    """
    parent = os.getppid()
    addresses = [argument for argument in arguments if not argument.startswith("-")]
    service = ProviderService(plugin, Announcement(plugin.label, addresses[-1] if addresses else ""))
    server, port = build(service)
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    # The engine interrupts a plugin that it is done with, and kills it ten seconds later. A user's Ctrl-C does not
    # get here: the engine starts plugins in process groups of their own, and says Cancel.
    signal.signal(signal.SIGINT, ask_to_stop)
    signal.signal(signal.SIGTERM, ask_to_stop)
    server.start()
    print(port, flush=True)
    while not stop.wait(_PARENT_CHECK_SECONDS):
        if os.getppid() != parent:
            break
    server.stop(_GRACE_SECONDS).wait()
