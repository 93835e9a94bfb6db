"""The emulator as an ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timezone

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from sandbox.nvcf import hooks, tokens
from sandbox.nvcf.accounts import DEFAULT_CLIENT_ID
from sandbox.nvcf.aws_registries import AwsRegistries
from sandbox.nvcf.clock import Clock
from sandbox.nvcf.config import ServerConfig
from sandbox.nvcf.registry_logins import ConfiguredRegistries
from sandbox.nvcf.server import ApiServer, router
from sandbox.nvcf.state import EmulatorState
from sandbox.nvcf.wire import LABEL, LABEL_HEADER

ADMIN_KEY_SECONDS = 12 * 60 * 60
ADMIN_SCOPES = [
    "register_function",
    "update_function",
    "delete_function",
    "list_functions",
    "list_functions_details",
    "deploy_function",
    "invoke_function",
    "queue_details",
    "authorize_clients",
    "manage_registry_credentials",
]
"""What a self-hosted installation's admin token may do (NVCF contract 6)."""

_LABELS = {LABEL_HEADER: LABEL}


def create_app(
    config: ServerConfig | None = None,
    *,
    aws_endpoint: str | None = None,
    aws_transport: httpx.AsyncBaseTransport | None = None,
    clock: Clock | None = None,
) -> Starlette:
    """Builds a server with the default account and nothing else in it.

    Args:
        config: Recognised registries and how they answer; None recognises the defaults and lets every login pass.
        aws_endpoint: Base URL where ECR logins and image checks really go; None answers them from `config`.
        aws_transport: Transport for those calls; None is the network.
        clock: Time; None is the machine's.

    Returns:
        The application; `app.state.emulator` is its `EmulatorState`. One event loop must serve it.
    """
    config = config or ServerConfig()
    configured = ConfiguredRegistries(config.logins, config.artifacts)
    network = (
        configured
        if aws_endpoint is None
        else AwsRegistries(
            aws_endpoint.rstrip("/") + "/",
            httpx.AsyncClient(transport=aws_transport, trust_env=False),
            configured,
        )
    )
    state = EmulatorState(config, configured, network, clock or Clock())
    app = Starlette(
        routes=[
            *hooks.routes(state),
            Route("/health", _health),
            Route("/v1/admin/keys", _admin_key(state), methods=["POST"]),
            Mount("/", app=ApiServer(state, router())),
        ]
    )
    app.state.emulator = state
    return app


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "UP"}, headers=_LABELS)


def _admin_key(state: EmulatorState) -> Callable[[Request], Awaitable[Response]]:
    """The admin token issuer: asks nobody who they are, as NVIDIA's (NVCF contract 6)."""

    async def issue(_: Request) -> Response:
        expires_at = state.clock.wall() // 1_000_000_000 + ADMIN_KEY_SECONDS
        return JSONResponse(
            {
                "value": tokens.issue(DEFAULT_CLIENT_ID, ADMIN_SCOPES, expires_at),
                "expires_at": datetime.fromtimestamp(expires_at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
            headers=_LABELS,
        )

    return issue
