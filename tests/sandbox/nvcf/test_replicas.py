"""What a second server process still believes after the first one has written."""

from __future__ import annotations

from typing import Any

from tests.sandbox.nvcf.emulator import ADMIN, ECR, PATH, Emulator, body, encoded

B = {"X-Sandbox-Replica": "b"}
IMAGE = f"{ECR}/team/app:v1"


def names(nvcf: Emulator, headers: Any = None) -> list[str]:
    listed = nvcf.request("GET", headers=headers).json()["registryCredentials"]
    return sorted(c["registryCredentialName"] for c in listed)


def function_on(nvcf: Emulator, headers: Any = None) -> Any:
    function = {"name": "f", "inferenceUrl": "/", "containerImage": IMAGE}
    return nvcf.request("POST", "/v2/nvcf/functions", function, headers=headers)


def rotate(nvcf: Emulator, credential_id: str, pair: str) -> None:
    change = {"secret": {"name": "cred", "value": encoded(pair)}}
    assert nvcf.request("PATCH", f"{PATH}/{credential_id}", change).status_code == 200


def test_the_list_is_old_for_a_minute_elsewhere_and_new_at_once_here(nvcf: Emulator) -> None:
    assert names(nvcf, B) == []
    made = nvcf.made(host=ECR)
    assert (names(nvcf), names(nvcf, B)) == (["cred"], [])
    by_id = nvcf.request("GET", f"{PATH}/{made['registryCredentialId']}", headers=B)
    assert by_id.status_code == 200
    assert nvcf.request("POST", json={**body(host=ECR), "description": "b"}, headers=B).status_code == 409
    nvcf.seconds += 59
    assert names(nvcf, B) == []
    nvcf.seconds += 2
    assert names(nvcf, B) == ["cred"]


def test_a_write_clears_the_writers_cache(nvcf: Emulator) -> None:
    assert names(nvcf, B) == []
    nvcf.made(host=ECR)
    nvcf.request("POST", json=body("b", host=ECR), headers=B)
    assert names(nvcf, B) == ["b", "cred"]


def test_the_old_key_works_on_for_five_minutes_elsewhere(nvcf: Emulator) -> None:
    made = nvcf.made(host=ECR, pair="AKIAOLD:s")
    assert function_on(nvcf, B).status_code == 200
    rotate(nvcf, made["registryCredentialId"], "AKIANEW:s")
    nvcf.hook("PUT", "/registries", {"logins": {"AKIAOLD:s": {"status": 400, "body": "dead"}}})
    assert function_on(nvcf).status_code == 200
    assert nvcf.detail(function_on(nvcf, B)) == "dead"
    types_only = nvcf.request(
        "PATCH", f"{PATH}/{made['registryCredentialId']}", {"artifactTypeEnums": ["HELM"]}, headers=B
    )
    assert nvcf.detail(types_only) == "dead"
    nvcf.seconds += 299
    assert function_on(nvcf, B).status_code == 400
    nvcf.seconds += 2
    assert function_on(nvcf, B).status_code == 200


def test_the_account_shows_the_old_secret_elsewhere(nvcf: Emulator) -> None:
    made = nvcf.made(host=ECR, pair="AKIAOLD:s")
    path = "/v2/nvcf/accounts/nvcf-default"
    assert nvcf.request("GET", path, token=ADMIN, headers=B).status_code == 200
    rotate(nvcf, made["registryCredentialId"], "AKIANEW:s")
    shown = nvcf.request("GET", path, token=ADMIN, headers=B).json()["account"]["registryCredentials"]
    assert shown[0]["secret"]["value"] == encoded("AKIAOLD:s")


def test_cache_times_can_be_scaled_down_and_clients_sent_to_another_replica(nvcf: Emulator) -> None:
    nvcf.hook("PUT", "/caches", {"rows": 0.5, "secrets": 1, "replica": "b"})
    assert names(nvcf) == []
    nvcf.hook("PUT", "/caches", {"replica": "a"})
    nvcf.made(host=ECR)
    assert nvcf.hook("PUT", "/caches", {"replica": "b"}) == {"rows": 0.5, "secrets": 1.0, "replica": "b"}
    assert names(nvcf) == []
    nvcf.seconds += 0.6
    assert names(nvcf) == ["cred"]
