"""The function and deployment routes, as far as credentials are concerned (observations 2 sections 1, 2 and 7)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from sandbox.nvcf.call import Call
from sandbox.nvcf.function_requests import read_deployment, read_new_function
from sandbox.nvcf.functions import FunctionVersion
from sandbox.nvcf.problems import not_found
from sandbox.nvcf.routing import Endpoint
from sandbox.nvcf.wire import NO_CONTENT, Reply, json_reply

AccountOf = Callable[[Call, str], str]
"""How a route finds the account it works on, for callers that have a scope."""


def _own_account(call: Call, scope: str) -> str:
    alternatives = ("list_functions_details",) if scope == "list_functions" else ()
    return call.own_account_id(scope, *alternatives)


def _path_account(call: Call, scope: str) -> str:
    return call.other_account(f"admin:{scope}").account_id


def endpoints() -> tuple[Endpoint, ...]:
    """All function and deployment routes."""
    return (
        *_routes("/v2/nvcf", _own_account),
        *_routes("/v2/nvcf/accounts/{ncaId}", _path_account),
    )


def _routes(prefix: str, account_of: AccountOf) -> tuple[Endpoint, ...]:
    def bound(
        handler: Callable[[Call, AccountOf], Awaitable[Reply]],
    ) -> Callable[[Call], Awaitable[Reply]]:
        return lambda call: handler(call, account_of)

    functions = f"{prefix}/functions"
    versions = f"{functions}/{{functionId}}/versions"
    deployment = f"{prefix}/deployments/functions/{{functionId}}/versions/{{functionVersionId}}"
    return (
        Endpoint("GET", f"{functions}/ids", bound(_ids)),
        Endpoint("GET", functions, bound(_list)),
        Endpoint("POST", functions, bound(_create)),
        Endpoint("GET", versions, bound(_versions)),
        Endpoint("POST", versions, bound(_create_version)),
        Endpoint("GET", f"{versions}/{{functionVersionId}}", bound(_get)),
        Endpoint("DELETE", f"{versions}/{{functionVersionId}}", bound(_delete)),
        Endpoint("POST", deployment, bound(_deploy)),
        Endpoint("GET", deployment, bound(_deployment)),
        Endpoint("DELETE", deployment, bound(_undeploy)),
    )


async def _ids(call: Call, account_of: AccountOf) -> Reply:
    versions = call.state.functions.of_account(account_of(call, "list_functions"))
    return json_reply({"functionIds": list(dict.fromkeys(str(v.function_id) for v in versions))})


async def _list(call: Call, account_of: AccountOf) -> Reply:
    return _many(call.state.functions.of_account(account_of(call, "list_functions")))


async def _versions(call: Call, account_of: AccountOf) -> Reply:
    function_id = call.uuid("functionId")
    return _many(call.state.functions.versions(account_of(call, "list_functions"), function_id))


def _many(versions: list[FunctionVersion]) -> Reply:
    return json_reply({"functions": [v.as_json(from_database=True) for v in versions]})


async def _create(call: Call, account_of: AccountOf) -> Reply:
    return await _register(call, account_of, None)


async def _create_version(call: Call, account_of: AccountOf) -> Reply:
    return await _register(call, account_of, call.uuid("functionId"))


async def _register(call: Call, account_of: AccountOf, function_id: UUID | None) -> Reply:
    spec = read_new_function(call.request.body)
    account = call.state.accounts.get(account_of(call, "register_function"))
    version = await call.services.functions.create(account, spec, function_id)
    return json_reply({"function": version.as_json(from_database=False)})


def _version(call: Call, account_of: AccountOf, scope: str) -> FunctionVersion:
    function_id, version_id = call.uuid("functionId"), call.uuid("functionVersionId")
    return call.state.functions.get(account_of(call, scope), function_id, version_id)


async def _get(call: Call, account_of: AccountOf) -> Reply:
    version = _version(call, account_of, "list_functions")
    has_details = bool(call.caller.authorities & {"list_functions_details", "apikey:list_functions_details"})
    return json_reply({"function": version.as_json(from_database=True, with_instances=has_details)})


async def _delete(call: Call, account_of: AccountOf) -> Reply:
    call.services.functions.delete(_version(call, account_of, "delete_function"))
    return NO_CONTENT


async def _deploy(call: Call, account_of: AccountOf) -> Reply:
    function_id, version_id = call.uuid("functionId"), call.uuid("functionVersionId")
    specifications = read_deployment(call.request.body)
    account_id = account_of(call, "deploy_function")
    version = call.state.functions.get(account_id, function_id, version_id)
    deployment = await call.services.functions.deploy(version, specifications)
    return json_reply({"deployment": deployment.as_json()})


async def _deployment(call: Call, account_of: AccountOf) -> Reply:
    version = _version(call, account_of, "deploy_function")
    deployment = call.state.deployments.get(version.version_id)
    if deployment is None:
        raise not_found(f"Function id '{version.function_id}', version '{version.version_id}': No deployment found")
    return json_reply({"deployment": deployment.as_json()})


async def _undeploy(call: Call, account_of: AccountOf) -> Reply:
    version = call.services.functions.undeploy(_version(call, account_of, "deploy_function"))
    return json_reply({"function": version.as_json(from_database=True)})
