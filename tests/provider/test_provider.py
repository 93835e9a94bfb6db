"""The provider's methods, called as the engine calls them, on NVCF in memory."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.output import Unknown
from pulumi.runtime import rpc

from nvcf import errors
from nvcf.provider import RegistryCredentialProvider
from nvcf.retries import Retries
from tests.provider.fake_clock import FakeClock
from tests.provider.fake_nvcf import TOKEN, FakeNvcf, Fault, aws_error, problem

HOST = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
PASSWORD = "PASSMARKER/wJalrXUtnFEMI"
PROPS: dict[str, Any] = {
    "hostname": HOST,
    "name": "functions",
    "username": "AKIAUSERMARKER000000",
    "password": PASSWORD,
    "artifactTypes": ["CONTAINER", "HELM"],
    "tags": ["env=dev", "team:ml"],
    "description": "text",
    "__provider": "pickle",
}


class ProviderUnderTest(RegistryCredentialProvider):
    """The provider, on NVCF in memory and a clock of its own."""

    def __init__(self, nvcf: FakeNvcf) -> None:
        super().__init__()
        self.nvcf = nvcf
        self.clock = FakeClock()

    def _transport(self) -> httpx.BaseTransport:
        return self.nvcf.transport()

    def _retries(self, propagation_seconds: float) -> Retries:
        return self.clock.retries(propagation_seconds=propagation_seconds)


@pytest.fixture
def nvcf() -> FakeNvcf:
    return FakeNvcf()


@pytest.fixture
def provider(nvcf: FakeNvcf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProviderUnderTest:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return configured(ProviderUnderTest(nvcf))


def configured(provider: ProviderUnderTest, **settings: object) -> ProviderUnderTest:
    config = {"nvcf-registry:nvcf": {"endpoint": "http://nvcf.test", **settings}, "nvcf-registry:nvcfToken": TOKEN}
    provider.configure(ConfigureRequest(Config(config, "project")))
    return provider


def made(provider: ProviderUnderTest, **changes: object) -> tuple[str, dict[str, Any]]:
    result = provider.create(PROPS | changes)
    assert result.outs is not None
    return result.id, result.outs


def test_create_writes_once_and_outputs_the_whole(provider: ProviderUnderTest, nvcf: FakeNvcf) -> None:
    key, outs = made(provider)
    assert nvcf.writes == ["POST /v2/nvcf/registry-credentials"]
    assert nvcf.secret_of(key) == f"{PROPS['username']}:{PASSWORD}"
    row = nvcf.rows[key]
    assert outs == {k: v for k, v in PROPS.items() if k != "__provider"} | {
        "credentialId": key,
        "accountId": "acct-1",
        "registryName": "AWS ECR Private Registry",
        "provisionedBy": "USER",
        "createdAt": row["createdAt"][:23] + "Z",
        "lastUpdatedAt": row["lastUpdatedAt"][:23] + "Z",
        "changedOutside": False,
    }


def test_nothing_derived_from_the_secret_is_an_output(provider: ProviderUnderTest, nvcf: FakeNvcf) -> None:
    key, outs = made(provider)
    stored = nvcf.rows[key]["_secret"]
    assert all(stored not in str(value) for value in outs.values())
    assert [k for k, value in outs.items() if PASSWORD in str(value)] == ["password"]


def test_no_change_after_create_read_and_read_again(provider: ProviderUnderTest, nvcf: FakeNvcf) -> None:
    key, outs = made(provider)
    assert not provider.diff(key, outs, PROPS).changes
    first = provider.read(key, outs)
    assert first.outs is not None
    assert not provider.diff(key, first.outs, PROPS).changes
    assert first.inputs == {k: v for k, v in PROPS.items() if k != "__provider"}
    assert first.outs == outs
    second = provider.read(key, first.outs)
    assert second.outs == first.outs
    assert len(nvcf.writes) == 1


@pytest.mark.parametrize("changes", [{"tags": None}, {"tags": []}, {"description": None}, {"description": ""}])
def test_ways_to_leave_things_out_make_no_phantom_change(
    provider: ProviderUnderTest, changes: dict[str, object]
) -> None:
    key, outs = made(provider, **changes)
    refreshed = provider.read(key, outs)
    assert refreshed.outs is not None
    assert not provider.diff(key, refreshed.outs, PROPS | changes).changes
    assert refreshed.inputs == {k: v for k, v in (PROPS | changes).items() if k != "__provider" and v is not None}


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ({"name": "renamed"}, {"registryCredentialName": "renamed"}),
        ({"password": "another-key"}, {}),
        ({"artifactTypes": ["HELM"]}, {"artifactTypes": ["HELM"]}),
    ],
)
def test_updates_are_one_patch_and_output_the_whole(
    provider: ProviderUnderTest, nvcf: FakeNvcf, changes: dict[str, Any], row: dict[str, Any]
) -> None:
    start: dict[str, Any] = {"artifactTypes": []} if "artifactTypes" in changes else {}
    key, outs = made(provider)
    nvcf.touch(key, **start)
    outs |= start
    nvcf.calls.clear()
    news = PROPS | changes
    assert provider.diff(key, outs, news).changes
    result = provider.update(key, outs, news)
    assert nvcf.writes == [f"PATCH /v2/nvcf/registry-credentials/{key}"]
    assert nvcf.rows[key].items() >= row.items()
    assert nvcf.secret_of(key) == f"{news['username']}:{news['password']}"
    assert result.outs is not None
    assert result.outs.keys() == outs.keys()
    assert not provider.diff(key, result.outs, news).changes


def test_a_change_of_what_nvcf_does_not_know_calls_nobody(provider: ProviderUnderTest, nvcf: FakeNvcf) -> None:
    key, outs = made(provider)
    nvcf.calls.clear()
    news = PROPS | {"onDestroy": "keep"}
    assert provider.diff(key, outs, news).changes
    result = provider.update(key, outs, news)
    assert nvcf.calls == []
    assert result.outs == outs | {"onDestroy": "keep"}


@pytest.mark.parametrize(
    "change", [{"hostname": "public.ecr.aws"}, {"tags": ["x"]}, {"description": "x"}, {"artifactTypes": ["HELM"]}]
)
def test_replacements_delete_first(provider: ProviderUnderTest, change: dict[str, Any]) -> None:
    key, outs = made(provider)
    result = provider.diff(key, outs, PROPS | change)
    assert (result.changes, result.replaces, result.delete_before_replace) == (True, list(change), True)


@pytest.mark.parametrize(
    "unknown",
    [rpc.UNKNOWN, Unknown()],  # type: ignore[no-untyped-call] # the SDK's class is untyped
    ids=["text", "object"],
)
def test_unknown_values_in_a_preview(provider: ProviderUnderTest, unknown: object) -> None:
    """The SDK hands them over as objects; the engine's own marker is a text."""
    key, outs = made(provider)
    news = PROPS | {"username": unknown, "password": unknown}
    checked = provider.check(outs, news)
    assert (checked.failures, checked.inputs) == ([], news)
    diff = provider.diff(key, outs, news)
    assert (diff.changes, diff.replaces) == (True, [])
    assert provider.check({}, PROPS | {"tags": ["a/b", unknown], "hostname": unknown}).failures == []


