"""The account and client routes, for administrators (NVCF contract 4.2, observations 2 section 5)."""

from __future__ import annotations

from dataclasses import replace

from sandbox.nvcf import java_text
from sandbox.nvcf.account_requests import (
    check_provisioning,
    read_account_update,
    read_client_id,
    read_new_account,
)
from sandbox.nvcf.accounts import Account, Limits
from sandbox.nvcf.artifact_types import ProvisionedBy, type_names
from sandbox.nvcf.call import Call
from sandbox.nvcf.credential_requests import NewCredential
from sandbox.nvcf.problems import Problem, bad_request, conflict, not_found
from sandbox.nvcf.routing import Endpoint
from sandbox.nvcf.wire import NO_CONTENT, Reply, json_reply

_SETUP = "account_setup"
_SETUP_OR_KEY = (_SETUP, f"apikey:{_SETUP}")
_READERS = (*_SETUP_OR_KEY, "list_accounts", "apikey:list_accounts")


def endpoints() -> tuple[Endpoint, ...]:
    """All account and client routes."""
    return (
        Endpoint("GET", "/v2/nvcf/accounts", _list),
        Endpoint("GET", "/v2/nvcf/accounts/{ncaId}", _get),
        Endpoint("POST", "/v2/nvcf/accounts/{ncaId}", _create),
        Endpoint("PATCH", "/v2/nvcf/accounts/{ncaId}", _update),
        Endpoint("DELETE", "/v2/nvcf/accounts/{ncaId}", _delete),
        Endpoint("PATCH", "/v2/nvcf/accounts/{ncaId}/clients/associate", _associate),
        Endpoint("PATCH", "/v2/nvcf/accounts/{ncaId}/clients/disassociate", _disassociate),
        Endpoint("GET", "/v2/nvcf/clients/{clientId}", _client),
    )


def _one(account: Account) -> Reply:
    return json_reply({"account": account.as_json()})


async def _list(call: Call) -> Reply:
    call.require(*_READERS)
    return json_reply({"accounts": [account.as_json() for account in call.state.accounts.all()]})


async def _get(call: Call) -> Reply:
    call.require(*_READERS)
    account = call.state.accounts.get(call.path_account_id())
    replica = call.services.credentials.replica
    credentials: list[dict[str, object]] = []
    for row in replica.listed_rows(account.account_id):
        secret = replica.secret((row.account_id, row.credential_id))
        if secret is not None:
            credentials.append(
                {
                    "registryHostname": row.hostname,
                    "secret": {"name": secret.name, "value": secret.value},
                    "artifactTypes": type_names(row.types),
                }
            )
    functions = len(call.state.functions.of_account(account.account_id))
    return json_reply({"account": account.details_as_json(credentials, functions)})


async def _create(call: Call) -> Reply:
    request = read_new_account(call.request.body)
    call.require(_SETUP)
    account_id = call.path_account_id()
    accounts = call.state.accounts
    if not account_id[:1].isascii() or not account_id[:1].isalnum():
        raise bad_request("Invalid request: ncaId should start with alphanumeric character")
    check_provisioning(request.credentials)
    client_id = None if java_text.is_blank(request.client_id or "") else request.client_id
    if client_id is not None and accounts.of_client(client_id) is not None:
        raise conflict(f"Client with id '{client_id}' already exists")
    if accounts.find(account_id) is not None:
        raise conflict(f"Account with ncaId '{account_id}' already exists")
    account = Account(
        account_id=account_id,
        name=request.name,
        client_ids=() if client_id is None else (client_id,),
        limits=request.limits.over(Limits()),
        updated_at=call.state.clock.wall(),
    )
    await _provision(call, account, request.credentials)
    accounts.save(account)
    return _one(account)


async def _provision(call: Call, account: Account, credentials: tuple[NewCredential, ...]) -> None:
    """Makes the SYSTEM credentials; one failure removes those made so far, leftovers of earlier attempts too.

    With the secret store down the removal fails as well, so the first row stays: the next attempt is a 409 without
    an account, and only the one after that can succeed.
    """
    service = call.services.credentials
    try:
        for credential in credentials:
            await service.add(account, credential, ProvisionedBy.SYSTEM)
    except Problem as problem:
        service.delete_all(account.account_id)
        raise (bad_request(problem.plain) if problem.kind is None else problem) from None


async def _update(call: Call) -> Reply:
    request = read_account_update(call.request.body)
    call.require(*_SETUP_OR_KEY)
    account = call.state.accounts.get(call.path_account_id())
    updated = replace(
        account,
        name=request.name or account.name,
        limits=request.limits.over(account.limits),
        updated_at=call.state.clock.wall(),
    )
    call.state.accounts.save(updated)
    return _one(updated)


async def _delete(call: Call) -> Reply:
    call.require(_SETUP)
    account = call.state.accounts.get(call.path_account_id())
    if call.state.functions.of_account(account.account_id):
        raise bad_request(f"Account '{account.account_id}': Cannot delete account with functions defined")
    call.services.credentials.delete_all(account.account_id)
    call.state.accounts.delete(account)
    return NO_CONTENT


async def _associate(call: Call) -> Reply:
    client_id = read_client_id(call.request.body)
    call.require(*_SETUP_OR_KEY)
    account_id = call.path_account_id()
    owner = call.state.accounts.of_client(client_id)
    if owner is not None:
        raise conflict(f"Client '{client_id}' already associated with NVIDIA Cloud Account '{owner.account_id}'")
    account = call.state.accounts.get(account_id)
    return _with_clients(call, account, (*account.client_ids, client_id))


async def _disassociate(call: Call) -> Reply:
    client_id = read_client_id(call.request.body)
    call.require(*_SETUP_OR_KEY)
    account_id = call.path_account_id()
    _require_client(call, client_id)
    account = call.state.accounts.get(account_id)
    if client_id not in account.client_ids:
        raise bad_request(f"Client '{client_id}' is not associated with NVIDIA Cloud Account '{account_id}'")
    return _with_clients(call, account, tuple(c for c in account.client_ids if c != client_id))


def _with_clients(call: Call, account: Account, client_ids: tuple[str, ...]) -> Reply:
    updated = replace(account, client_ids=client_ids, updated_at=call.state.clock.wall())
    call.state.accounts.save(updated)
    return _one(updated)


async def _client(call: Call) -> Reply:
    call.require(*_READERS)
    client_id = call.variables["clientId"]
    account = _require_client(call, client_id)
    return json_reply({"client": {"clientId": client_id, "ncaId": account.account_id, "name": account.name}})


def _require_client(call: Call, client_id: str) -> Account:
    account = call.state.accounts.of_client(client_id)
    if account is None:
        raise not_found(f"Client '{client_id}' is not found and may not be onboarded yet")
    return account
