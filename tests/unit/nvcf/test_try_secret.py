"""Making NVCF log in with the secret that it has, and what it says when it has none."""

import json

import httpx
import pytest

from nvcf.client import NvcfClient
from nvcf.connection import Connection
from nvcf.errors import SecretLost

#: As recorded (exchange 375), the account's name aside.
MISSING = (
    "500 INTERNAL_SERVER_ERROR, ProblemDetail[type='null', title='Internal Server Error', status=500, detail='Account "
    "'acct': Registry credential 'bed4bb78-ac7b-4aee-8abc-bff3e526334e' missing secret', instance='null', "
    "properties='null']"
)


def client(answer: httpx.Response, sent: list[httpx.Request]) -> NvcfClient:
    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return answer

    return NvcfClient(Connection("http://nvcf", lambda: "token"), transport=httpx.MockTransport(respond))


def test_only_types_are_sent() -> None:
    row = {"registryCredentialId": "1", "registryCredentialName": "n", "registryHostname": "h", "lastUpdatedAt": "now"}
    sent: list[httpx.Request] = []
    with client(httpx.Response(200, json={"registryCredential": row}), sent) as nvcf:
        assert nvcf.try_secret("1", {"HELM", "CONTAINER"}).last_updated_at == "now"
    (request,) = sent
    assert (request.method, json.loads(request.content)) == ("PATCH", {"artifactTypeEnums": ["CONTAINER", "HELM"]})


def test_a_lost_secret_is_told_from_any_other_fault() -> None:
    sent: list[httpx.Request] = []
    answer = httpx.Response(500, json={"detail": MISSING, "status": 500})
    with client(answer, sent) as nvcf, pytest.raises(SecretLost, match="NVCF has lost the credential's secret"):
        nvcf.try_secret("1", {"HELM"})
    assert len(sent) == 1, "it is not tried again"