def test_every_bad_field_is_its_own_failure(provider: ProviderUnderTest) -> None:
    bad = {
        "hostname": "https://public.ecr.aws",
        "name": "",
        "username": "x",
        "password": "a\nSECRETMARKER",
        "tags": ["a/b"],
    }
    failures = provider.check({}, PROPS | bad).failures
    assert [f.property for f in failures if f.property] == ["name", "tags", "hostname"]
    # The engine would print the values of these two, were they named.
    assert [f.reason.split()[0] for f in failures if not f.property] == ["password", "username"]
    assert all(f.reason.startswith(f"{f.property} ") for f in failures if f.property)
    assert "MARKER" not in "".join(f.reason for f in failures)


def test_an_outside_rename_and_rotation_are_seen_and_undone(provider: ProviderUnderTest, nvcf: FakeNvcf) -> None:
    key, outs = made(provider)
    nvcf.touch(key, registryCredentialName="credentials", _secret="b3RoZXI6a2V5")
    refreshed = provider.read(key, outs)
    assert refreshed.outs is not None
    assert refreshed.inputs is not None
    assert refreshed.outs["name"] == refreshed.inputs["name"] == "credentials"
    assert refreshed.outs["changedOutside"] is True
    again = provider.read(key, refreshed.outs)
    assert again.outs is not None
    assert again.outs["changedOutside"] is True
    assert provider.diff(key, again.outs, PROPS).changes
    result = provider.update(key, again.outs, PROPS)
    assert nvcf.secret_of(key) == f"{PROPS['username']}:{PASSWORD}"
    assert nvcf.rows[key]["registryCredentialName"] == "functions"
    assert result.outs is not None
    assert result.outs["changedOutside"] is False
    assert not provider.diff(key, result.outs, PROPS).changes


