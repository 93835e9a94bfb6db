"""Cutting a connection without an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

_SCOPE_KEY = "sandbox.cut"


@dataclass(frozen=True)
class CuttableConnections:
    """Puts a way to cut the connection into the scope of every request. Goes right under uvicorn.

    uvicorn hands each request the bound method of an object that holds the connection's transport; further in,
    `send` is wrapped and the transport out of reach.
    """

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        transport = getattr(getattr(send, "__self__", None), "transport", None)
        if isinstance(transport, asyncio.Transport):
            scope = {**scope, _SCOPE_KEY: _cutting(transport)}
        await self.app(scope, receive, send)


def _cutting(transport: asyncio.Transport) -> Callable[[], Awaitable[None]]:
    async def cut_transport() -> None:
        transport.abort()
        # Two turns of the loop let the server notice, so that it does not try to answer 500.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    return cut_transport


async def cut(scope: Scope) -> None:
    """Drops the TCP connection of a request.

    Raises:
        ConnectionResetError: There is none; an in-process client sees the exception it would see for a cut one.
    """
    cut_transport = scope.get(_SCOPE_KEY)
    if cut_transport is None:
        raise ConnectionResetError("connection cut by a planned fault")
    await cut_transport()
