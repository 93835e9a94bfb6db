"""ECR asked for real: over HTTP, signed with the stored key, answered by a small AWS of this test's own."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.sandbox.nvcf.emulator import ECR, PATH, USER, Emulator, body, encoded

KEYS = {"AKIAGOOD": "right", "AKIADENIED": "right"}
SIGNED = "content-type;host;x-amz-content-sha256;x-amz-date;x-amz-target"


@dataclass(frozen=True)
class Seen:
    target: str
    scope: str
    signed_headers: str
    has_session_token: bool
    body: Any


@dataclass
class Aws:
    """What the fake AWS was asked, and where it is."""

    url: str = ""
    seen: list[Seen] = field(default_factory=list)


def decide(headers: dict[str, str], payload: bytes, url: str, aws: Aws) -> tuple[int, dict[str, str]]:
    """AWS's answer: the key must be known and the signature right."""
    parts = dict(p.split("=", 1) for p in headers["authorization"].removeprefix("AWS4-HMAC-SHA256 ").split(", "))
    access_key, date, region, service, _ = parts["Credential"].split("/")
    aws.seen.append(
        Seen(
            headers["x-amz-target"],
            f"{service}/{region}",
            parts["SignedHeaders"],
            "x-amz-security-token" in headers,
            json.loads(payload),
        )
    )
    if access_key not in KEYS:
        return 400, {"__type": "UnrecognizedClientException", "message": "The security token is invalid."}
    request = AWSRequest("POST", url, data=payload)
    for name in parts["SignedHeaders"].split(";"):
        request.headers[name] = headers[name]
    request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(Credentials(access_key, KEYS[access_key]), service, region)
    string_to_sign = signer.string_to_sign(request, signer.canonical_request(request))
    assert headers["x-amz-date"].startswith(date)
    if signer.signature(string_to_sign, request) != parts["Signature"]:
        return 400, {"__type": "InvalidSignatureException", "message": "The signature does not match."}
    if access_key == "AKIADENIED":
        return 403, {"__type": "AccessDeniedException", "message": "not authorized"}
    return 200, {}