def test_a_secret_changed_outside_alone_is_seen(provider: ProviderUnderTest, nvcf: FakeNvcf) -> None:
    key, outs = made(provider)
    nvcf.touch(key, _secret="b3RoZXI6a2V5")
    refreshed = provider.read(key, outs)
    assert refreshed.outs is not None
    diff = provider.diff(key, refreshed.outs, PROPS)
    assert (diff.changes, diff.replaces) == (True, [])
    provider.update(key, refreshed.outs, PROPS)
    assert nvcf.secret_of(key).endswith(PASSWORD)


def test_one_that_is_gone_reads_as_gone(provider: ProviderUnderTest, nvcf: FakeNvcf) -> None:
    key, outs = made(provider)
    nvcf.rows.clear()
    assert provider.read(key, outs).id == ""


def test_a_read_with_an_id_alone(provider: ProviderUnderTest, nvcf: FakeNvcf) -> None:
    key = nvcf.add(HOST, "functions", "CONTAINER", tags=["a"])["registryCredentialId"]
    result = provider.read(key, {"__provider": "pickle"})
    assert result.id == key
    assert result.outs is not None
    assert result.inputs == {"hostname": HOST, "name": "functions", "artifactTypes": ["CONTAINER"], "tags": ["a"]}
    diff = provider.diff(key, result.outs, PROPS | {"tags": ["a"], "description": None})
    assert (diff.changes, diff.replaces) == (True, [])


@pytest.mark.parametrize(
    "answer", [httpx.Response(404, text="404 page not found"), httpx.Response(401), httpx.Response(500)]
)
def test_a_gateways_error_is_not_taken_for_gone(
    provider: ProviderUnderTest, nvcf: FakeNvcf, answer: httpx.Response
) -> None:
    key, outs = made(provider)
    nvcf.faults = [Fault("GET", answer), Fault("DELETE", answer)]
    with pytest.raises(errors.NvcfError):
        provider.read(key, outs)
    with pytest.raises(errors.NvcfError):
        provider.delete(key, outs)


def test_a_token_of_another_account_does_not_make_it_gone(provider: ProviderUnderTest, nvcf: FakeNvcf) -> None:
    key, outs = made(provider)
    nvcf.account, nvcf.rows = "acct-2", {}
    for call in (
        lambda: provider.read(key, outs),
        lambda: provider.delete(key, outs),
        lambda: provider.update(key, outs, PROPS | {"name": "m"}),
    ):
        with pytest.raises(
            errors.AccountMismatch, match=r"'functions' for .*made in the NVCF account 'acct-1'.*'acct-2'"
        ):
            call()


def test_update_of_one_that_is_gone_says_refresh(provider: ProviderUnderTest, nvcf: FakeNvcf) -> None:
    key, outs = made(provider)
    nvcf.rows.clear()
    with pytest.raises(errors.NotFound, match="pulumi refresh"):
        provider.update(key, outs, PROPS | {"password": "x"})


