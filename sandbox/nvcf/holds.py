"""Calls that stand still at an exact point, until a test lets them go or their client has gone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from dataclasses import dataclass

from sandbox.nvcf.faults import Moment


@dataclass(frozen=True)
class HeldCall:
    """One call that stands still.

    Attributes:
        number: Position in the order of holds, from 1.
        when: Where it stands still, seen from its effect.
    """

    number: int
    method: str
    path: str
    when: Moment

    def as_json(self) -> dict[str, object]:
        """What the hook shows of it."""
        return {"number": self.number, "method": self.method, "path": self.path, "when": self.when.value}


class Holds:
    """The calls that stand still; each waits in its own task, so no other call does."""

    def __init__(self) -> None:
        self._held: dict[int, HeldCall] = {}
        self._count = 0
        self._changed = asyncio.Condition()

    async def hold(self, method: str, path: str, when: Moment, client_gone: Awaitable[object]) -> bool:
        """Waits until `release` is called or the client has gone.

        Args:
            method: The call's method.
            path: Its path.
            when: Where it stands still.
            client_gone: Ends when nobody waits for the answer any more.

        Returns:
            Whether the client is still there.
        """
        self._count += 1
        number = self._count
        await self._put(HeldCall(number, method, path, when))
        gone, released = asyncio.ensure_future(client_gone), asyncio.ensure_future(self._until_released(number))
        try:
            await asyncio.wait((gone, released), return_when=asyncio.FIRST_COMPLETED)
            return released.done()
        finally:
            gone.cancel()
            released.cancel()
            self._held.pop(number, None)

    async def release(self) -> int:
        """Lets every held call go on and returns how many there were."""
        async with self._changed:
            count = len(self._held)
            self._held.clear()
            self._changed.notify_all()
            return count

    async def held(self, wait_seconds: float = 0.0) -> list[HeldCall]:
        """The calls that stand still now.

        Args:
            wait_seconds: How long to wait for one while there is none.
        """
        async with self._changed:
            if not self._held and wait_seconds > 0:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._changed.wait_for(lambda: bool(self._held)), wait_seconds)
            return list(self._held.values())

    async def _put(self, call: HeldCall) -> None:
        async with self._changed:
            self._held[call.number] = call
            self._changed.notify_all()

    async def _until_released(self, number: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: number not in self._held)
