from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi.runtime import rpc

from nvcf.credential_inputs import INPUTS, UNKNOWN, declared, input_mistakes, is_unknown

GOOD: dict[str, Any] = {
    "hostname": "123456789012.dkr.ecr.us-west-2.amazonaws.com",
    "name": "functions",
    "username": "AKIAIOSFODNN7EXAMPLE",
    "password": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "artifactTypes": ["CONTAINER", "HELM"],
    "tags": ["env=dev"],
    "description": "text",
    "account": "acct-1",
    "onDestroy": "keep",
    "keeps": ["IAM user functions"],
    "adopt": "b6a2fa89-c265-4492-9495-2df4690994e8",
    "propagationSeconds": 10.0,
}


def test_the_marker_is_the_sdks() -> None:
    assert rpc.UNKNOWN == UNKNOWN


def test_good_properties() -> None:
    assert set(GOOD) == set(INPUTS)
    assert input_mistakes(GOOD) == []
    assert input_mistakes({k: GOOD[k] for k in INPUTS[:5]} | {"__provider": "x", "tags": None}) == []
    found = declared(GOOD)
    assert found.new.artifact_types == {"CONTAINER", "HELM"}
    assert (found.account, found.adopt, found.propagation_seconds) == ("acct-1", GOOD["adopt"], 10.0)
    assert (found.secret.username, found.secret.password) == (GOOD["username"], GOOD["password"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"hostname": "https://public.ecr.aws"}, {"hostname": "scheme"}),
        ({"hostname": "public.ecr.aws/x1"}, {"hostname": "registry alias"}),
        ({"username": "ASIAIOSFODNN7EXAMPLE"}, {"username": "temporary access key"}),
        ({"username": ""}, {"username": "is empty"}),
        ({"password": "x\n"}, {"password": "line break"}),
        ({"artifactTypes": ["MODEL"]}, {"artifactTypes": "cannot carry"}),
        ({"artifactTypes": []}, {"artifactTypes": "is empty"}),
        ({"artifactTypes": "CONTAINER"}, {"artifactTypes": "no list"}),
        ({"artifactTypes": [1]}, {"artifactTypes": "no list"}),
        ({"name": "n" * 49}, {"name": "49 characters"}),
        ({"name": 5}, {"name": "no text"}),
        ({"name": None}, {"name": "is missing"}),
        ({"tags": ["a/b", "c d"]}, {"tags": "a tag that is 'c d'"}),
        ({"description": "x" * 257}, {"description": "257"}),
        ({"account": "a/b"}, {"account": "account id"}),
        ({"onDestroy": "forget"}, {"onDestroy": "delete, keep"}),
        ({"adopt": "me"}, {"adopt": "UUID"}),
        ({"propagationSeconds": 1e9}, {"propagationSeconds": "seconds"}),
        ({"propagationSeconds": True}, {"propagationSeconds": "seconds"}),
        ({"hostName": "x"}, {"hostName": "no property"}),
        ({"hostname": "x", "name": "", "password": ":"}, {"hostname": "no dot", "name": "empty", "password": "blank"}),
    ],
)
def test_each_mistake_is_told_by_its_property(changes: dict[str, object], expected: dict[str, str]) -> None:
    found = input_mistakes(GOOD | changes)
    assert {key for key, _ in found} == set(expected)
    for key, part in expected.items():
        assert any(part in str(mistake) for k, mistake in found if k == key)
    for secret in ("wJalr", "ASIAIOSF"):
        assert all(secret not in str(mistake) for _, mistake in found)


def test_everything_missing_is_told_at_once() -> None:
    assert [key for key, _ in input_mistakes({})] == ["hostname", "name", "username", "password", "artifactTypes"]


@settings(deadline=None)
@given(st.sets(st.sampled_from(INPUTS)))
def test_unknown_values_are_never_judged(keys: set[str]) -> None:
    props = GOOD | dict.fromkeys(keys, UNKNOWN)
    assert input_mistakes(props) == []


def test_lists_may_be_known_in_part() -> None:
    assert is_unknown(["a", UNKNOWN])
    assert input_mistakes(GOOD | {"tags": ["a/b", UNKNOWN], "artifactTypes": [UNKNOWN]}) == []
    mistakes = input_mistakes(GOOD | {"hostname": UNKNOWN, "artifactTypes": ["container"]})
    assert [(key, "Write 'CONTAINER'" in str(mistake)) for key, mistake in mistakes] == [("artifactTypes", True)]
