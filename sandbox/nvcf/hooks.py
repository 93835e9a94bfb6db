"""Test hooks under `/__sandbox/`: the emulator's own, no part of NVCF's API. `docs/emulator.md` describes them.

They answer on loopback only, because some of them show credentials.
"""

from __future__ import annotations

import dataclasses
import inspect
import ipaddress
import json
import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.nvcf import config, java_text
from sandbox.nvcf.faults import Fault
from sandbox.nvcf.function_requests import NewFunction
from sandbox.nvcf.function_service import HandedOut
from sandbox.nvcf.functions import FunctionVersion
from sandbox.nvcf.problems import Problem
from sandbox.nvcf.ratelimit import RateLimiter
from sandbox.nvcf.registry_logins import decoded_pair
from sandbox.nvcf.state import EmulatorState
from sandbox.nvcf.wire import LABEL, LABEL_HEADER

PREFIX = "/__sandbox"

Hook = Callable[[EmulatorState, dict[str, Any], Request], Any]


def routes(state: EmulatorState) -> list[Route]:
    """All hooks over one state."""
    table: dict[tuple[str, str], Hook] = {
        ("GET", ""): _about,
        ("POST", "/reset"): _reset,
        ("GET", "/calls"): _calls,
        ("DELETE", "/calls"): _forget_calls,
        ("GET", "/faults"): _faults,
        ("POST", "/faults"): _add_fault,
        ("DELETE", "/faults"): _clear_faults,
        ("GET", "/held"): _held,
        ("DELETE", "/held"): _release,
        ("PUT", "/secret-store"): _secret_store,
        ("DELETE", "/secrets/{account}/{credential}"): _lose_secret,
        ("PUT", "/caches"): _caches,
        ("PUT", "/registries"): _registries,
        ("PUT", "/rate-limiter"): _rate_limiter,
        ("GET", "/functions"): _functions,
        ("POST", "/functions"): _add_function,
        ("DELETE", "/functions/{version}"): _delete_function,
        ("GET", "/handed-out"): _handed_out,
    }
    paths = sorted({path for _, path in table})
    return [
        Route(
            PREFIX + path,
            _endpoint(state, {m: hook for (m, p), hook in table.items() if p == path}),
            methods=[m for m, p in table if p == path],
        )
        for path in paths
    ]


