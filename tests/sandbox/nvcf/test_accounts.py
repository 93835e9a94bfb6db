"""Accounts, their bootstrap credentials and their limits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.nvcf.emulator import ADMIN, CLIENT, ECR, Emulator, bearer, body

PATH = "/v2/nvcf/accounts/acct"
BOTH = [body("c", host=ECR), body("h", host=ECR, types=("HELM",))]


def create(nvcf: Emulator, path: str = PATH, **fields: Any) -> Any:
    return nvcf.request("POST", path, {"name": "account", "adminClientId": "client", **fields}, token=ADMIN)


def test_the_default_account_is_there(nvcf: Emulator) -> None:
    account = nvcf.request("GET", "/v2/nvcf/accounts/nvcf-default", token=ADMIN).json()["account"]
    assert account["clientIds"] == [CLIENT]
    assert account["maxRegistryCredentialsAllowed"] == 25


def test_a_new_account_answers_its_clients(nvcf: Emulator) -> None:
    token = bearer("manage_registry_credentials", subject="client")
    before = nvcf.request("GET", "/v2/nvcf/registry-credentials", token=token)
    assert nvcf.detail(before) == "Unknown client_id 'client' when finding account id"
    assert create(nvcf).status_code == 200
    assert nvcf.request("GET", "/v2/nvcf/registry-credentials", token=token).status_code == 200


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": None}, "field=name, rejected=null, message=must not be blank"),
        ({"name": "n" * 37}, "message=Invalid account name: Must be 4 - 36 characters long"),
        (
            {"maxFunctionsAllowed": 0},
            "field=maxFunctionsAllowed, rejected=0, message=must be greater than or equal to 1",
        ),
        ({"maxTelemetriesAllowed": 26}, "message=must be less than or equal to 25"),
        (
            {"registryCredentials": [{**body(), "tags": ["a b"]}]},
            'field=registryCredentials[0].tags[], rejected=a b, message=must match "[a-zA-Z0-9\\-_:=]+"',
        ),
    ],
)
def test_broken_rules(nvcf: Emulator, fields: dict[str, Any], message: str) -> None:
    response = create(nvcf, **fields)
    assert response.status_code == 400
    assert message in nvcf.detail(response)


@pytest.mark.parametrize("fields", [{"maxTasksAllowed": 1.5}, {"maxTasksAllowed": 2**31}, {"registryCredentials": {}}])
def test_wrong_json_types(nvcf: Emulator, fields: dict[str, Any]) -> None:
    assert nvcf.detail(create(nvcf, **fields)) == "Failed to read request"


def test_an_id_must_start_with_a_letter_or_digit(nvcf: Emulator) -> None:
    response = create(nvcf, "/v2/nvcf/accounts/-acct")
    assert nvcf.detail(response) == "Invalid request: ncaId should start with alphanumeric character"


def test_bootstrap_credentials_belong_to_the_system(nvcf: Emulator) -> None:
    assert create(nvcf, registryCredentials=BOTH).status_code == 200
    path = f"{PATH}/registry-credentials"
    listed = nvcf.request("GET", path, token=ADMIN).json()["registryCredentials"]
    assert {c["provisionedBy"] for c in listed} == {"SYSTEM"}
    deleted = nvcf.request("DELETE", f"{path}/{listed[0]['registryCredentialId']}", token=ADMIN)
    assert nvcf.detail(deleted) == "Invalid request: Cannot delete system provisioned registry credential"


def test_one_bad_bootstrap_credential_takes_the_others_with_it(nvcf: Emulator) -> None:
    nvcf.hook("PUT", "/registries", {"logins": {"AKIA:bad": {"status": 400, "body": "no"}}})
    bad = [BOTH[0], body("h", "AKIA:bad", ECR, ("HELM",))]
    assert nvcf.detail(create(nvcf, registryCredentials=bad)) == "no"
    assert nvcf.request("GET", PATH, token=ADMIN).status_code == 404
    assert create(nvcf, registryCredentials=BOTH).status_code == 200


def test_after_an_outage_the_second_attempt_is_a_conflict_without_an_account(nvcf: Emulator) -> None:
    nvcf.hook("PUT", "/secret-store", {"down": True})
    assert create(nvcf, registryCredentials=BOTH).status_code == 502
    nvcf.hook("PUT", "/secret-store", {"down": False})
    statuses = [create(nvcf, registryCredentials=BOTH).status_code]
    statuses.append(nvcf.request("GET", PATH, token=ADMIN).status_code)
    statuses.append(create(nvcf, registryCredentials=BOTH).status_code)
    assert statuses == [409, 404, 200]


def test_limits_rise_at_once_and_fall_without_harm(nvcf: Emulator) -> None:
    path = "/v2/nvcf/accounts/nvcf-default"
    nvcf.made()
    assert nvcf.request("PATCH", path, {"maxRegistryCredentialsAllowed": 0}, token=ADMIN).status_code == 200
    assert nvcf.post(name="two").status_code == 400
    assert nvcf.request("PATCH", path, {"maxRegistryCredentialsAllowed": 50}, token=ADMIN).status_code == 200
    assert nvcf.post(name="two").status_code == 200
    negative = nvcf.request("PATCH", path, {"maxTasksAllowed": -1}, token=ADMIN)
    assert "message=must be greater than or equal to 0" in nvcf.detail(negative)


def test_deleting_an_account(nvcf: Emulator) -> None:
    create(nvcf, registryCredentials=BOTH)
    nvcf.hook("POST", "/functions", {"account": "acct", "image": f"{ECR}/team/app:v1"})
    refused = nvcf.request("DELETE", PATH, token=ADMIN)
    assert nvcf.detail(refused) == "Account 'acct': Cannot delete account with functions defined"
    (version,) = nvcf.hook("GET", "/functions?account=acct")["functions"]
    nvcf.hook("DELETE", f"/functions/{version['versionId']}")
    assert nvcf.request("DELETE", PATH, token=ADMIN).status_code == 204
    assert nvcf.request("DELETE", PATH, token=ADMIN).status_code == 404
    assert create(nvcf).status_code == 200


def test_clients_move_between_accounts_only_by_leaving(nvcf: Emulator) -> None:
    create(nvcf)
    taken = nvcf.request("PATCH", f"{PATH}/clients/associate", {"adminClientId": CLIENT}, token=ADMIN)
    assert nvcf.detail(taken) == f"Client '{CLIENT}' already associated with NVIDIA Cloud Account 'nvcf-default'"
    foreign = nvcf.request("PATCH", f"{PATH}/clients/disassociate", {"adminClientId": CLIENT}, token=ADMIN)
    assert nvcf.detail(foreign) == f"Client '{CLIENT}' is not associated with NVIDIA Cloud Account 'acct'"
    unknown = nvcf.request("PATCH", f"{PATH}/clients/disassociate", {"adminClientId": "x"}, token=ADMIN)
    assert unknown.status_code == 404
    blank = nvcf.request("PATCH", f"{PATH}/clients/associate", {"adminClientId": " "}, token=ADMIN)
    assert "message=must not be blank" in nvcf.detail(blank)


def test_accounts_can_be_listed(nvcf: Emulator) -> None:
    create(nvcf)
    listed = nvcf.request("GET", "/v2/nvcf/accounts", token=bearer("list_accounts", subject="reader")).json()
    assert [a["ncaId"] for a in listed["accounts"]] == ["nvcf-default", "acct"]


def test_the_admin_key_manages_the_default_account(nvcf: Emulator) -> None:
    issued = nvcf.request("POST", "/v1/admin/keys", {}, token=None).json()
    assert issued["expires_at"].endswith("Z")
    token = f"Bearer {issued['value']}"
    assert nvcf.request("GET", "/v2/nvcf/registry-credentials", token=token).status_code == 200
    assert nvcf.request("GET", PATH, token=token).status_code == 403
