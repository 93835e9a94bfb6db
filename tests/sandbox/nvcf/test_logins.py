"""What becomes of a registry's refusal, registry by registry."""

from __future__ import annotations

import pytest

from tests.sandbox.nvcf.emulator import ADMIN, ECR, PATH, Emulator, encoded

KINDS = {
    "ecr": (ECR, "AKIA:s"),
    "ecr-public": ("public.ecr.aws", "AKIA:s"),
    "volcengine": ("reg-cn-beijing.cr.volces.com", "AKLT:s"),
    "docker": ("docker.io", "bob:s"),
    "ngc": ("nvcr.io", "$oauthtoken:s"),
    "acr": ("reg.azurecr.io", "bob:s"),
}
PASSED_ON = {
    "ecr": {403},
    "ecr-public": {403},
    "volcengine": {403},
    "docker": {401, 403, 404, 409, 429},
    "ngc": {401, 403, 404, 409, 429},
    "acr": {401, 403, 404, 429},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 418, 429])
def test_refusals(nvcf: Emulator, kind: str, status: int) -> None:
    host, pair = KINDS[kind]
    nvcf.hook("PUT", "/registries", {"logins": {pair: {"status": status, "body": "no"}}})
    response = nvcf.post(host=host, pair=pair)
    assert response.status_code == (status if status in PASSED_ON[kind] else 400)
    assert nvcf.detail(response) == "no"
    assert response.json()["type"].startswith("urn:nv-boot:problem-details:")
    assert "retry-after" not in response.headers


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        ("ecr", "ECR response with 5xx error 503 SERVICE_UNAVAILABLE - no"),
        ("volcengine", "Volcengine response with 5xx error 503 SERVICE_UNAVAILABLE - no"),
        ("ngc", "Registry response with 5xx error 503 - no"),
        ("acr", "OCI registry response with 5xx error 503 SERVICE_UNAVAILABLE - no"),
    ],
)
def test_trouble_at_the_registry(nvcf: Emulator, kind: str, detail: str) -> None:
    host, pair = KINDS[kind]
    nvcf.hook("PUT", "/registries", {"logins": {pair: {"status": 503, "body": "no"}}})
    response = nvcf.post(host=host, pair=pair)
    assert (response.status_code, nvcf.detail(response)) == (502, detail)
    assert nvcf.request("GET").json() == {"registryCredentials": []}


def test_an_empty_refusal_gets_the_reason_phrase(nvcf: Emulator) -> None:
    nvcf.hook("PUT", "/registries", {"logins": {"bob:s": {"status": 404}}})
    assert nvcf.detail(nvcf.post(host="docker.io", pair="bob:s")) == "Not Found"


def test_ngc_helm_keys_of_the_new_kind_are_not_tried(nvcf: Emulator) -> None:
    refusals = {p: {"status": 401, "body": "no"} for p in ("$oauthtoken:nvapi-x", "$oauthtoken:old")}
    nvcf.hook("PUT", "/registries", {"logins": refusals})
    new = nvcf.post(name="new", host="helm.ngc.nvidia.com", pair="$oauthtoken:nvapi-x", types=("HELM",))
    old = nvcf.post(name="old", host="helm.ngc.nvidia.com", pair="$oauthtoken:old", types=("HELM",))
    assert (new.status_code, old.status_code) == (200, 401)


def test_models_are_never_tried_and_old_keys_are_marked(nvcf: Emulator) -> None:
    nvcf.hook("PUT", "/registries", {"logins": {"$oauthtoken:old": {"status": 401}}})
    made = nvcf.made(host="api.ngc.nvidia.com", pair="$oauthtoken:old", types=("MODEL",))
    assert made["keyType"] == "LEGACY"
    other = nvcf.made(name="new", host="api.ngc.nvidia.com", pair="$oauthtoken:nvapi-x", types=("MODEL",))
    assert "keyType" not in other
    assert nvcf.request("GET").json()["registryCredentials"] != []


def test_a_refused_rotation_changes_nothing(nvcf: Emulator) -> None:
    made = nvcf.made(host=ECR, pair="AKIA:old")
    nvcf.hook("PUT", "/registries", {"logins": {"AKIA:new": {"status": 400, "body": "no"}}})
    path = f"{PATH}/{made['registryCredentialId']}"
    refused = nvcf.request("PATCH", path, {"secret": {"name": "renamed", "value": encoded("AKIA:new")}})
    assert refused.status_code == 400
    assert nvcf.request("GET", path).json()["registryCredential"]["registryCredentialName"] == "cred"
    (handed_out,) = secrets(nvcf)
    assert handed_out == encoded("AKIA:old")


def secrets(nvcf: Emulator) -> list[str]:
    account = nvcf.request("GET", "/v2/nvcf/accounts/nvcf-default", token=ADMIN).json()["account"]
    return [c["secret"]["value"] for c in account.get("registryCredentials", [])]
