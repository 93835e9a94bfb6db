"""The rules around registered credentials: names, limits, lists, times, callers."""

from __future__ import annotations

import re

from tests.sandbox.nvcf.emulator import ADMIN, CUSTOM, ECR, PATH, Emulator, bearer, body, encoded


def test_the_secret_is_never_shown(nvcf: Emulator) -> None:
    made = nvcf.post(pair="u:very-secret-password")
    shown = [made, nvcf.request("GET"), nvcf.request("GET", f"{PATH}/{made.json()['registryCredential']['ncaId']}")]
    for response in shown:
        assert "very-secret-password" not in response.text
        assert encoded("u:very-secret-password") not in response.text


def test_times_are_to_the_nanosecond_when_made_and_to_the_millisecond_when_read(nvcf: Emulator) -> None:
    made = nvcf.made()
    read = nvcf.request("GET", f"{PATH}/{made['registryCredentialId']}").json()["registryCredential"]
    nanos, millis = made["createdAt"], read["createdAt"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(\d{3}|\d{6}|\d{9}))?Z", nanos)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", millis)
    assert nanos[:19] == millis[:19]
    assert made["lastUpdatedAt"] > made["createdAt"]


def test_the_limit_is_looked_at_before_the_name(nvcf: Emulator) -> None:
    for i in range(25):
        nvcf.made(name=f"c{i}")
    response = nvcf.post(name="c0")
    assert response.status_code == 400
    assert nvcf.detail(response) == (
        "Account 'nvcf-default': Cannot add registry credential - maximum allowed registry credentials (25) "
        "exceeded. Current count: 25"
    )


def test_a_credential_may_be_given_its_own_name_but_not_its_neighbours(nvcf: Emulator) -> None:
    one, _ = nvcf.made(name="one"), nvcf.made(name="two")
    path = f"{PATH}/{one['registryCredentialId']}"
    assert nvcf.request("PATCH", path, {"secret": {"name": "one", "value": "dTpw"}}).status_code == 200
    taken = nvcf.request("PATCH", path, {"secret": {"name": "two", "value": "dTpw"}})
    assert taken.status_code == 409
    assert nvcf.detail(taken) == (
        f"Account 'nvcf-default': Registry credential '{one['registryCredentialId']}' with name 'two' for hostname "
        f"'{CUSTOM}' exists - Registry credentials must have unique hostname and credential name within an account "
    )


def test_blank_names_are_compared_when_made_but_not_when_renamed(nvcf: Emulator) -> None:
    nvcf.made(name=" ")
    other = nvcf.made(name="other")
    assert nvcf.post(name=" ").status_code == 409
    path = f"{PATH}/{other['registryCredentialId']}"
    assert nvcf.request("PATCH", path, {"secret": {"name": " ", "value": "dTpw"}}).status_code == 200


def test_filters(nvcf: Emulator) -> None:
    nvcf.made(name="image", host=ECR)
    nvcf.made(name="chart", host=ECR, types=("HELM",))
    nvcf.made(name="both", host=ECR, types=("CONTAINER", "HELM"))

    def names(query: str) -> set[str]:
        listed = nvcf.request("GET", f"{PATH}?{query}").json()["registryCredentials"]
        return {c["registryCredentialName"] for c in listed}

    assert names("artifactType=helm") == {"chart", "both"}
    assert names("artifactType=Model,%20Container") == {"image", "both"}
    assert names("artifactType=MODEL&artifactType=CONTAINER") == {"image", "both"}
    assert names("provisionedBy=system") == set()
    assert names("artifactType=HELM&provisionedBy=USER,SYSTEM") == {"chart", "both"}
    assert names("artifactType=&other=x") == {"image", "chart", "both"}


def test_bad_filters(nvcf: Emulator) -> None:
    for query, shown in (
        ("artifactType=HELM,FOO", "'artifactType' with value: 'HELM,FOO'"),
        ("artifactType=,", "'artifactType' with value: ','"),
        ("provisionedBy=0", "'provisionedBy' with value: '0'"),
        ("artifactType=HELM,MODEL&artifactType=HELM", "'artifactType' with value: '[Ljava.lang.String;@0'"),
    ):
        response = nvcf.request("GET", f"{PATH}?{query}")
        assert (response.status_code, nvcf.detail(response)) == (400, f"Failed to convert {shown}")


