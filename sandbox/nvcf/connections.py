"""Cutting a connection without an answer."""

from __future__ import annotations

import asyncio

from starlette.types import Send


async def cut(send: Send) -> None:
    """Drops the TCP connection of the request whose `send` this is.

    uvicorn hands every request the bound method of an object that holds the connection's transport. Without such an
    object (an in-process client) the request ends in the exception a client library gives for a cut connection.

    Raises:
        ConnectionResetError: There is no connection to cut.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if not isinstance(transport, asyncio.Transport):
        raise ConnectionResetError("connection cut by a planned fault")
    transport.abort()
    # One turn of the loop lets the server notice, so that it does not try to answer 500.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
