from __future__ import annotations

import dataclasses

import pytest

from nvcf.credentials import Credential, NewCredential, change_body, in_milliseconds, is_later
from nvcf.secret import RegistrySecret

RECORDED = {
    "registryCredentialId": "b6a2fa89-c265-4492-9495-2df4690994e8",
    "ncaId": "acct-local-1",
    "registryCredentialName": "ecr-private",
    "registryName": "AWS ECR Private Registry",
    "registryHostname": "123456789012.dkr.ecr.us-west-2.amazonaws.com",
    "artifactTypes": ["HELM", "CONTAINER"],
    "tags": ["env=prod", "team:ml"],
    "description": "private ECR of the ML team",
    "provisionedBy": "USER",
    "lastUpdatedAt": "2026-11-21T06:41:49.448075100Z",
    "createdAt": "2026-11-21T06:41:49.448074569Z",
}


def test_a_recorded_credential_is_read() -> None:
    found = Credential.from_json(RECORDED)
    assert found.id == RECORDED["registryCredentialId"]
    assert found.artifact_types == {"CONTAINER", "HELM"}
    assert found.tags == {"env=prod", "team:ml"}
    assert not found.is_system
    reordered = {**RECORDED, "artifactTypes": ["CONTAINER", "HELM"], "keyType": "LEGACY"}
    assert Credential.from_json(reordered) == found
    bare = {k: v for k, v in RECORDED.items() if k not in ("tags", "description")}
    assert Credential.from_json(bare) == dataclasses.replace(found, tags=frozenset(), description=None)


@pytest.mark.parametrize("data", [None, [], "x", {}, {**RECORDED, "registryHostname": 1}, {**RECORDED, "tags": "x"}])
def test_anything_else_is_no_credential(data: object) -> None:
    with pytest.raises(ValueError, match="registry credential"):
        Credential.from_json(data)


def test_the_two_bodies_name_the_types_differently() -> None:
    secret = RegistrySecret("u", "p")
    new = NewCredential("docker.io", "n", frozenset({"HELM", "CONTAINER"}), frozenset({"b", "a"}), "d")
    assert new.body(secret) == {
        "registryHostname": "docker.io",
        "secret": {"name": "n", "value": "dTpw"},
        "artifactTypes": ["CONTAINER", "HELM"],
        "tags": ["a", "b"],
        "description": "d",
    }
    assert set(NewCredential("docker.io", "n", frozenset({"HELM"})).body(secret)) == {
        "registryHostname",
        "secret",
        "artifactTypes",
    }
    assert change_body("n", secret, {"HELM"}) == {
        "secret": {"name": "n", "value": "dTpw"},
        "artifactTypeEnums": ["HELM"],
    }
    assert change_body("n", secret, ()) == {"secret": {"name": "n", "value": "dTpw"}}


@pytest.mark.parametrize(
    ("a", "b", "later"),
    [
        ("2026-11-21T06:41:49.448Z", "2026-11-21T06:41:49.448075100Z", False),
        ("2026-11-21T06:41:49.448999Z", "2026-11-21T06:41:49.448Z", False),
        ("2026-11-21T06:41:49.449Z", "2026-11-21T06:41:49.448999Z", True),
        ("2026-11-21T06:41:50Z", "2026-11-21T06:41:49.999Z", True),
        ("2026-11-21T06:41:49.4Z", "2026-11-21T06:41:49.399Z", True),
        ("2026-12-01T00:00:00+00:00", "2026-11-30T23:59:59Z", True),
        ("2026-11-21T06:41:48Z", "2026-11-21T06:41:49Z", False),
        ("", "2026-11-21T06:41:49Z", False),
        ("2026-11-21T06:41:49Z", "", False),
        ("yesterday", "today", False),
    ],
)
def test_times_compare_to_the_millisecond(a: str, b: str, later: bool) -> None:
    assert is_later(a, b) is later
    assert is_later(in_milliseconds(a), in_milliseconds(b)) is later
