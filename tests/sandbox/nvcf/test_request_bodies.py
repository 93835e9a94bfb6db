"""Bodies as the real server binds and validates them, beyond what was recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.nvcf.emulator import CUSTOM, PATH, Emulator, bearer, body

HOSTNAME_MESSAGE = (
    r"Invalid hostname: Must conform to regex (?=^.{4,253}$)(^((?!-)[a-zA-Z0-9-]{1,63}(?<!-)\.)+[a-zA-Z0-9]{2,63}$)"
)


def changed(**fields: Any) -> dict[str, Any]:
    return {**body(), **fields}


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        "{} {}",
        "{'registryHostname': 1}",
        '{"registryHostname": NaN}',
        '{"registryHostname": 01}',
        "{" + '"a":[' * 5000,
    ],
)
def test_what_is_no_json_object_cannot_be_read(nvcf: Emulator, sent: str) -> None:
    response = nvcf.request("POST", content=sent.encode(), headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert response.json() == {
        "detail": "Failed to read request",
        "instance": PATH,
        "status": 400,
        "title": "Bad Request",
    }
    assert response.headers["connection"] == "close"
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "fields",
    [
        {"registryHostname": []},
        {"registryHostname": {}},
        {"secret": ""},
        {"secret": 5},
        {"secret": []},
        {"secret": {"name": "n"}},
        {"secret": {"name": ["n"], "value": "x"}},
        {"artifactTypes": "CONTAINER"},
        {"artifactTypes": [["CONTAINER"]]},
        {"artifactTypes": [True]},
        {"artifactTypes": [4]},
        {"artifactTypes": [-1]},
        {"artifactTypes": [0.0]},
        {"artifactTypes": ["00"]},
        {"artifactTypes": [""]},
        {"tags": "a"},
        {"tags": {}},
        {"tags": [["a"]]},
        {"description": ["d"]},
    ],
    ids=json.dumps,
)
def test_wrong_json_types_cannot_be_read(nvcf: Emulator, fields: dict[str, Any]) -> None:
    response = nvcf.request("POST", json=changed(**fields))
    assert (response.status_code, nvcf.detail(response)) == (400, "Failed to read request")


@pytest.mark.parametrize(
    ("fields", "member", "value"),
    [
        ({"description": 1.50}, "description", "1.5"),
        ({"description": False}, "description", "false"),
        ({"tags": [2, True]}, "tags", ["2", "true"]),
        ({"tags": ["b", "a", "b"]}, "tags", ["a", "b"]),
        ({"artifactTypes": [" container "]}, "artifactTypes", ["CONTAINER"]),
        ({"artifactTypes": ["0", 0, "CONTAINER"]}, "artifactTypes", ["CONTAINER"]),
        ({"secret": {"name": True, "value": "dTpw"}}, "registryCredentialName", "true"),
        ({"secret": {"name": "", "value": "dTpw", "more": 1}}, "registryCredentialName", ""),
    ],
)
def test_scalars_are_coerced(nvcf: Emulator, fields: dict[str, Any], member: str, value: object) -> None:
    response = nvcf.request("POST", json=changed(**fields))
    assert response.status_code == 200, response.text
    assert response.json()["registryCredential"][member] == value


def test_a_numbers_spelling_becomes_the_text(nvcf: Emulator) -> None:
    sent = json.dumps(body()).replace('"cred"', "1.50")
    response = nvcf.request("POST", content=sent.encode(), headers={"Content-Type": "application/json"})
    assert response.json()["registryCredential"]["registryCredentialName"] == "1.50"


def violations(response: Any) -> set[str]:
    detail = response.json()["detail"]
    assert detail.startswith("Validation failed: [object=addRegistryCredentialRequest, ")
    return set(detail.removeprefix("Validation failed: ").replace("] [", "]\n[").split("\n"))


def violation(field: str, rejected: str, message: str) -> str:
    return f"[object=addRegistryCredentialRequest, field={field}, rejected={rejected}, message={message}]"


def test_every_broken_rule_is_reported_at_once(nvcf: Emulator) -> None:
    sent = {
        "registryHostname": "",
        "artifactTypes": [],
        "tags": ["a b", "t" * 129],
        "description": "d" * 257,
    }
    cut = f"{'d' * 256}... (truncated for log/response, total length 257 chars)"
    assert violations(nvcf.request("POST", json=sent)) == {
        violation("registryHostname", "", "must not be blank"),
        violation("registryHostname", "", "Invalid hostname: Must be 1 - 255 chars long"),
        violation("registryHostname", "", HOSTNAME_MESSAGE),
        violation("secret", "null", "must not be null"),
        violation("artifactTypes", "[]", "must not be empty"),
        violation("tags[]", "a b", r'must match "[a-zA-Z0-9\-_:=]+"'),
        violation("tags[]", "t" * 129, "Maximum tag length of 128 is exceeded."),
        violation("description", cut, "Maximum description length of 256 is exceeded."),
    }


def test_a_long_hostname_breaks_two_rules(nvcf: Emulator) -> None:
    hostname = "a" * 256
    assert violations(nvcf.request("POST", json=changed(registryHostname=hostname))) == {
        violation("registryHostname", hostname, "Invalid hostname: Must be 1 - 255 chars long"),
        violation("registryHostname", hostname, HOSTNAME_MESSAGE),
    }


def test_sixty_four_tags_are_enough(nvcf: Emulator) -> None:
    assert nvcf.request("POST", json=changed(tags=[f"t{i}" for i in range(64)])).status_code == 200
    too_many = nvcf.request("POST", json=changed(tags=[f"t{i}" for i in range(65)]))
    assert violations(too_many) == {violation("tags", "[...]", "Maximum number of tags of 64 is exceeded.")}


def test_length_counts_utf16_units(nvcf: Emulator) -> None:
    assert nvcf.request("POST", json=changed(description="\U0001f600" * 128)).status_code == 200
    assert nvcf.request("POST", json=changed(description="\U0001f600" * 129)).status_code == 400


def test_nulls_inside_sets_trip_the_server(nvcf: Emulator) -> None:
    tags = nvcf.request("POST", json=changed(tags=[None]))
    assert tags.status_code == 500
    assert "CQL does not allow null values in collections" in nvcf.detail(tags)
    assert "type" not in tags.json()
    types = nvcf.request("POST", json=changed(artifactTypes=[None]))
    assert types.status_code == 500


def test_an_explicit_null_value_binds_but_is_no_secret(nvcf: Emulator) -> None:
    response = nvcf.request("POST", json=changed(secret={"name": "n", "value": None}))
    assert "must be base64 encoded username:password format" in nvcf.detail(response)


def test_body_rules_come_before_the_scope_and_the_token_before_everything(nvcf: Emulator) -> None:
    no_scope = bearer("list_functions")
    assert nvcf.request("POST", json={}, token=no_scope).status_code == 400
    assert nvcf.request("POST", json=body(), token=no_scope).status_code == 403
    assert nvcf.request("POST", json={}, token=None).status_code == 401


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        ("dTpw", True),
        ("dTpwcA", True),
        ("dTpwcA=", False),
        ("dTpw=", False),
        ("dTpw\n", False),
        (" dTpw", False),
        ("dTp_", False),
        ("dTpwx", False),
        ("", False),
        ("dTpwOnA=", False),
        ("dTpwOg==", True),
        ("OnA=", False),
        ("IDpw", False),
    ],
)
def test_secret_format(nvcf: Emulator, value: str, *, accepted: bool) -> None:
    response = nvcf.request("POST", json=changed(secret={"name": "n", "value": value}))
    assert (response.status_code == 200) is accepted, response.text


def test_a_patch_with_nothing_in_it(nvcf: Emulator) -> None:
    path = f"{PATH}/{nvcf.made()['registryCredentialId']}"
    nothings: tuple[dict[str, Any], ...] = (
        {},
        {"artifactTypes": ["HELM"]},
        {"artifactTypeEnums": []},
        {"secret": None},
        {"tags": ["a"]},
    )
    for nothing in nothings:
        response = nvcf.request("PATCH", path, nothing)
        assert nvcf.detail(response) == "Invalid request: Either secret or artifact types must be specified"


def test_patch_cannot_add_a_type_the_host_has_not(nvcf: Emulator) -> None:
    path = f"{PATH}/{nvcf.made()['registryCredentialId']}"
    response = nvcf.request("PATCH", path, {"artifactTypeEnums": ["HELM"]})
    assert nvcf.detail(response) == (
        f"Invalid request: 'Example Custom Registry' with hostname '{CUSTOM}' not recognized for artifact type 'HELM'"
    )
