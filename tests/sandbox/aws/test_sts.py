"""Temporary credentials and who may have them."""

import datetime as dt
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.sandbox.aws.cloud_under_test import CloudUnderTest, Key, allow, document, refused, repository_arn

DENIED = (403, "AccessDenied")
ROLE = "arn:aws:iam::123456789012:role/nvcf/puller"
ISSUER = "https://oidc.example.com/id/1"
SUBJECT = "system:serviceaccount:nvcf:refresher"


def key_of(credentials: Any) -> Key:
    return Key(credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])


def make_role(aws: CloudUnderTest, trust: Any, **more: Any) -> Any:
    iam = aws.client("iam")
    iam.create_role(RoleName="puller", Path="/nvcf/", AssumeRolePolicyDocument=document(trust), **more)
    rights = document(allow("ecr:DescribeImages", repository_arn("nvcf/*")))
    iam.put_role_policy(RoleName="puller", PolicyName="pull", PolicyDocument=rights)


def trusting(principal: Any, **more: Any) -> Any:
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", **more}


def assume(aws: CloudUnderTest, key: Any, **more: Any) -> Any:
    return aws.client("sts", key).assume_role(RoleArn=ROLE, RoleSessionName="session", **more)


def test_a_role_trusts_a_user_by_name(aws: CloudUnderTest) -> None:
    key, other = aws.user("deployer"), aws.user("other")
    make_role(aws, trusting("arn:aws:iam::123456789012:user/nvcf/deployer"))
    session = key_of(assume(aws, key)["Credentials"])
    assert aws.client("sts", session).get_caller_identity()["Arn"] == (
        "arn:aws:sts::123456789012:assumed-role/puller/session"
    )
    ecr = aws.client("ecr", session)
    assert refused(ecr.describe_images, repositoryName="nvcf/a")[1] == "RepositoryNotFoundException"
    assert refused(ecr.describe_images, repositoryName="other/a")[1] == "AccessDeniedException"
    assert refused(assume, aws, other) == DENIED
    assert refused(assume, aws, Key()) == DENIED


def test_a_role_that_trusts_the_account_leaves_it_to_policies(aws: CloudUnderTest) -> None:
    plain, allowed = aws.user("plain"), aws.user("allowed", allow("sts:AssumeRole", ROLE))
    make_role(aws, trusting("arn:aws:iam::123456789012:root"))
    assume(aws, allowed)
    assume(aws, Key())
    assert refused(assume, aws, plain) == DENIED


def test_a_trust_policy_may_ask_for_an_external_id(aws: CloudUnderTest) -> None:
    key = aws.user("deployer")
    trust = trusting("arn:aws:iam::123456789012:user/nvcf/deployer")
    make_role(aws, trust | {"Condition": {"StringEquals": {"sts:ExternalId": "77"}}})
    assert refused(assume, aws, key) == DENIED
    assume(aws, key, ExternalId="77")


def test_a_missing_role_is_denied(aws: CloudUnderTest) -> None:
    assert refused(assume, aws, Key()) == DENIED


def test_a_session_policy_limits_a_session(aws: CloudUnderTest) -> None:
    make_role(aws, trusting("arn:aws:iam::123456789012:user/sandbox-admin"))
    narrow = key_of(assume(aws, Key(), Policy=document(allow("ecr:Get*", "*")))["Credentials"])
    assert refused(aws.client("ecr", narrow).describe_images, repositoryName="nvcf/a")[1] == "AccessDeniedException"


def test_a_role_limits_how_long(aws: CloudUnderTest) -> None:
    make_role(aws, trusting("arn:aws:iam::123456789012:user/sandbox-admin"), MaxSessionDuration=7200)
    made = assume(aws, Key(), DurationSeconds=7200)["Credentials"]
    assert abs((made["Expiration"] - aws.clock()).total_seconds() - 7200) < 60
    assert refused(assume, aws, Key(), DurationSeconds=7201)[1] == "ValidationError"


@pytest.fixture(scope="module")
def signing_key() -> Any:
    return RSAKey.generate_key(2048, {"kid": "1"}, private=True)


@pytest.fixture
def cluster(aws: CloudUnderTest, signing_key: Any) -> None:
    """An issuer that IAM knows, and a role for one of its service accounts."""
    provider = aws.client("iam").create_open_id_connect_provider(Url=ISSUER, ClientIDList=["sts.amazonaws.com"])
    make_role(
        aws,
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider["OpenIDConnectProviderArn"]},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    "oidc.example.com/id/1:sub": SUBJECT,
                    "oidc.example.com/id/1:aud": "sts.amazonaws.com",
                }
            },
        },
    )
    key_set = {"keys": [signing_key.as_dict(private=False)]}
    aws.hook("PUT", "identity-provider-keys", {"issuer": ISSUER, "keySet": key_set})


def token(key: Any, now: dt.datetime, **claims: Any) -> Any:
    known = {"iss": ISSUER, "sub": SUBJECT, "aud": ["sts.amazonaws.com"], "exp": int(now.timestamp()) + 600}
    return jwt.encode({"alg": "RS256", "kid": "1"}, known | claims, key)


def assume_with(aws: CloudUnderTest, web_identity_token: str) -> Any:
    sts = boto3.client("sts", region_name="us-west-2", endpoint_url=aws.url, config=Config(signature_version=UNSIGNED))
    return sts.assume_role_with_web_identity(
        RoleArn=ROLE, RoleSessionName="refresher", WebIdentityToken=web_identity_token
    )


def test_a_service_account_becomes_a_role(aws: CloudUnderTest, cluster: Any, signing_key: Any) -> None:
    answer = assume_with(aws, token(signing_key, aws.clock()))
    assert (answer["SubjectFromWebIdentityToken"], answer["Audience"]) == (SUBJECT, "sts.amazonaws.com")
    ecr = aws.client("ecr", key_of(answer["Credentials"]))
    assert refused(ecr.describe_images, repositoryName="nvcf/a")[1] == "RepositoryNotFoundException"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"sub": "system:serviceaccount:other:refresher"}, "AccessDenied"),
        ({"aud": ["kubernetes"]}, "InvalidIdentityToken"),
        ({"iss": "https://oidc.example.com/id/2"}, "InvalidIdentityToken"),
        ({"exp": int(dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc).timestamp())}, "ExpiredTokenException"),
    ],
)
def test_a_token_must_fit(aws: CloudUnderTest, cluster: Any, signing_key: Any, claims: Any, code: str) -> None:
    assert refused(assume_with, aws, token(signing_key, aws.clock(), **claims))[1] == code


def test_a_token_must_be_signed_by_the_issuer(aws: CloudUnderTest, cluster: Any) -> None:
    forged = token(RSAKey.generate_key(2048, {"kid": "1"}, private=True), aws.clock())
    assert refused(assume_with, aws, forged) == (400, "InvalidIdentityToken")
    assert refused(assume_with, aws, "not.a.token") == (400, "InvalidIdentityToken")


def test_an_issuer_whose_keys_are_unknown_is_not_believed(aws: CloudUnderTest, signing_key: Any) -> None:
    aws.client("iam").create_open_id_connect_provider(Url=ISSUER, ClientIDList=["sts.amazonaws.com"])
    assert refused(assume_with, aws, token(signing_key, aws.clock())) == (400, "InvalidIdentityToken")