@pytest.fixture
def aws() -> Iterator[Aws]:
    state = Aws()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            headers = {k.lower(): v for k, v in self.headers.items()}
            payload = self.rfile.read(int(headers["content-length"]))
            status, answer = decide(headers, payload, state.url, state)
            self.send_response(status)
            encoded_answer = json.dumps(answer).encode()
            self.send_header("Content-Length", str(len(encoded_answer)))
            self.end_headers()
            self.wfile.write(encoded_answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def nvcf(aws: Aws) -> Iterator[Emulator]:
    emulator = Emulator(aws_endpoint=aws.url.rstrip("/"))
    yield emulator
    emulator.loop.run_until_complete(emulator.app.state.emulator.network.client.aclose())
    emulator.close()


def test_a_good_key_logs_in_in_the_hosts_region(nvcf: Emulator, aws: Aws) -> None:
    assert nvcf.post(host=ECR, pair="AKIAGOOD:right").status_code == 200
    target = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
    assert aws.seen == [Seen(target, "ecr/us-west-2", SIGNED, has_session_token=False, body={})]


def test_one_login_per_type_that_is_verified(nvcf: Emulator, aws: Aws) -> None:
    made = nvcf.made(host=ECR, pair="AKIAGOOD:right", types=("CONTAINER", "HELM"))
    assert len(aws.seen) == 2
    nvcf.request("PATCH", f"{PATH}/{made['registryCredentialId']}", {"artifactTypeEnums": ["HELM"]})
    assert len(aws.seen) == 3


def test_public_ecr_is_asked_in_us_east_1(nvcf: Emulator, aws: Aws) -> None:
    assert nvcf.post(host="public.ecr.aws", pair="AKIAGOOD:right").status_code == 200
    (seen,) = aws.seen
    assert (seen.target, seen.scope) == ("SpencerFrontendService.GetAuthorizationToken", "ecr-public/us-east-1")


@pytest.mark.parametrize(
    ("pair", "status", "code"),
    [
        ("AKIAUNKNOWN:right", 400, "UnrecognizedClientException"),
        ("AKIAGOOD:wrong", 400, "InvalidSignatureException"),
        ("AKIAGOOD:right\n", 400, "InvalidSignatureException"),
        ("AKIADENIED:right", 403, "AccessDeniedException"),
    ],
)
def test_refusals_are_awss_own_words(nvcf: Emulator, pair: str, status: int, code: str) -> None:
    response = nvcf.post(host=ECR, pair=pair)
    assert response.status_code == status
    assert json.loads(nvcf.detail(response))["__type"] == code


def test_images_are_looked_up(nvcf: Emulator, aws: Aws) -> None:
    nvcf.made(host=ECR, pair="AKIAGOOD:right")
    nvcf.made(host="public.ecr.aws", pair="AKIAGOOD:right")
    aws.seen.clear()
    digest = f"sha256:{'a' * 64}"
    for image in (f"{ECR}/team/app", f"{ECR}/team/app:v1@{digest}", "public.ecr.aws/alias/team/app:v1"):
        function = {"name": "f", "inferenceUrl": "/", "containerImage": image}
        assert nvcf.request("POST", "/v2/nvcf/functions", function).status_code == 200
    assert [(s.target.partition(".")[2], s.body) for s in aws.seen] == [
        (
            "DescribeImages",
            {"imageIds": [{"imageTag": "latest"}], "repositoryName": "team/app", "registryId": "123456789012"},
        ),
        (
            "DescribeImages",
            {"imageIds": [{"imageDigest": digest}], "repositoryName": "team/app", "registryId": "123456789012"},
        ),
        ("DescribeImages", {"imageIds": [{"imageTag": "v1"}], "repositoryName": "team/app"}),
    ]


def test_other_registries_are_not_sent_to_aws(nvcf: Emulator, aws: Aws) -> None:
    assert nvcf.post(host="docker.io").status_code == 200
    assert aws.seen == []


def test_an_aws_that_cannot_be_reached_is_a_500() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    def hang(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("too late", request=request)

    for handler, text in ((refuse, "ConnectError"), (hang, "java.util.concurrent.TimeoutException")):
        nvcf = Emulator(aws_endpoint="http://aws.example", aws_transport=httpx.MockTransport(handler))
        response = nvcf.post(host=ECR, pair="AKIAGOOD:right")
        nvcf.close()
        assert response.status_code == 500
        assert text in nvcf.detail(response)


def test_nothing_is_atomic_while_aws_is_asked(nvcf: Emulator) -> None:
    """Two equal registrations pass each other's check and make twins, as on the real server."""
    call = ("POST", PATH, body("same", "AKIAGOOD:right", ECR), USER)
    both = nvcf.at_once(call, call)
    assert [r.status_code for r in both] == [200, 200]
    one, _ = (r.json()["registryCredential"]["registryCredentialId"] for r in both)
    change = {"secret": {"name": "same", "value": encoded("AKIAGOOD:right")}}
    assert nvcf.request("PATCH", f"{PATH}/{one}", change).status_code == 409
    assert nvcf.request("PATCH", f"{PATH}/{one}", {"artifactTypeEnums": ["HELM"]}).status_code == 200


def test_a_patch_that_waits_for_aws_brings_a_deleted_credential_back() -> None:
    """The row is read, AWS is asked, the row is written: a deletion in between is undone, as on the real server."""
    asked, gate = asyncio.Event(), asyncio.Event()
    gate.set()

    async def answer(_: httpx.Request) -> httpx.Response:
        asked.set()
        await gate.wait()
        return httpx.Response(200, json={})

    nvcf = Emulator(aws_endpoint="http://aws.example", aws_transport=httpx.MockTransport(answer))
    path = f"{PATH}/{nvcf.made(host=ECR, pair='AKIA:s')['registryCredentialId']}"
    asked.clear()
    gate.clear()

    async def race() -> list[int]:
        change = {"secret": {"name": "cred", "value": encoded("AKIA:new")}}
        patch = asyncio.ensure_future(nvcf.send("PATCH", path, change, USER))
        await asked.wait()
        deleted = await nvcf.send("DELETE", path, None, USER)
        gate.set()
        return [deleted.status_code, (await patch).status_code]

    assert nvcf.loop.run_until_complete(race()) == [204, 200]
    assert nvcf.request("GET", path).status_code == 200
    nvcf.close()
