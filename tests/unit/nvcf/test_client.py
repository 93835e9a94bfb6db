from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from nvcf import errors
from nvcf.client import NvcfClient
from nvcf.connection import Connection
from nvcf.credentials import NewCredential
from nvcf.secret import RegistrySecret
from tests.provider.fake_clock import FakeClock
from tests.provider.fake_nvcf import TOKEN, FakeNvcf, Fault, aws_error, problem

HOST = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
SECRET = RegistrySecret("AKIAUSERMARKER000000", "PASSMARKER/wJalrXUtnFEMI")
NEW = NewCredential(HOST, "functions", frozenset({"CONTAINER", "HELM"}), frozenset({"env=dev"}), "text")
CONNECTION = Connection("http://nvcf.test", lambda: TOKEN)


@pytest.fixture
def nvcf() -> FakeNvcf:
    return FakeNvcf()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def client(nvcf: FakeNvcf, clock: FakeClock) -> Iterator[NvcfClient]:
    with NvcfClient(CONNECTION, retries=clock.retries(), transport=nvcf.transport()) as client:
        yield client


def test_a_credential_lives(client: NvcfClient, nvcf: FakeNvcf) -> None:
    made = client.create(NEW, SECRET)
    assert (made.hostname, made.name, made.artifact_types) == (HOST, "functions", NEW.artifact_types)
    assert (sorted(made.tags), made.description, made.account) == (["env=dev"], "text", "acct-1")
    assert nvcf.secret_of(made.id) == f"{SECRET.username}:{SECRET.password}"
    assert client.get(made.id).created_at == made.created_at[:23] + "Z"
    assert [c.id for c in client.list()] == [made.id]
    changed = client.change(made.id, "renamed", RegistrySecret("u", "p"), {"HELM"})
    assert changed.name == "renamed"
    assert nvcf.secret_of(made.id) == "u:p"
    client.delete(made.id)
    assert client.list() == ()
    with pytest.raises(errors.NotFound):
        client.delete(made.id)


def test_requests_carry_token_host_and_account(nvcf: FakeNvcf) -> None:
    connection = Connection("http://nvcf.test/base", lambda: TOKEN, host="api.example.com")
    with (
        NvcfClient(connection, account="acct/1", transport=nvcf.transport()) as client,
        pytest.raises(errors.NvcfError),
    ):
        client.get("../x")
    request = nvcf.requests[0]
    assert request.url.raw_path == b"/base/v2/nvcf/accounts/acct%2F1/registry-credentials/..%2Fx"
    assert request.headers["Host"] == "api.example.com"
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["Accept"] == "application/json"


def test_recognized_registries(client: NvcfClient) -> None:
    assert client.recognized_registries() == {"MODEL": (("NGC", "h"),)}


@pytest.mark.parametrize(("method", "status"), [("POST", 201), ("DELETE", 200), ("PATCH", 201)])
def test_other_releases_statuses_are_fine(client: NvcfClient, nvcf: FakeNvcf, method: str, status: int) -> None:
    row = nvcf.add(HOST, "functions")
    body = "" if method == "DELETE" else json.dumps({"registryCredential": nvcf._shown(row)})
    nvcf.faults.append(Fault(method, httpx.Response(status, text=body)))
    if method == "POST":
        client.create(NEW, SECRET)
    elif method == "PATCH":
        client.change(row["registryCredentialId"], "functions", SECRET)
    else:
        client.delete(row["registryCredentialId"])


REQUEST = httpx.Request("GET", "http://nvcf.test")
LOST = {
    "cut": httpx.RemoteProtocolError("Server disconnected without sending a response."),
    "reset": httpx.ReadError("[Errno 104] Connection reset by peer"),
    "timeout": httpx.ReadTimeout("timed out"),
}


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
@pytest.mark.parametrize("after", [False, True])
def test_lost_answers_are_asked_for_again_where_that_is_safe(
    client: NvcfClient, nvcf: FakeNvcf, lost: Exception, after: bool
) -> None:
    row = nvcf.add(HOST, "functions")
    key = row["registryCredentialId"]
    nvcf.faults = [Fault(method, lost, after) for method in ("GET", "PATCH", "DELETE")]
    assert client.get(key).id == key
    assert client.change(key, "functions", SECRET, {"HELM"}).artifact_types == {"CONTAINER", "HELM"}
    if after:
        with pytest.raises(errors.NotFound):
            client.delete(key)
    else:
        client.delete(key)
    assert nvcf.rows == {}
    assert len(nvcf.calls) == 6


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
def test_a_lost_creation_is_not_repeated(client: NvcfClient, nvcf: FakeNvcf, lost: Exception) -> None:
    nvcf.faults = [Fault("POST", lost, after_effect=True)]
    with pytest.raises((errors.ConnectionCut, errors.NoAnswer)):
        client.create(NEW, SECRET)
    assert nvcf.writes == ["POST /v2/nvcf/registry-credentials"]