def _endpoint(state: EmulatorState, hooks: dict[str, Hook]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        if not _is_loopback(request):
            return _json({"error": "test hooks answer on loopback only"}, 403)
        body = await request.body()
        method = "GET" if request.method == "HEAD" else request.method
        try:
            answer = hooks[method](state, json.loads(body) if body else {}, request)
            return _json(await answer if inspect.isawaitable(answer) else answer)
        except (ValueError, KeyError, TypeError, AttributeError, re.error) as error:
            return _json({"error": f"{request.url.path}: {error!r}"}, 400)
        except Problem as problem:
            return _json({"error": problem.detail}, problem.status)

    return endpoint


def _json(value: object, status: int = 200) -> Response:
    return JSONResponse(value, status, headers={LABEL_HEADER: LABEL})


def _is_loopback(request: Request) -> bool:
    host = request.client.host if request.client else ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "testclient"


def _about(state: EmulatorState, _: dict[str, Any], __: Request) -> object:
    return {
        "emulator": LABEL,
        "accounts": [a.account_id for a in state.accounts.all()],
        "replica": state.replica_in_use,
        "caches": dataclasses.asdict(state.cache_times),
        "secretStoreDown": state.secrets.is_down,
    }


async def _reset(state: EmulatorState, _: dict[str, Any], __: Request) -> object:
    state.reset()
    await state.holds.release()
    return {}


def _calls(state: EmulatorState, _: dict[str, Any], __: Request) -> object:
    return {
        "calls": [
            {
                "method": c.method,
                "path": c.path,
                "status": c.status,
                "startedAt": java_text.format_instant(c.started_at),
                "seconds": round(c.seconds, 6),
            }
            for c in state.calls
        ]
    }


def _forget_calls(state: EmulatorState, _: dict[str, Any], __: Request) -> object:
    state.calls.clear()
    return {}


def _faults(state: EmulatorState, _: dict[str, Any], __: Request) -> object:
    return {"faults": [f.as_json() for f in state.faults.pending()]}


def _add_fault(state: EmulatorState, body: dict[str, Any], __: Request) -> object:
    fault = Fault.from_json(body)
    state.faults.add(fault)
    return fault.as_json()


def _clear_faults(state: EmulatorState, _: dict[str, Any], __: Request) -> object:
    state.faults.clear()
    return {}


async def _held(state: EmulatorState, _: dict[str, Any], request: Request) -> object:
    held = await state.holds.held(float(request.query_params.get("wait", 0)))
    return {"held": [call.as_json() for call in held]}


async def _release(state: EmulatorState, _: dict[str, Any], __: Request) -> object:
    return {"released": await state.holds.release()}


def _secret_store(state: EmulatorState, body: dict[str, Any], __: Request) -> object:
    state.secrets.is_down = bool(body["down"])
    return {"down": state.secrets.is_down}


def _lose_secret(state: EmulatorState, _: dict[str, Any], request: Request) -> object:
    key = (request.path_params["account"], uuid.UUID(request.path_params["credential"]))
    return {"lost": state.secrets.lose(key)}


def _caches(state: EmulatorState, body: dict[str, Any], __: Request) -> object:
    state.cache_times.rows = float(body.get("rows", state.cache_times.rows))
    state.cache_times.secrets = float(body.get("secrets", state.cache_times.secrets))
    state.replica_in_use = str(body.get("replica", state.replica_in_use))
    return {**dataclasses.asdict(state.cache_times), "replica": state.replica_in_use}


def _registries(state: EmulatorState, body: dict[str, Any], __: Request) -> object:
    if "logins" in body:
        state.configured.logins = config.logins_from_json(body["logins"])
    if "artifacts" in body:
        state.configured.artifacts = config.artifacts_from_json(body["artifacts"])
    return {"logins": len(state.configured.logins), "artifacts": len(state.configured.artifacts)}


def _rate_limiter(state: EmulatorState, body: dict[str, Any], __: Request) -> object:
    state.limiter = RateLimiter(config.rate_limit_from_json(body), state.clock)
    return {}


def _functions(state: EmulatorState, _: dict[str, Any], request: Request) -> object:
    account_id = request.query_params["account"]
    return {"functions": [v.as_json(from_database=True) for v in state.functions.of_account(account_id)]}


def _add_function(state: EmulatorState, body: dict[str, Any], __: Request) -> object:
    """Puts a function version in without any check; docs/emulator.md lists the members."""
    document = {
        "name": body.get("name", "sandbox"),
        "inferenceUrl": "/",
        "containerImage": body.get("image"),
        "helmChart": body.get("chart"),
        "helmChartServiceName": "sandbox" if "chart" in body else None,
    }
    version = FunctionVersion(
        function_id=uuid.UUID(body["functionId"]) if "functionId" in body else uuid.uuid4(),
        version_id=uuid.uuid4(),
        account_id=state.accounts.get(body["account"]).account_id,
        spec=NewFunction.from_json(document),
        created_at=state.clock.wall(),
    )
    state.functions.save(version)
    if body.get("deployed", False):
        version = state.services(body.get("replica")).functions.launch(version, []).version
    return version.as_json(from_database=True)


def _delete_function(state: EmulatorState, _: dict[str, Any], request: Request) -> object:
    version_id = uuid.UUID(request.path_params["version"])
    for account in state.accounts.all():
        for version in state.functions.of_account(account.account_id):
            if version.version_id == version_id:
                state.services().functions.delete(version)
    return {}


def _handed_out(state: EmulatorState, _: dict[str, Any], request: Request) -> object:
    """What the data plane has: per function version, what a launch would carry now and what runs with."""
    account_id = request.query_params["account"]
    service = state.services(request.query_params.get("replica")).functions
    answer = []
    for version in state.functions.of_account(account_id):
        deployment = state.deployments.get(version.version_id)
        answer.append(
            {
                "functionId": str(version.function_id),
                "versionId": str(version.version_id),
                "next": [_shown(c) for c in service.credentials_for(version)],
                "running": None if deployment is None else [_shown(c) for c in deployment.credentials],
            }
        )
    return {"functions": answer}


def _shown(credential: HandedOut) -> dict[str, str]:
    username, _, password = decoded_pair(credential.secret_value).partition(":")
    return {
        "hostname": credential.hostname,
        "artifactType": credential.artifact_type.name,
        "username": username,
        "password": password,
    }