def test_update_beside_a_twin_is_explained(provider: ProviderUnderTest, nvcf: FakeNvcf) -> None:
    key, outs = made(provider)
    twin = nvcf.add(HOST, "functions")["registryCredentialId"]
    with pytest.raises(errors.Twins) as caught:
        provider.update(key, outs, PROPS | {"password": "x"})
    assert key in str(caught.value)
    assert twin in str(caught.value)
    nvcf.add(HOST, "other")
    with pytest.raises(errors.Conflict, match="already has the name 'other'"):
        provider.update(key, outs, PROPS | {"name": "other"})


def test_delete(provider: ProviderUnderTest, nvcf: FakeNvcf) -> None:
    key, outs = made(provider)
    provider.delete(key, outs)
    assert nvcf.rows == {}
    provider.delete(key, outs)


def test_delete_in_use_names_the_functions(provider: ProviderUnderTest, nvcf: FakeNvcf) -> None:
    key, outs = made(provider)
    nvcf.functions[HOST] = [("f-1", "v-1"), ("f-1", "v-2")]
    with pytest.raises(errors.InUse) as caught:
        provider.delete(key, outs)
    assert str(caught.value).startswith(f"NVCF registry credential 'functions' for {HOST}: ")
    assert "function f-1, version v-1, v-2" in str(caught.value)
    assert "onDestroy: keep" in str(caught.value)


def test_delete_keeps_what_is_to_be_kept(
    provider: ProviderUnderTest, nvcf: FakeNvcf, caplog: pytest.LogCaptureFixture
) -> None:
    key, outs = made(provider, onDestroy="keep", keeps=["IAM user u", "repository a/b"])
    assert provider.diff(key, outs, PROPS | {"onDestroy": "keep", "keeps": ["IAM user u"]}).changes
    provider.delete(key, outs)
    assert list(nvcf.rows) == [key]
    assert "onDestroy is keep, so this only leaves the stack" in caplog.text
    assert f"'functions' for {HOST}, IAM user u, repository a/b." in caplog.text


@pytest.mark.parametrize("recorded", ["SYSTEM", "USER"])
def test_one_of_the_account_is_adopted_patched_and_left(
    provider: ProviderUnderTest, nvcf: FakeNvcf, caplog: pytest.LogCaptureFixture, recorded: str
) -> None:
    key = nvcf.add(HOST, "functions", "CONTAINER", provisionedBy="SYSTEM")["registryCredentialId"]
    taken, outs = made(provider)
    assert (taken, outs["provisionedBy"]) == (key, "SYSTEM")
    assert "was taken over" in caplog.text
    assert not provider.diff(key, outs, PROPS).changes
    provider.delete(key, outs | {"provisionedBy": recorded})
    assert list(nvcf.rows) == [key]
    assert "stays there" in caplog.text


def test_adoption_by_id_and_honest_outputs(provider: ProviderUnderTest, nvcf: FakeNvcf) -> None:
    key = nvcf.add(HOST, "credentials", "CONTAINER", tags=["other"])["registryCredentialId"]
    taken, outs = made(provider, adopt=key)
    assert (taken, outs["name"], outs["tags"], outs["adopt"]) == (key, "functions", ["other"], key)
    assert provider.diff(key, outs, PROPS | {"adopt": key}).replaces == ["tags", "description"]


def test_a_create_repeated_after_a_kill_finds_its_own_effect(provider: ProviderUnderTest, nvcf: FakeNvcf) -> None:
    key, _ = made(provider)
    again, outs = made(provider)
    assert again == key
    assert list(nvcf.rows) == [key]
    assert not provider.diff(key, outs, PROPS).changes