@pytest.mark.parametrize(
    "outcome",
    [
        problem(429, "Account 'acct-1': too many requests. Slow down.", "too-many-requests"),
        aws_error("ThrottlingException", "Rate exceeded"),
        aws_error("UnrecognizedClientException"),
        aws_error("InvalidSignatureException"),
        aws_error("InvalidClientTokenId"),
        httpx.ConnectError("[Errno 111] Connection refused"),
        httpx.ConnectTimeout("timed out"),
        httpx.PoolTimeout("timed out"),
    ],
    ids=["429", "throttling", "unknown key", "signature", "token id", "refused", "connect timeout", "pool timeout"],
)
def test_what_had_no_effect_is_repeated_even_for_a_creation(
    client: NvcfClient, nvcf: FakeNvcf, clock: FakeClock, outcome: httpx.Response | Exception
) -> None:
    nvcf.faults = [Fault("POST", outcome), Fault("POST", outcome)]
    client.create(NEW, SECRET)
    assert len(nvcf.calls) == 3
    assert clock.sleeps == [0.5, 1.0]


@pytest.mark.parametrize("status", [502, 503, 504])
def test_gateway_errors(client: NvcfClient, nvcf: FakeNvcf, status: int) -> None:
    nvcf.faults = [Fault("GET", httpx.Response(status, text="<html>")), Fault("POST", httpx.Response(status))]
    assert client.list() == ()
    with pytest.raises((errors.Upstream, errors.NoAnswer)):
        client.create(NEW, SECRET)
    assert nvcf.rows == {}


def test_retries_end(client: NvcfClient, nvcf: FakeNvcf, clock: FakeClock) -> None:
    nvcf.login = lambda *_: aws_error("UnrecognizedClientException")
    with pytest.raises(errors.KeyNotPropagated, match=r"Tried \d+ times in 360 s"):
        client.create(NEW, SECRET)
    assert clock.time == pytest.approx(360)


@pytest.mark.parametrize(
    "body", ["", "null", "[]", "<html>login</html>", '{"x": 1}', '{"registryCredential": {}}', '{"a":' * 2000]
)
def test_answers_that_are_not_nvcfs(client: NvcfClient, nvcf: FakeNvcf, body: str) -> None:
    nvcf.faults = [Fault("GET", httpx.Response(200, text=body)), Fault("GET", httpx.Response(200, text=body))]
    with pytest.raises(errors.NotNvcf, match=r"nvcf\.test"):
        client.get("0")
    with pytest.raises(errors.NotNvcf):
        client.list()


def test_transport_errors_name_endpoint_and_remedy(client: NvcfClient, nvcf: FakeNvcf) -> None:
    nvcf.faults = [Fault("GET", httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate"))]
    with pytest.raises(errors.BadCertificate, match="SSL_CERT_FILE"):
        client.list()
    nvcf.faults = [Fault("GET", httpx.ConnectError("[Errno 111] Connection refused")) for _ in range(99)]
    with pytest.raises(errors.Unreachable, match=r"http://nvcf\.test cannot be reached: .*refused"):
        client.list()
    nvcf.faults = [Fault("GET", httpx.DecodingError("bad gzip"))]
    with pytest.raises(errors.NotNvcf, match="decoded"):
        client.list()


def test_writes_are_guarded_one_call_at_a_time_and_reads_are_not(nvcf: FakeNvcf, clock: FakeClock) -> None:
    events: list[str] = []

    @contextmanager
    def guard() -> Iterator[None]:
        events.append("in")
        yield
        events.append("out")

    nvcf.faults = [Fault("POST", httpx.ConnectError("x"))]
    with NvcfClient(CONNECTION, retries=clock.retries(), write_guard=guard, transport=nvcf.transport()) as client:
        with pytest.raises(errors.NotFound):
            client.get("0")
        assert events == []
        client.create(NEW, SECRET)
    assert events == ["in", "in", "out"]


ECHOES = {
    "validation": problem(
        400, f"Validation failed: [field=secret.value, rejected={NEW.body(SECRET)['secret']}, message=x]"
    ),
    "plain": problem(400, f"nope {SECRET.username}:{SECRET.password}"),
    "registry": problem(401, json.dumps({"errors": [{"message": f"bad {SECRET.password}"}]}), "unauthorized"),
    "html": httpx.Response(500, text=f"<pre>{SECRET.password} {TOKEN}</pre>"),
    "challenge": httpx.Response(401, headers={"WWW-Authenticate": f'Bearer error_description="bad {TOKEN}"'}),
    "location": httpx.Response(302, headers={"Location": f"http://x/?t={TOKEN}"}),
    "bad json": httpx.Response(200, text=f"echo {SECRET.password} {TOKEN}"),
    "exception": httpx.LocalProtocolError(f"Illegal header value b'Bearer {TOKEN}'"),
    "conflict": problem(409, f"exists {SECRET.encoded()}", "conflict"),
    "aws": aws_error("UnrecognizedClientException", f"key {SECRET.username} secret {SECRET.password}"),
    "upstream": problem(502, f"ECR response with 5xx error {SECRET.encoded()[:40]}", "upstream"),
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
def test_no_error_and_no_log_repeats_a_secret(
    client: NvcfClient, nvcf: FakeNvcf, echo: httpx.Response | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    calls: list[Callable[[], object]] = [lambda: client.create(NEW, SECRET), lambda: client.change("0", "n", SECRET)]
    for call in calls:
        nvcf.faults = [Fault(method, echo) for method in ("POST", "PATCH") for _ in range(200)]
        with pytest.raises(errors.NvcfError) as caught:
            call()
        error = caught.value
        texts = [str(error), repr(error), repr(error.args), caplog.text, repr(error.__cause__)]
        assert error.__suppress_context__ or error.__context__ is None
        for text in texts:
            for marker in ("MARKER", SECRET.encoded()[:12], SECRET.password[-12:], TOKEN[-10:]):
                assert marker not in text
