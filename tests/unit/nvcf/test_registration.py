from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from nvcf import errors
from nvcf.client import NvcfClient
from nvcf.connection import Connection
from nvcf.credentials import NewCredential
from nvcf.ownership import stack_of, stack_tags
from nvcf.registration import find, register, take_over
from nvcf.secret import RegistrySecret
from tests.provider.fake_clock import FakeClock
from tests.provider.fake_nvcf import TOKEN, FakeNvcf, Fault, problem

HOST = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
SECRET = RegistrySecret("AKIAIOSFODNN7EXAMPLE", "the-new-secret")
NEW = NewCredential(HOST, "functions", frozenset({"CONTAINER", "HELM"}))
CUT = httpx.RemoteProtocolError("Server disconnected without sending a response.")
ESS_DOWN = problem(502, "Failed to get response from 'ESS' after retries.", "upstream")


@pytest.fixture
def nvcf() -> FakeNvcf:
    return FakeNvcf()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def client(nvcf: FakeNvcf, clock: FakeClock) -> Iterator[NvcfClient]:
    connection = Connection("http://nvcf.test", lambda: TOKEN)
    with NvcfClient(connection, retries=clock.retries(), transport=nvcf.transport()) as client:
        yield client


def test_the_usual_case_is_one_call(client: NvcfClient, nvcf: FakeNvcf) -> None:
    made = register(client, NEW, SECRET)
    assert not made.found
    assert nvcf.calls == ["POST /v2/nvcf/registry-credentials"]
    assert list(nvcf.rows) == [made.credential.id]


def test_one_that_exists_is_taken_over_with_our_secret_and_types(client: NvcfClient, nvcf: FakeNvcf) -> None:
    row = nvcf.add(HOST, "functions", "CONTAINER")
    nvcf.add(HOST, "other")
    taken = register(client, NEW, SECRET)
    assert taken.found
    assert taken.credential.id == row["registryCredentialId"]
    assert taken.credential.artifact_types == NEW.artifact_types
    assert nvcf.secret_of(row["registryCredentialId"]) == "AKIAIOSFODNN7EXAMPLE:the-new-secret"


def test_another_stacks_credential_is_not_taken_over(client: NvcfClient, nvcf: FakeNvcf) -> None:
    theirs = nvcf.add(HOST, "functions", "CONTAINER", tags=list(stack_tags("nvcf-registry", "prod")))
    ours = replace(NEW, tags=frozenset(stack_tags("nvcf-registry", "dev")))
    with pytest.raises(errors.Conflict, match=r"belongs to the stack 'nvcf-registry:prod'.*credentialName.*adopt: "):
        register(client, ours, SECRET)
    assert nvcf.writes == [call for call in nvcf.writes if call.startswith("POST")]
    assert nvcf.secret_of(theirs["registryCredentialId"]) != "AKIAIOSFODNN7EXAMPLE:the-new-secret"
    assert take_over(client, theirs["registryCredentialId"], ours, SECRET).id == theirs["registryCredentialId"]


def test_a_stacks_own_credential_is_found_again(client: NvcfClient, nvcf: FakeNvcf) -> None:
    tags = stack_tags("nvcf-registry", "dev.eu")
    nvcf.add(HOST, "functions", "CONTAINER", tags=list(tags))
    assert stack_of(tags) == "nvcf-registry:dev_eu"
    assert register(client, replace(NEW, tags=frozenset(tags)), SECRET).found


def test_a_stale_list_is_waited_for(client: NvcfClient, nvcf: FakeNvcf, clock: FakeClock) -> None:
    nvcf.add(HOST, "functions")
    nvcf.stale_lists = 6
    assert register(client, NEW, SECRET).found
    assert 10 < clock.time < 75


def test_a_list_that_never_shows_it_is_an_error(client: NvcfClient, nvcf: FakeNvcf, clock: FakeClock) -> None:
    nvcf.add(HOST, "functions")
    nvcf.stale_lists = 1000
    with pytest.raises(errors.Conflict, match="list has not shown it"):
        register(client, NEW, SECRET)
    assert clock.time == pytest.approx(75)


def test_a_listed_credential_that_is_gone_or_renamed_is_not_taken(client: NvcfClient, nvcf: FakeNvcf) -> None:
    row = nvcf.add(HOST, "functions")
    listed = httpx.Response(200, json={"registryCredentials": [nvcf._shown(row)]})
    del nvcf.rows[row["registryCredentialId"]]
    nvcf.faults = [Fault("GET", listed)]
    assert find(client, HOST, "functions", 0) is None
    nvcf.rows[row["registryCredentialId"]] = row | {"registryCredentialName": "credentials"}
    nvcf.faults = [Fault("GET", listed)]
    assert find(client, HOST, "functions", 0) is None