def test_a_new_key_is_waited_for(provider: ProviderUnderTest, nvcf: FakeNvcf) -> None:
    nvcf.login = lambda *_: aws_error("UnrecognizedClientException") if provider.clock.time < 20 else None
    key, _ = made(provider)
    assert list(nvcf.rows) == [key]
    nvcf.login = lambda *_: aws_error("UnrecognizedClientException")
    with pytest.raises(errors.KeyNotPropagated, match="in 5 s"):
        provider.create(PROPS | {"name": "b", "propagationSeconds": 5.0})


def test_accounts_are_named_only_where_one_is_given(nvcf: FakeNvcf, provider: ProviderUnderTest) -> None:
    made(provider)
    key, outs = made(provider, account="acct-1", name="b")
    configured(provider, account="acct-9")
    provider.delete(key, outs)
    base = "/v2/nvcf/accounts/acct-1/registry-credentials"
    assert nvcf.calls == ["POST /v2/nvcf/registry-credentials", f"POST {base}", f"DELETE {base}/{key}"]
    assert provider.diff(key, outs, PROPS | {"name": "b"}).replaces == ["account"]
    with pytest.raises(errors.AccountNotFound, match="acct-9"):
        made(provider, name="c")


def test_what_is_not_configured_is_told_by_the_call_that_needs_it(
    nvcf: FakeNvcf, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("NVCF_ENDPOINT", "NVCF_TOKEN", "NVCF_HOST"):
        monkeypatch.delenv(variable, raising=False)
    provider = ProviderUnderTest(nvcf)
    provider.configure(ConfigureRequest(Config({}, "project")))
    assert provider.check({}, PROPS).failures == []
    assert provider.diff("1", PROPS, PROPS).changes is False
    for name in ("a", "b"):
        with pytest.raises(errors.NotConfigured, match=rf"^NVCF registry credential '{name}' for .*NVCF_ENDPOINT"):
            provider.create(PROPS | {"name": name})


FAULTS = {
    "cut": httpx.ReadError(f"reset {PASSWORD}"),
    "timeout": httpx.ReadTimeout("t"),
    "refused": httpx.ConnectError(f"no {TOKEN}"),
    "401": httpx.Response(401),
    "401 of the registry": problem(401, f"bad {PASSWORD}", "unauthorized"),
    "403": problem(403, "Access Denied", "forbidden"),
    "403 of the registry": problem(403, f"bad {PASSWORD}", "forbidden"),
    "404": httpx.Response(404),
    "409": problem(409, f"exists {PASSWORD}", "conflict"),
    "429": problem(429, f"slow {PASSWORD}", "too-many-requests"),
    "500": problem(500, f"oops {PASSWORD}", "internal"),
    "502": problem(502, f"oops {PASSWORD}", "upstream"),
    "503": httpx.Response(503, text=f"<html>{TOKEN}"),
    "no JSON": httpx.Response(200, text=f"<html>{PASSWORD}"),
    "validation": problem(400, f"Validation failed: [rejected={PASSWORD}]"),
    "unknown key": aws_error("UnrecognizedClientException", PASSWORD),
}


@pytest.mark.parametrize("outcome", FAULTS.values(), ids=FAULTS)
def test_every_failure_names_the_resource_and_a_remedy_and_no_secret(
    provider: ProviderUnderTest, nvcf: FakeNvcf, outcome: httpx.Response | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key, outs = made(provider)
    calls: dict[str, Callable[[], object]] = {
        "POST": lambda: provider.create(PROPS | {"name": "b"}),
        "GET": lambda: provider.read(key, outs),
        "PATCH": lambda: provider.update(key, outs, PROPS | {"username": "AKIANEWMARKER0000000"}),
        "DELETE": lambda: provider.delete(key, outs),
    }
    for method, call in calls.items():
        nvcf.faults = [Fault(method, outcome) for _ in range(500)]
        nvcf.stale_lists = 10_000
        with pytest.raises(errors.NvcfError) as caught:
            call()
        error = caught.value
        assert str(error).startswith("NVCF registry credential '")
        assert error.remedy
        assert "\n" not in str(error)
        for text in (str(error), repr(error), caplog.text):
            assert "MARKER" not in text
