"""Short call stacks for what is declared.

Pulumi's SDK sends the whole Python stack with each resource, and the engine keeps it in state: a third of a state's
bytes, most of it frames of the SDK and of asyncio, with the paths of the machine that ran last. State is written at
every step, so that third is time as well. The innermost frames say where a resource was declared; they stay.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: Six frames are the SDK's own, from a resource's constructor inwards; it needs them to find the one that called it.
FRAMES: Final = 9


@contextmanager
def short_call_stacks() -> Iterator[None]:
    """Keep call stacks short while the block declares resources; an error that leaves it is reported in full."""
    before = getattr(sys, "tracebacklimit", None)
    # `traceback.extract_stack`, which the SDK calls, counts this limit from the innermost frame.
    sys.tracebacklimit = FRAMES
    try:
        yield
    finally:
        if before is None:
            del sys.tracebacklimit
        else:
            sys.tracebacklimit = before