@pytest.mark.parametrize(
    "outcome", [CUT, httpx.ReadTimeout("t"), ESS_DOWN, httpx.Response(504)], ids=["cut", "timeout", "ESS", "504"]
)
@pytest.mark.parametrize("after", [True, False], ids=["after effect", "before effect"])
def test_a_lost_answer_leaves_exactly_one_credential(
    client: NvcfClient, nvcf: FakeNvcf, outcome: httpx.Response | Exception, after: bool
) -> None:
    nvcf.faults = [Fault("POST", outcome, after)]
    made = register(client, NEW, SECRET)
    assert made.found is after
    assert list(nvcf.rows) == [made.credential.id]
    assert nvcf.secret_of(made.credential.id) == "AKIAIOSFODNN7EXAMPLE:the-new-secret"
    assert nvcf.writes == ["POST /v2/nvcf/registry-credentials", *nvcf.writes[1:]]
    assert len(nvcf.writes) == 2


def test_no_second_creation_while_the_first_may_be_at_work(
    client: NvcfClient, nvcf: FakeNvcf, clock: FakeClock
) -> None:
    """NVCF waits 10 s for each type's login; a second creation meanwhile would make a twin."""
    nvcf.faults = [Fault("POST", CUT)]
    register(client, NEW, SECRET)
    assert sum(clock.sleeps) >= 22


def test_a_service_that_stays_down_is_an_error(client: NvcfClient, nvcf: FakeNvcf, clock: FakeClock) -> None:
    nvcf.faults = [Fault("POST", ESS_DOWN) for _ in range(1000)]
    with pytest.raises(errors.Upstream, match="ESS"):
        register(client, NEW, SECRET)
    assert 60 <= clock.time < 90


def test_twins_are_explained_and_not_touched(client: NvcfClient, nvcf: FakeNvcf) -> None:
    ids = [nvcf.add(HOST, "functions")["registryCredentialId"] for _ in range(2)]
    with pytest.raises(errors.Twins, match="delete the others") as caught:
        register(client, NEW, SECRET)
    assert set(caught.value.ids) == set(ids)
    for key in ids:
        assert key in str(caught.value)
        assert nvcf.rows[key]["_secret"] == ""


def test_a_twin_that_the_list_hides_is_found_at_the_patch(client: NvcfClient, nvcf: FakeNvcf) -> None:
    first, second = (nvcf.add(HOST, "functions") for _ in range(2))
    nvcf.faults = [Fault("GET", httpx.Response(200, json={"registryCredentials": [nvcf._shown(first)]}))]
    with pytest.raises(errors.Twins) as caught:
        register(client, NEW, SECRET)
    assert set(caught.value.ids) == {first["registryCredentialId"], second["registryCredentialId"]}


def test_a_named_credential_is_taken_over_and_renamed(client: NvcfClient, nvcf: FakeNvcf) -> None:
    key = nvcf.add(HOST, "credentials", provisionedBy="SYSTEM")["registryCredentialId"]
    taken = take_over(client, key, NEW, SECRET)
    assert (taken.id, taken.name, taken.is_system) == (key, "functions", True)


def test_a_named_credential_must_be_there_and_for_the_host(client: NvcfClient, nvcf: FakeNvcf) -> None:
    with pytest.raises(errors.NotFound, match=r"does not exist.*Correct 'adopt'"):
        take_over(client, "00000000-0000-4000-8000-000000000000", NEW, SECRET)
    key = nvcf.add("public.ecr.aws", "functions")["registryCredentialId"]
    with pytest.raises(errors.InvalidRequest, match=r"is for public\.ecr\.aws"):
        take_over(client, key, NEW, SECRET)
    key = nvcf.add(HOST, "credentials")["registryCredentialId"]
    other = nvcf.add(HOST, "functions")["registryCredentialId"]
    with pytest.raises(errors.Conflict, match=other):
        take_over(client, key, NEW, SECRET)


@pytest.mark.parametrize(
    "final",
    [problem(403, "Access Denied", "forbidden"), httpx.Response(401), problem(500, "x", "y")],
    ids=["403", "401", "500"],
)
def test_final_failures_are_final(client: NvcfClient, nvcf: FakeNvcf, clock: FakeClock, final: httpx.Response) -> None:
    nvcf.faults = [Fault("POST", final)]
    with pytest.raises(errors.NvcfError):
        register(client, NEW, SECRET)
    assert (len(nvcf.calls), clock.sleeps) == (1, [])
