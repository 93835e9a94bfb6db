"""Who gets in, and how each service words it when one does not."""

import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest

from sandbox.aws.identities import find_access_key
from tests.sandbox.aws.cloud_under_test import CloudUnderTest, Key, allow, refusal, refused

CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "iam": ("iam", "get_user", {}),
    "sts": ("sts", "get_caller_identity", {}),
    "ecr": ("ecr", "get_authorization_token", {}),
    "ecr-public": ("ecr-public", "get_authorization_token", {}),
    "eks": ("eks", "list_clusters", {}),
}
UNKNOWN = {
    "iam": (403, "InvalidClientTokenId"),
    "sts": (403, "InvalidClientTokenId"),
    "ecr": (400, "UnrecognizedClientException"),
    "ecr-public": (400, "UnrecognizedClientException"),
    "eks": (403, "UnrecognizedClientException"),
}
WRONG_SECRET = {
    "iam": (403, "SignatureDoesNotMatch"),
    "sts": (403, "SignatureDoesNotMatch"),
    "ecr": (400, "InvalidSignatureException"),
    "ecr-public": (400, "InvalidSignatureException"),
    "eks": (403, "InvalidSignatureException"),
}


def call(aws: CloudUnderTest, service: str, key: Key) -> Any:
    name, operation, params = CALLS[service]
    region = "us-east-1" if service == "ecr-public" else "us-west-2"
    return getattr(aws.client(name, key, region), operation), params


@pytest.fixture
def key(aws: CloudUnderTest) -> Any:
    return aws.user("caller", allow("*", "*"))


@pytest.mark.parametrize("service", CALLS)
def test_a_good_key_gets_in(aws: CloudUnderTest, key: Key, service: str) -> None:
    operation, params = call(aws, service, key)
    assert operation(**params)["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("service", CALLS)
def test_an_unknown_key_is_refused(aws: CloudUnderTest, service: str) -> None:
    operation, params = call(aws, service, Key("AKIAUNKNOWN000000000", "secret"))
    assert refused(operation, **params) == UNKNOWN[service]


@pytest.mark.parametrize("service", CALLS)
def test_a_wrong_secret_is_refused_and_not_repeated(aws: CloudUnderTest, key: Key, service: str) -> None:
    operation, params = call(aws, service, Key(key.key_id, "not-the-secret"))
    status, code, message = refusal(operation, **params)
    assert (status, code) == WRONG_SECRET[service]
    assert key.secret not in message


@pytest.mark.parametrize("service", CALLS)
@pytest.mark.parametrize("end", ["inactive", "deleted"])
def test_a_key_that_was_ended_is_unknown_at_once(aws: CloudUnderTest, key: Key, service: str, end: str) -> None:
    iam = aws.client("iam")
    if end == "inactive":
        iam.update_access_key(UserName="caller", AccessKeyId=key.key_id, Status="Inactive")
    else:
        iam.delete_access_key(UserName="caller", AccessKeyId=key.key_id)
    operation, params = call(aws, service, key)
    assert refused(operation, **params) == UNKNOWN[service]


def test_a_key_switched_on_again_works_again(aws: CloudUnderTest, key: Key) -> None:
    iam = aws.client("iam")
    for status in ("Inactive", "Active"):
        iam.update_access_key(UserName="caller", AccessKeyId=key.key_id, Status=status)
    assert aws.client("sts", key).get_caller_identity()["Arn"].endswith("user/nvcf/caller")


@pytest.mark.parametrize("service", CALLS)
def test_a_session_needs_all_three_parts(aws: CloudUnderTest, key: Key, service: str) -> None:
    made = aws.client("sts", key).get_session_token()["Credentials"]
    assert made["AccessKeyId"].startswith("ASIA")
    whole = Key(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    operation, params = call(aws, service, whole)
    operation(**params)
    for token in (None, "another-token"):
        operation, params = call(aws, service, Key(whole.key_id, whole.secret, token))
        assert refused(operation, **params) == UNKNOWN[service]


def test_a_users_key_with_a_session_token_is_unknown(aws: CloudUnderTest, key: Key) -> None:
    odd = Key(key.key_id, key.secret, "token")
    assert refused(aws.client("ecr", odd).get_authorization_token) == UNKNOWN["ecr"]


@pytest.mark.parametrize(
    ("service", "expected"), [("sts", (403, "ExpiredToken")), ("ecr", (400, "ExpiredTokenException"))]
)
def test_a_session_ends(aws: CloudUnderTest, key: Key, service: str, expected: Any) -> None:
    # Shorter than STS gives, so that it ends while requests are still fresh by the server's clock.
    credential = find_access_key(key.key_id)
    assert credential is not None
    made = aws.cloud.sessions.open(credential.principal, seconds=60)
    operation, params = call(aws, service, Key(made.key_id, made.secret, made.session_token))
    operation(**params)
    aws.clock.advance(minutes=2)
    assert refused(operation, **params) == expected


def test_a_session_of_a_deleted_user_is_unknown(aws: CloudUnderTest, key: Key) -> None:
    made = aws.client("sts", key).get_session_token()["Credentials"]
    session = Key(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    iam = aws.client("iam")
    iam.delete_access_key(UserName="caller", AccessKeyId=key.key_id)
    iam.delete_user_policy(UserName="caller", PolicyName="given")
    iam.delete_user(UserName="caller")
    assert refused(aws.client("ecr", session).get_authorization_token) == UNKNOWN["ecr"]


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("sts", (403, "SignatureDoesNotMatch")),
        ("ecr", (400, "InvalidSignatureException")),
    ],
)
@pytest.mark.parametrize("minutes", [20, -20])
def test_an_old_or_future_request_is_refused(
    aws: CloudUnderTest, key: Key, service: str, expected: Any, minutes: int
) -> None:
    aws.clock.advance(minutes=minutes)
    operation, params = call(aws, service, key)
    status, code, message = refusal(operation, **params)
    assert (status, code) == expected
    assert message.startswith("Signature expired" if minutes > 0 else "Signature not yet current")


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        (
            {"X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"},
            b"{}",
            (400, "MissingAuthenticationTokenException"),
        ),
        (
            {"Content-Type": "application/x-www-form-urlencoded"},
            b"Action=GetUser&Version=2010-05-08",
            (403, "<Code>MissingAuthenticationToken</Code>"),
        ),
        (
            {"X-Amz-Target": "SpencerFrontendService.DescribeRegistries", "Authorization": "AWS4-HMAC-SHA256 x"},
            b"{}",
            (400, "IncompleteSignatureException"),
        ),
        ({}, b"", (403, "Missing Authentication Token")),
    ],
)
def test_an_unsigned_request_is_refused(aws: CloudUnderTest, headers: Any, body: bytes, expected: Any) -> None:
    request = urllib.request.Request(aws.url, data=body, headers=headers, method="POST")
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request)
    with error.value as response:
        assert (response.status, expected[1] in response.read().decode()) == (expected[0], True)


