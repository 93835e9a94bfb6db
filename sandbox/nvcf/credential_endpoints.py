"""The registry-credential routes, of the caller's own account and of an administrator for any account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sandbox.nvcf.accounts import Account
from sandbox.nvcf.artifact_types import ARTIFACT_TYPES, PROVISIONED_BY, ProvisionedBy
from sandbox.nvcf.call import Call
from sandbox.nvcf.credential_requests import read_add, read_update
from sandbox.nvcf.credential_rows import CredentialRow
from sandbox.nvcf.routing import Endpoint
from sandbox.nvcf.wire import NO_CONTENT, Reply, json_reply

SCOPE = "manage_registry_credentials"
ADMIN_SCOPE = "admin:manage_registry_credentials"

AccountOf = Callable[[Call], str]
"""How a route finds the account it works on, refusing callers that may not."""


def own_account(call: Call) -> str:
    """The caller's own account."""
    return call.own_account_id(SCOPE)


def path_account(call: Call) -> str:
    """The account in the path, for administrators."""
    return call.other_account(ADMIN_SCOPE).account_id


def endpoints() -> tuple[Endpoint, ...]:
    """All twelve routes."""
    return (
        *_routes("/v2/nvcf", own_account),
        *_routes("/v2/nvcf/accounts/{ncaId}", path_account),
    )


def _routes(prefix: str, account_of: AccountOf) -> tuple[Endpoint, ...]:
    def bound(
        handler: Callable[[Call, AccountOf], Awaitable[Reply]],
    ) -> Callable[[Call], Awaitable[Reply]]:
        return lambda call: handler(call, account_of)

    collection, one = f"{prefix}/registry-credentials", f"{prefix}/registry-credentials/{{registryCredentialId}}"
    return (
        Endpoint("GET", collection, bound(_list)),
        Endpoint("POST", collection, bound(_add)),
        Endpoint("GET", one, bound(_get)),
        Endpoint("PATCH", one, bound(_update)),
        Endpoint("DELETE", one, bound(_delete)),
        Endpoint("GET", f"{prefix}/recognized-registries", bound(_recognized)),
    )


def _one(call: Call, row: CredentialRow) -> Reply:
    return json_reply({"registryCredential": call.services.credentials.as_json(row)})


async def _list(call: Call, account_of: AccountOf) -> Reply:
    types = call.query_set("artifactType", ARTIFACT_TYPES)
    makers = call.query_set("provisionedBy", PROVISIONED_BY)
    account_id = account_of(call)
    service = call.services.credentials
    rows = service.listed(account_id, types, makers)
    return json_reply({"registryCredentials": [service.as_json(row) for row in rows]})


async def _add(call: Call, account_of: AccountOf) -> Reply:
    request = read_add(call.request.body)
    account: Account = call.state.accounts.get(account_of(call))
    row = await call.services.credentials.add(account, request, ProvisionedBy.USER)
    return _one(call, row)


async def _get(call: Call, account_of: AccountOf) -> Reply:
    credential_id = call.uuid("registryCredentialId")
    account_id = account_of(call)
    return _one(call, call.services.credentials.get(account_id, credential_id))


async def _update(call: Call, account_of: AccountOf) -> Reply:
    credential_id = call.uuid("registryCredentialId")
    request = read_update(call.request.body)
    account_id = account_of(call)
    return _one(call, await call.services.credentials.update(account_id, credential_id, request))


async def _delete(call: Call, account_of: AccountOf) -> Reply:
    credential_id = call.uuid("registryCredentialId")
    account_id = account_of(call)
    call.services.credentials.delete(account_id, credential_id)
    return NO_CONTENT


async def _recognized(call: Call, account_of: AccountOf) -> Reply:
    account_of(call)
    return json_reply({"recognizedRegistries": call.state.recognized.as_json()})
