"""The end of a provider's process when the engine that started it is gone.

The engine starts `python -m pulumi.dynamic` and ends it when it is done. An engine that is itself killed cannot, and
the SDK's main loop waits for ever (`pulumi/dynamic/__main__.py`, SDK 3.259.0). The parent process tells nothing: it is
the shell that starts Python, which waits for it in turn. What does end with the engine is its own server, whose address
is the last argument of the command line. A connection to it is held open, which costs nothing and is portable.

A write to NVCF that is on its way is waited for, as its effect comes about anyway. None is begun any more: nobody would
note it, and by then another run may be writing.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType

from nvcf.errors import EngineGone

_ADDRESS = re.compile(r"(127\.0\.0\.1|localhost):([0-9]{1,5})")
_PROVIDER_PROCESS = "pulumi.dynamic.__main__"
_CONNECT_SECONDS = 10.0
_PAUSE_SECONDS = 0.2
_REFUSALS = 2
"""How often in a row nobody must listen: a single refusal could be chance."""

Address = tuple[str, int]


class Lifeline:
    """What a process may still begin, and when it ends.

    Args:
        leave: Ends the process.
    """

    def __init__(self, leave: Callable[[], None]) -> None:
        self._leave = leave
        self._changed = threading.Condition()
        self._writes = 0
        self._is_cut = False

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keeps the process alive while the block runs.

        Raises:
            EngineGone: The engine is gone, so nothing may be begun.
        """
        with self._changed:
            if self._is_cut:
                raise EngineGone("The engine that asked for this is gone.", "Run again.")
            self._writes += 1
        try:
            yield
        finally:
            with self._changed:
                self._writes -= 1
                self._changed.notify_all()

    def cut(self) -> None:
        """Lets nothing begin any more, waits for the writes on their way, and leaves."""
        with self._changed:
            self._is_cut = True
            self._changed.wait_for(lambda: self._writes == 0)
        self._leave()


def wait_until_gone(
    address: Address,
    connect: Callable[..., socket.socket] = socket.create_connection,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Returns when nobody listens at an address any more.

    Args:
        address: Where a server listens now. It may close a connection that says nothing, as gRPC's does.
        connect: Makes a connection.
        sleep: Waits that many seconds.
    """
    refusals = 0
    while refusals < _REFUSALS:
        try:
            with connect(address, timeout=_CONNECT_SECONDS) as connection:
                refusals = 0
                connection.settimeout(None)
                while connection.recv(4096):
                    pass
        except ConnectionRefusedError:
            refusals += 1
        except OSError:
            # Reset, no free descriptor, no answer in time: no proof that the engine is gone.
            refusals = 0
        sleep(_PAUSE_SECONDS)


def engine_address(main: ModuleType | None, arguments: Sequence[str]) -> Address | None:
    """Finds the engine that started this process, if it is the SDK's provider process.

    Args:
        main: The module that Python runs.
        arguments: The command line, `sys.argv`.

    Returns:
        Where the engine listens; `None` in any other process, such as one that runs tests.
    """
    name = getattr(getattr(main, "__spec__", None), "name", "")
    found = _ADDRESS.fullmatch(arguments[-1]) if name == _PROVIDER_PROCESS and arguments else None
    return (found[1], int(found[2])) if found else None


_lifeline = Lifeline(lambda: os._exit(0))
_start = threading.Lock()


def writing() -> AbstractContextManager[None]:
    """Keeps this process alive while the block runs; see `Lifeline.writing`."""
    return _lifeline.writing()


def follow_engine() -> None:
    """Makes this process end with its engine. Does nothing in other processes, or when it has been called before."""
    address = engine_address(sys.modules.get("__main__"), sys.argv)
    # Taken once and never given back.
    if address is None or not _start.acquire(blocking=False):
        return

    def follow() -> None:
        wait_until_gone(address)
        _lifeline.cut()

    threading.Thread(target=follow, name="lifeline", daemon=True).start()