def test_a_signature_for_another_service_is_refused(aws: CloudUnderTest) -> None:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    headers = {"X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories"}
    request = AWSRequest(method="POST", url=aws.url + "/", data=b"{}", headers=headers)
    SigV4Auth(Credentials(Key().key_id, Key().secret), "iam", "us-west-2").add_auth(request)
    sent = urllib.request.Request(aws.url + "/", data=b"{}", headers=dict(request.headers), method="POST")
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(sent)
    with error.value as response:
        assert "Credential should be scoped to correct service: 'ecr'" in response.read().decode()


def test_motos_own_back_door_is_shut(aws: CloudUnderTest) -> None:
    aws.client("iam").create_user(UserName="kept")
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(aws.url + "/moto-api/reset", data=b"")
    error.value.close()
    assert error.value.code == 403
    assert aws.client("iam").get_user(UserName="kept")["User"]["UserName"] == "kept"


def test_the_use_of_a_key_is_remembered_even_when_denied(aws: CloudUnderTest) -> None:
    key = aws.user("idle")
    iam = aws.client("iam")
    before = iam.get_access_key_last_used(AccessKeyId=key.key_id)
    assert before["UserName"] == "idle"
    assert "LastUsedDate" not in before["AccessKeyLastUsed"]
    aws.clock.advance(minutes=5)
    assert refused(aws.client("ecr", key, "eu-west-1").describe_repositories)[1] == "AccessDeniedException"
    used = iam.get_access_key_last_used(AccessKeyId=key.key_id)["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("ecr", "eu-west-1")
    assert abs((aws.clock() - used["LastUsedDate"]).total_seconds()) < 60
