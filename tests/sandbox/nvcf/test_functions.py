"""Functions: references, the artifact check, what blocks a deletion, what a deployment hands out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.nvcf.emulator import CUSTOM, ECR, PATH, Emulator, encoded

FUNCTIONS = "/v2/nvcf/functions"
IMAGE = f"{ECR}/team/app:v1"
CHART = f"oci://{ECR}/charts/web:1.2.3"
SPECIFICATIONS = {"deploymentSpecifications": [{"gpu": "T10", "minInstances": 0, "maxInstances": 1}]}


def create(nvcf: Emulator, **fields: Any) -> Any:
    return nvcf.request("POST", FUNCTIONS, {"name": "f", "inferenceUrl": "/infer", **fields})


def made(nvcf: Emulator, **fields: Any) -> dict[str, str]:
    response = create(nvcf, **fields)
    assert response.status_code == 200, response.text
    return dict(response.json()["function"])


def deployment_path(function: dict[str, str]) -> str:
    return f"/v2/nvcf/deployments/functions/{function['id']}/versions/{function['versionId']}"


@pytest.mark.parametrize(
    ("image", "detail"),
    [
        (f"{ECR}/x:latest", "Invalid ECR artifact URL"),
        (f"{ECR}/Team/app:v1", "Invalid ECR artifact URL"),
        (f"https://{IMAGE}", "Invalid ECR artifact URL"),
        (f"{ECR}/team/app@sha256:abc", "Invalid ECR artifact URL"),
        ("public.ecr.aws/app:v1", "Invalid ECR artifact URL"),
        ("docker.io/ubuntu:22.04", "Invalid Docker image url format."),
        (f"docker.io/a/b:v1@sha256:{'a' * 64}", "Invalid Docker image url format."),
        (f"nvcr.io/org/app:v1@sha256:{'a' * 64}", "Invalid NGC docker image url format."),
        ("reg.azurecr.io/a:v1@sha256:b", "Invalid OCI artifact URL format: reg.azurecr.io/a:v1@sha256:b"),
        ("ubuntu:22.04", "Invalid registry URL: ubuntu:22.04"),
        ("under_score.example/app", "Invalid registry URL: under_score.example/app"),
        (f"{ECR}:443/team/app:v1", "Failed to read request"),
        (f"{ECR}/team/app :v1", "Failed to read request"),
        (f"{ECR}/team/%zz:v1", "Failed to read request"),
        (f"oci://{IMAGE}", "Unsupported registry hostname oci for registry type CONTAINER"),
    ],
)
def test_references_that_are_refused(nvcf: Emulator, image: str, detail: str) -> None:
    for name, (host, pair) in {
        "ecr": (ECR, "AKIA:s"),
        "public": ("public.ecr.aws", "AKIA:s"),
        "docker": ("docker.io", "u:p"),
        "ngc": ("nvcr.io", "$oauthtoken:nvapi-x"),
        "acr": ("reg.azurecr.io", "u:p"),
    }.items():
        nvcf.made(name=name, host=host, pair=pair)
    response = create(nvcf, containerImage=image)
    assert response.status_code == 400
    assert nvcf.detail(response).startswith(detail)


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"helmChart": f"{ECR}/charts/web:1"}, f"Invalid registry URL: {ECR}/charts/web:1"),
        ({"helmChart": f"https://{ECR}/charts/web-1.tgz"}, "Invalid ECR artifact URL"),
        ({"helmChart": "oci://ghcr.io/a/b:1"}, "400 BAD_REQUEST, ProblemDetail[type='urn:nv-boot:problem-details:"),
    ],
)
def test_charts_that_are_refused(nvcf: Emulator, fields: dict[str, str], detail: str) -> None:
    nvcf.made(host=ECR, types=("HELM",))
    response = create(nvcf, helmChartServiceName="web", **fields)
    assert response.status_code == 400
    assert nvcf.detail(response).startswith(detail)


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"name": " "}, "Invalid request: 'name' cannot be empty/null in the create function payload"),
        ({"name": None}, "Failed to read request"),
        ({"inferencePort": 1.5}, "Failed to read request"),
        (
            {"helmChart": CHART, "helmChartServiceName": "web"},
            "Invalid request: Cannot specify both 'containerImage' and 'helmChart' properties in the payload",
        ),
    ],
)
def test_bodies_that_are_refused(nvcf: Emulator, fields: dict[str, Any], detail: str) -> None:
    assert nvcf.detail(create(nvcf, **{"containerImage": IMAGE, **fields})) == detail


def test_a_custom_registry_needs_no_credential(nvcf: Emulator) -> None:
    assert create(nvcf, containerImage=f"{CUSTOM}/Any/Thing:v1").status_code == 200


def test_credentials_are_tried_until_one_works(nvcf: Emulator) -> None:
    for key in ("AKIA1", "AKIA2", "AKIA3"):
        nvcf.made(name=key, pair=f"{key}:s", host=ECR)
    dead = {"status": 400, "body": "dead"}
    nvcf.hook("PUT", "/registries", {"logins": {"AKIA1:s": dead, "AKIA3:s": dead}})
    assert create(nvcf, containerImage=IMAGE).status_code == 200
    nvcf.hook("PUT", "/registries", {"logins": {f"AKIA{i}:s": dead for i in (1, 2, 3)}})
    assert nvcf.detail(create(nvcf, containerImage=IMAGE)) == "dead"


def test_a_host_in_use_blocks_every_credential_for_it(nvcf: Emulator) -> None:
    used, spare = nvcf.made(host=ECR), nvcf.made(name="spare", host=ECR)
    chart_only = nvcf.made(name="chart", host=ECR, types=("HELM",))
    first, second = made(nvcf, containerImage=IMAGE), made(nvcf, containerImage=IMAGE)
    for credential in (used, spare):
        credential_id = credential["registryCredentialId"]
        response = nvcf.request("DELETE", f"{PATH}/{credential_id}")
        sentences = ", ".join(
            f"Registry Credential '{credential_id}': Cannot be deleted as it is in use by Function id "
            f"'{f['id']}', version '{f['versionId']}' - Delete the function first to be able to delete the registry "
            "credential."
            for f in (first, second)
        )
        assert (response.status_code, nvcf.detail(response)) == (400, f"[{sentences}]")
    assert nvcf.request("DELETE", f"{PATH}/{chart_only['registryCredentialId']}").status_code == 204
    for function in (first, second):
        path = f"{FUNCTIONS}/{function['id']}/versions/{function['versionId']}"
        assert nvcf.request("DELETE", path).status_code == 204
    assert nvcf.request("DELETE", f"{PATH}/{used['registryCredentialId']}").status_code == 204


def test_undeploying_does_not_free_the_host(nvcf: Emulator) -> None:
    credential = nvcf.made(host=ECR)
    function = made(nvcf, containerImage=IMAGE)
    path = deployment_path(function)
    assert nvcf.request("GET", path).status_code == 404
    deployed = nvcf.request("POST", path, SPECIFICATIONS).json()["deployment"]
    assert deployed["functionStatus"] == "ACTIVE"
    assert nvcf.request("GET", path).status_code == 200
    assert nvcf.request("DELETE", path).json()["function"]["status"] == "INACTIVE"
    assert nvcf.request("DELETE", f"{PATH}/{credential['registryCredentialId']}").status_code == 400


def test_deploying_asks_the_registry_again(nvcf: Emulator) -> None:
    nvcf.made(host=ECR, pair="AKIA:s")
    function = made(nvcf, containerImage=IMAGE)
    empty = nvcf.request("POST", deployment_path(function), {})
    assert "field=deploymentSpecifications, rejected=null, message=must not be empty" in nvcf.detail(empty)
    nvcf.hook("PUT", "/registries", {"artifacts": [{"match": ".*/team/app:v1", "status": 400, "body": "gone"}]})
    assert nvcf.detail(nvcf.request("POST", deployment_path(function), SPECIFICATIONS)) == "gone"


def test_a_running_function_keeps_the_key_it_was_deployed_with(nvcf: Emulator) -> None:
    credential = nvcf.made(host=ECR, pair="AKIAOLD:old")
    function = made(nvcf, containerImage=IMAGE)
    nvcf.request("POST", deployment_path(function), SPECIFICATIONS)
    path = f"{PATH}/{credential['registryCredentialId']}"
    assert nvcf.request("PATCH", path, {"secret": {"name": "cred", "value": encoded("AKIANEW:new")}}).status_code == 200
    (handed_out,) = nvcf.hook("GET", "/handed-out?account=nvcf-default")["functions"]
    old = {"hostname": ECR, "artifactType": "CONTAINER", "username": "AKIAOLD", "password": "old"}
    assert handed_out["running"] == [old]
    assert handed_out["next"] == [{**old, "username": "AKIANEW", "password": "new"}]
    nvcf.request("POST", deployment_path(function), SPECIFICATIONS)
    (handed_out,) = nvcf.hook("GET", "/handed-out?account=nvcf-default")["functions"]
    assert handed_out["running"] == handed_out["next"]


def test_a_chart_gets_every_image_credential_of_the_account(nvcf: Emulator) -> None:
    nvcf.made(name="chart", host=ECR, types=("HELM",))
    nvcf.made(name="images", host=CUSTOM)
    made(nvcf, helmChart=CHART, helmChartServiceName="web")
    (handed_out,) = nvcf.hook("GET", "/handed-out?account=nvcf-default")["functions"]
    assert {(c["hostname"], c["artifactType"]) for c in handed_out["next"]} == {(ECR, "HELM"), (CUSTOM, "CONTAINER")}


def test_a_poison_function_makes_deletions_fail(nvcf: Emulator) -> None:
    credential = nvcf.made()
    nvcf.hook("POST", "/functions", {"account": "nvcf-default", "image": "ubuntu:22.04"})
    response = nvcf.request("DELETE", f"{PATH}/{credential['registryCredentialId']}")
    assert response.status_code == 500
    assert "Invalid registry URL: ubuntu:22.04" in nvcf.detail(response)


def test_functions_of_another_account_are_unknown(nvcf: Emulator) -> None:
    function = made(nvcf, containerImage=f"{CUSTOM}/a/b:v1")
    path = f"{FUNCTIONS}/{function['id']}/versions"
    assert nvcf.request("POST", path, {"name": "f", "inferenceUrl": "/", "containerImage": ""}).status_code == 200
    listed = nvcf.request("GET", path).json()["functions"]
    assert [f["id"] for f in listed] == [function["id"]] * 2
    unknown = nvcf.request("GET", f"{FUNCTIONS}/{function['versionId']}/versions")
    assert nvcf.detail(unknown) == f"Function id '{function['versionId']}': Not found in account 'nvcf-default'"
    assert nvcf.request("GET", f"{FUNCTIONS}/ids").json() == {"functionIds": [function["id"]]}


def test_trouble_at_the_registry_stops_the_trying(nvcf: Emulator) -> None:
    """A refusal passes to the next credential, a 5xx does not."""
    made_ids = {}
    for key in ("AKIA1", "AKIA2"):
        made_ids[nvcf.made(name=key, pair=f"{key}:s", host=ECR)["registryCredentialId"]] = key
    first = made_ids[min(made_ids)]
    nvcf.hook("PUT", "/registries", {"logins": {f"{first}:s": {"status": 500, "body": "down"}}})
    response = create(nvcf, containerImage=IMAGE)
    assert (response.status_code, nvcf.detail(response)) == (
        502,
        "ECR response with 5xx error 500 INTERNAL_SERVER_ERROR - down",
    )


def test_canary_hosts_stand_for_the_real_ones_both_ways(nvcf: Emulator) -> None:
    canary = nvcf.made(host="canary.nvcr.io", pair="$oauthtoken:nvapi-x")
    made(nvcf, containerImage="nvcr.io/org/app:v1")
    response = nvcf.request("DELETE", f"{PATH}/{canary['registryCredentialId']}")
    assert "in use by Function" in nvcf.detail(response)


@pytest.mark.parametrize(
    ("chart", "status"),
    [
        ("https://helm.ngc.nvidia.com/org/charts/web-1.2.3.tgz", 200),
        ("https://helm.ngc.nvidia.com/org/team/charts/my-web-v1.2.3-rc.1.tgz", 200),
        ("https://helm.ngc.nvidia.com/org/charts/web.tgz", 400),
        ("https://helm.ngc.nvidia.com/charts/web-1.2.3.tgz", 400),
        ("oci://helm.ngc.nvidia.com/org/charts/web:1.2.3", 400),
    ],
)
def test_ngc_charts(nvcf: Emulator, chart: str, status: int) -> None:
    nvcf.made(host="helm.ngc.nvidia.com", pair="$oauthtoken:nvapi-x", types=("HELM",))
    response = create(nvcf, helmChart=chart, helmChartServiceName="web")
    assert response.status_code == status
    if status == 400:
        assert nvcf.detail(response) == "Invalid NGC helm chart url format"


def test_a_hook_puts_in_a_running_function(nvcf: Emulator) -> None:
    nvcf.made(host=ECR, pair="AKIA:s")
    put_in = nvcf.hook("POST", "/functions", {"account": "nvcf-default", "image": IMAGE, "deployed": True})
    assert put_in["status"] == "ACTIVE"
    (handed_out,) = nvcf.hook("GET", "/handed-out?account=nvcf-default")["functions"]
    assert [c["username"] for c in handed_out["running"]] == ["AKIA"]