def test_lists_are_in_id_order(nvcf: Emulator) -> None:
    made = [nvcf.made(name=f"c{i}")["registryCredentialId"] for i in range(8)]
    listed = [c["registryCredentialId"] for c in nvcf.request("GET").json()["registryCredentials"]]
    assert listed == sorted(made)


def test_the_cross_account_route(nvcf: Emulator) -> None:
    path = "/v2/nvcf/accounts/nvcf-default/registry-credentials"
    made = nvcf.request("POST", path, body(), token=ADMIN).json()["registryCredential"]
    one = f"{path}/{made['registryCredentialId']}"
    assert nvcf.request("GET", one, token=ADMIN).status_code == 200
    assert nvcf.request("GET", one).status_code == 403
    assert nvcf.request("DELETE", one, token=ADMIN).status_code == 204
    unknown = nvcf.request("GET", "/v2/nvcf/accounts/none/registry-credentials", token=ADMIN)
    assert (unknown.status_code, nvcf.detail(unknown)) == (404, "Account with ncaId 'none' not found")
    recognized = nvcf.request("GET", "/v2/nvcf/accounts/nvcf-default/recognized-registries", token=ADMIN)
    assert set(recognized.json()["recognizedRegistries"]) == {"CONTAINER", "HELM", "MODEL", "RESOURCE"}


def test_api_keys_stand_for_their_account_known_or_not(nvcf: Emulator) -> None:
    known = bearer("manage_registry_credentials", subject="nvcf-default", api_key=True)
    unknown = bearer("manage_registry_credentials", subject="personal-org", api_key=True)
    nvcf.made()
    assert len(nvcf.request("GET", token=known).json()["registryCredentials"]) == 1
    assert nvcf.request("GET", token=unknown).json() == {"registryCredentials": []}
    added = nvcf.request("POST", json=body(), token=unknown)
    assert (added.status_code, nvcf.detail(added)) == (404, "Account with ncaId 'personal-org' not found")


def test_api_keys_do_not_reach_the_cross_account_route_or_other_accounts(nvcf: Emulator) -> None:
    key = bearer("account_setup", "admin:manage_registry_credentials", subject="nvcf-default", api_key=True)
    routed = nvcf.request("GET", "/v2/nvcf/accounts/nvcf-default/registry-credentials", token=key)
    assert routed.status_code == 403
    assert nvcf.request("GET", "/v2/nvcf/accounts/nvcf-default", token=key).status_code == 200
    other = nvcf.request("GET", "/v2/nvcf/accounts/other", token=key)
    assert nvcf.detail(other) == (
        "Invalid request: nca_id 'nvcf-default' in bearer token does not match the one in path 'other'"
    )
    assert nvcf.request("DELETE", "/v2/nvcf/accounts/nvcf-default", token=key).status_code == 403


def test_an_empty_tag_set_is_answered_once_and_then_gone(nvcf: Emulator) -> None:
    made = nvcf.request("POST", json={**body(), "tags": []}).json()["registryCredential"]
    assert made["tags"] == []
    read = nvcf.request("GET", f"{PATH}/{made['registryCredentialId']}").json()["registryCredential"]
    assert "tags" not in read


def test_a_failing_secret_store_leaves_the_row(nvcf: Emulator) -> None:
    nvcf.hook("PUT", "/secret-store", {"down": True})
    failed = nvcf.post()
    assert (failed.status_code, nvcf.detail(failed)) == (502, "Failed to get response from 'ESS' after retries.")
    nvcf.hook("PUT", "/secret-store", {"down": False})
    (row,) = nvcf.request("GET").json()["registryCredentials"]
    assert nvcf.post().status_code == 409
    path = f"{PATH}/{row['registryCredentialId']}"
    without_secret = nvcf.request("PATCH", path, {"artifactTypeEnums": ["CONTAINER"]})
    assert without_secret.status_code == 500
    assert "missing secret" in nvcf.detail(without_secret)
    repaired = nvcf.request("PATCH", path, {"secret": {"name": "cred", "value": "dTpw"}})
    assert repaired.status_code == 200


def test_a_delete_while_the_secret_store_is_down_changes_nothing(nvcf: Emulator) -> None:
    path = f"{PATH}/{nvcf.made()['registryCredentialId']}"
    nvcf.hook("PUT", "/secret-store", {"down": True})
    assert nvcf.request("DELETE", path).status_code == 502
    nvcf.hook("PUT", "/secret-store", {"down": False})
    assert nvcf.request("DELETE", path).status_code == 204
    assert nvcf.request("DELETE", path).status_code == 404
