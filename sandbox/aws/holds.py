"""Calls that stand still at an exact point, until a test lets them go or their client has gone."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.aws.faults import When

_CLIENT_CHECK_SECONDS = 0.02


@dataclass(frozen=True)
class HeldCall:
    """One call that stands still.

    Attributes:
        number: Position in the order of holds, from 1.
        action: `service:Operation`.
        resources: ARNs the call is about.
        when: `before` its effect, or `after` it.
    """

    number: int
    action: str
    resources: tuple[str, ...]
    when: When


class Holds:
    """The calls that stand still; each waits in the thread that serves it, so no other call does."""

    def __init__(self) -> None:
        self._held: dict[int, HeldCall] = {}
        self._count = 0
        self._changed = threading.Condition()

    def hold(self, action: str, resources: tuple[str, ...], when: When, is_client_gone: Callable[[], bool]) -> bool:
        """Waits until `release` is called or the client has gone.

        Args:
            action: `service:Operation` of the call.
            resources: ARNs the call is about.
            when: Where it stands still.
            is_client_gone: Whether nobody waits for the answer any more; asked every 20 ms.

        Returns:
            Whether the client is still there.
        """
        with self._changed:
            self._count += 1
            number = self._count
            self._held[number] = HeldCall(number, action, resources, when)
            self._changed.notify_all()
            try:
                while number in self._held:
                    if is_client_gone():
                        return False
                    self._changed.wait(_CLIENT_CHECK_SECONDS)
                return True
            finally:
                self._held.pop(number, None)
                self._changed.notify_all()

    def release(self) -> int:
        """Lets every held call go on and returns how many there were."""
        with self._changed:
            count = len(self._held)
            self._held.clear()
            self._changed.notify_all()
            return count

    def held(self, wait_seconds: float = 0.0) -> list[HeldCall]:
        """The calls that stand still now.

        Args:
            wait_seconds: How long to wait for one while there is none.
        """
        until = time.monotonic() + wait_seconds
        with self._changed:
            while not self._held and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
            return list(self._held.values())
