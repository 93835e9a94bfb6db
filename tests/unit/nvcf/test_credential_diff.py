from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nvcf.credential_diff import MARKER, CredentialChange, credential_change
from nvcf.credential_inputs import UNKNOWN

NEWS: dict[str, Any] = {
    "hostname": "h.example.com",
    "name": "n",
    "username": "u",
    "password": "p",
    "artifactTypes": ["CONTAINER", "HELM"],
    "tags": ["a", "b"],
    "description": "d",
    "__provider": "new pickle",
}
OLDS = NEWS | {
    "__provider": "old pickle",
    "artifactTypes": ["HELM", "CONTAINER"],
    "tags": ["b", "a"],
    "credentialId": "1",
    "accountId": "acct-1",
    "provisionedBy": "USER",
    "lastUpdatedAt": "t",
    MARKER: False,
}


def without(props: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in props.items() if key not in keys}


@settings(deadline=None)
@given(st.permutations(["CONTAINER", "HELM"]), st.permutations(["a", "b"]))
def test_order_is_no_difference(types: list[str], tags: list[str]) -> None:
    assert not credential_change(OLDS | {"artifactTypes": types, "tags": tags}, NEWS)


@pytest.mark.parametrize(
    ("olds", "news"),
    [
        (without(OLDS, "tags"), NEWS | {"tags": []}),
        (without(OLDS, "tags"), NEWS | {"tags": None}),
        (OLDS | {"description": ""}, without(NEWS, "description")),
        (OLDS, NEWS | {"onDestroy": "delete"}),
        (OLDS, NEWS | {"propagationSeconds": 5.0}),
        (OLDS, NEWS | {"adopt": "1"}),
        (OLDS, NEWS | {"account": "acct-1"}),
    ],
    ids=["no tags", "null tags", "no description", "default", "propagation", "adopt", "same account"],
)
def test_ways_to_say_the_same_are_no_difference(olds: dict[str, Any], news: dict[str, Any]) -> None:
    assert credential_change(olds, news) == CredentialChange()


def test_an_adopted_credential_keeps_what_is_not_declared() -> None:
    olds = OLDS | {"description": "made by hand"}
    news = without(NEWS, "tags", "description") | {"adopt": "1"}
    assert not credential_change(olds, news)
    assert credential_change(olds, without(news, "adopt")).replaces == ("tags", "description")
    assert credential_change(olds, news | {"tags": []}).replaces == ("tags",)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "m"}, CredentialChange(patches=("name",))),
        ({"username": "v"}, CredentialChange(patches=("username",))),
        ({"password": "q"}, CredentialChange(patches=("password",))),
        ({"artifactTypes": ["CONTAINER", "HELM", "MODEL"]}, CredentialChange(patches=("artifactTypes",))),
        ({"artifactTypes": ["CONTAINER"]}, CredentialChange(replaces=("artifactTypes",))),
        ({"artifactTypes": ["CONTAINER", "MODEL"]}, CredentialChange(("artifactTypes",), ("artifactTypes",))),
        ({"hostname": "i.example.com"}, CredentialChange(replaces=("hostname",))),
        ({"tags": ["a"]}, CredentialChange(replaces=("tags",))),
        ({"description": "e"}, CredentialChange(replaces=("description",))),
        ({"account": "acct-2"}, CredentialChange(replaces=("account",))),
        ({"onDestroy": "keep"}, CredentialChange(notes=("onDestroy",))),
    ],
)
def test_each_change(changes: dict[str, Any], expected: CredentialChange) -> None:
    change = credential_change(OLDS, NEWS | changes)
    assert change == expected
    assert change


@pytest.mark.parametrize(
    "key", ["hostname", "name", "username", "password", "artifactTypes", "tags", "description", "account"]
)
def test_unknown_is_a_change(key: str) -> None:
    change = credential_change(OLDS, NEWS | {key: UNKNOWN})
    assert key in change.replaces + change.patches
    assert not (key in ("password", "username", "name", "artifactTypes") and change.replaces)


def test_the_marker_asks_for_a_patch() -> None:
    assert credential_change(OLDS | {MARKER: True}, NEWS) == CredentialChange(patches=(MARKER,))


def test_a_credential_that_came_with_the_account_is_not_replaced_for_what_cannot_be_changed() -> None:
    system = OLDS | {
        "provisionedBy": "SYSTEM",
        "tags": ["x"],
        "description": "y",
        "artifactTypes": ["CONTAINER", "HELM", "MODEL"],
    }
    assert not credential_change(system, NEWS)
    assert credential_change(system, NEWS | {"hostname": "i.example.com"}).replaces == ("hostname",)


def test_the_configured_account_counts() -> None:
    assert not credential_change(OLDS, NEWS, "acct-1")
    assert credential_change(OLDS, NEWS, "acct-2").replaces == ("account",)
    assert credential_change(OLDS | {"account": "acct-1"}, NEWS).replaces == ("account",)
    assert not credential_change(OLDS | {"account": "acct-1"}, NEWS, "acct-1")
