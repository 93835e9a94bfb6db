"""The API as an ASGI application: authentication, endpoint, planned faults, the log of calls."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from sandbox.nvcf import account_endpoints, credential_endpoints, function_endpoints
from sandbox.nvcf.call import Call
from sandbox.nvcf.connections import cut
from sandbox.nvcf.faults import Action, Fault, Moment
from sandbox.nvcf.problems import Problem, rule
from sandbox.nvcf.routing import Router
from sandbox.nvcf.secret_store import outage
from sandbox.nvcf.state import EmulatorState, LoggedCall
from sandbox.nvcf.tokens import Refusal, authenticate
from sandbox.nvcf.wire import Reply, Request, problem_reply, read_request, send_reply

_GATEWAY_PAGE = "<html><body><h1>502 Bad Gateway</h1></body></html>"
_REFUSED_BY_FIREWALL = ("//", ";", "%2f", "%2F", "%5c", "%5C", "%00", "\\")


def router() -> Router:
    """Every route of the API."""
    return Router((*credential_endpoints.endpoints(), *account_endpoints.endpoints(), *function_endpoints.endpoints()))


@dataclass(frozen=True)
class ApiServer:
    """Answers API requests out of a state."""

    state: EmulatorState
    router: Router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one HTTP request."""
        request = await read_request(scope, receive)
        state = self.state
        started_at, started = state.clock.wall(), state.clock.monotonic()
        reply = await self._reply_with_faults(request, receive)
        status = 0 if reply is None else reply.status
        elapsed = state.clock.monotonic() - started
        state.calls.append(LoggedCall(request.method, request.path, status, started_at, elapsed))
        if reply is None:
            await cut(scope)
        else:
            await send_reply(reply, request, send)

    async def _reply_with_faults(self, request: Request, receive: Receive) -> Reply | None:
        """The reply, or None when a fault cuts the connection or the client of a held call has gone."""
        faults = self.state.faults.strike(request.method, request.path, self._account_id(request))
        before = [f for f in faults if f.moment is Moment.BEFORE]
        after = [f for f in faults if f.moment is Moment.AFTER]
        await _delay(before)
        if not await self._hold(before, request, receive) or any(f.action is Action.CUT for f in before):
            return None
        reply = _replaced(before, request)
        if reply is None:
            with contextlib.ExitStack() as stack:
                if any(f.action is Action.SECRET_STORE_DOWN for f in faults):
                    stack.enter_context(outage())
                reply = await self._reply(request)
        await _delay(after)
        if not await self._hold(after, request, receive) or any(f.action is Action.CUT for f in after):
            return None
        return _replaced(after, request) or reply

    async def _hold(self, faults: list[Fault], request: Request, receive: Receive) -> bool:
        """Whether the client is still there after every fault that makes the call stand still."""
        for fault in faults:
            # With the request read to its end, the next message is the client's going away.
            if fault.action is Action.HOLD and not await self.state.holds.hold(
                request.method, request.path, fault.moment, receive()
            ):
                return False
        return True

    def _account_id(self, request: Request) -> str | None:
        """The account that the path names, else the one of the token's client."""
        if request.segments[:3] == ("v2", "nvcf", "accounts") and len(request.segments) > 3:
            return request.segments[3]
        caller = authenticate(request.headers.get("authorization"), self.state.clock.wall() / 1e9)
        if isinstance(caller, Refusal):
            return None
        account = self.state.accounts.of_client(caller.subject)
        return caller.subject if account is None else account.account_id

    async def _reply(self, request: Request) -> Reply:
        if any(text in request.path for text in _REFUSED_BY_FIREWALL):
            return Reply(400)
        caller = authenticate(request.headers.get("authorization"), self.state.clock.wall() / 1e9)
        if isinstance(caller, Refusal):
            return Reply(401, headers={"WWW-Authenticate": caller.challenge(request.origin)})
        try:
            endpoint, variables = self.router.find(request)
            return await endpoint.handler(Call(request, caller, variables, self.state))
        except Problem as problem:
            return problem_reply(problem, request.path)


async def _delay(faults: list[Fault]) -> None:
    seconds = sum(f.seconds for f in faults if f.action is Action.DELAY)
    if seconds:
        await asyncio.sleep(seconds)


def _replaced(faults: list[Fault], request: Request) -> Reply | None:
    """The answer of the first fault that replaces the real one."""
    for fault in faults:
        if fault.action is Action.STATUS:
            is_json = fault.body.startswith("{")
            kind = "application/problem+json" if is_json else "text/plain"
            return Reply(fault.status, fault.body.encode(), kind if fault.body else None, fault.headers)
        if fault.action is Action.NOT_JSON:
            page = (fault.body or _GATEWAY_PAGE).encode()
            return Reply(fault.status, page, "text/html", fault.headers)
        if fault.action is Action.THROTTLE:
            return problem_reply(rule(429, "Account 'sandbox': too many requests. Slow down."), request.path)
    return None
