"""Faults, propagation, the call log and the other things a test can ask for."""

import json
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from tests.sandbox.aws.cloud_under_test import PULL_ACTIONS, CloudUnderTest, Key, allow, refused, repository_arn


def test_the_sandbox_says_what_it_is(aws: CloudUnderTest) -> None:
    assert "stand-in for AWS" in aws.hook("GET", "health")["sandbox"]
    assert aws.hook_status("GET", "nonsense") == 404


def test_a_throttled_call_has_no_effect(aws: CloudUnderTest) -> None:
    throttled = {
        "action": "ecr:CreateRepository",
        "status": 400,
        "code": "ThrottlingException",
        "message": "Rate exceeded",
    }
    aws.hook("POST", "faults", {**throttled, "times": 2})
    ecr = aws.client("ecr")
    for _ in range(2):
        assert refused(ecr.create_repository, repositoryName="nvcf/a") == (400, "ThrottlingException")
    assert ecr.describe_repositories()["repositories"] == []
    ecr.create_repository(repositoryName="nvcf/a")
    assert aws.hook("GET", "faults")["faults"] == []


@pytest.mark.parametrize("service", ["iam", "ecr"])
def test_errors_come_in_the_services_own_shape(aws: CloudUnderTest, service: str) -> None:
    aws.hook("POST", "faults", {"action": f"{service}:.*", "status": 503, "code": "ServiceUnavailable"})
    call = aws.client("iam").list_users if service == "iam" else aws.client("ecr").describe_repositories
    assert refused(call) == (503, "ServiceUnavailable")
    call()


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("how", [{"cut": True}, {"status": 500, "code": "ServerException"}])
def test_a_call_can_fail_before_or_after_its_effect(
    aws: CloudUnderTest, when: str, made: int, how: dict[str, Any]
) -> None:
    aws.hook("POST", "faults", {"action": "iam:CreateAccessKey", "when": when, **how})
    iam = aws.client("iam")
    iam.create_user(UserName="puller")
    if "cut" in how:
        with pytest.raises(ConnectionClosedError):
            iam.create_access_key(UserName="puller")
    else:
        assert refused(iam.create_access_key, UserName="puller")[0] == 500
    assert len(iam.list_access_keys(UserName="puller")["AccessKeyMetadata"]) == made


def test_a_fault_can_be_meant_for_one_resource(aws: CloudUnderTest) -> None:
    fault = {"action": "ecr:.*", "resource": ".*/nvcf/b", "status": 500, "code": "ServerException", "times": None}
    aws.hook("POST", "faults", fault)
    ecr = aws.client("ecr")
    ecr.create_repository(repositoryName="nvcf/a")
    for _ in range(3):
        assert refused(ecr.create_repository, repositoryName="nvcf/b")[0] == 500
    aws.hook("DELETE", "faults")
    ecr.create_repository(repositoryName="nvcf/b")


def test_a_delay_is_waited_out(aws: CloudUnderTest) -> None:
    aws.hook("POST", "faults", {"action": "sts:GetCallerIdentity", "delay": 3.5})
    refused(aws.client("sts", Key("AKIAUNKNOWN000000000")).get_caller_identity)
    assert aws.waits == []
    for _ in range(2):
        aws.client("sts").get_caller_identity()
    assert aws.waits == [3.5]


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"action": "("},
        {"action": ".*", "status": 200},
        {"action": ".*", "when": "later"},
        {"action": ".*", "colour": "red"},
    ],
)
def test_a_fault_must_make_sense(aws: CloudUnderTest, fault: Any) -> None:
    assert aws.hook_status("POST", "faults", fault) == 400


def test_a_new_key_is_unknown_until_it_has_propagated(aws: CloudUnderTest) -> None:
    aws.hook("PUT", "propagation", {"seconds": 10})
    key = aws.user("puller", allow("ecr:GetAuthorizationToken", "*"))
    ecr, sts = aws.client("ecr", key), aws.client("sts", key)
    for elapsed in (0, 8):
        aws.clock.advance(seconds=elapsed)
        assert refused(ecr.get_authorization_token) == (400, "UnrecognizedClientException")
        assert refused(sts.get_caller_identity) == (403, "InvalidClientTokenId")
    aws.clock.advance(seconds=3)
    ecr.get_authorization_token()
    sts.get_caller_identity()
    # The administrator has always been there, and an ended key is ended at once.
    aws.client("iam").update_access_key(UserName="puller", AccessKeyId=key.key_id, Status="Inactive")
    assert refused(ecr.get_authorization_token) == (400, "UnrecognizedClientException")
    assert aws.hook("GET", "propagation") == {"seconds": 10}
    assert aws.hook_status("PUT", "propagation", {"seconds": -1}) == 400


def test_the_log_names_calls_and_no_secrets(aws: CloudUnderTest) -> None:
    key = aws.user("puller", allow(PULL_ACTIONS, repository_arn("nvcf/*")))
    ecr = aws.client("ecr", key)
    refused(ecr.describe_images, repositoryName="other")
    refused(aws.client("ecr", Key(key.key_id, "wrong-secret")).get_authorization_token)
    log = aws.hook("GET", "calls")["calls"]
    assert [call["action"] for call in log] == [
        "iam:CreateUser",
        "iam:PutUserPolicy",
        "iam:CreateAccessKey",
        "ecr:DescribeImages",
        "ecr:GetAuthorizationToken",
    ]
    denied, forged = log[3], log[4]
    assert (denied["status"], denied["code"]) == (400, "AccessDeniedException")
    assert denied["resources"] == [repository_arn("other")]
    assert (denied["key_id"], denied["principal"]) == (key.key_id, "arn:aws:iam::123456789012:user/nvcf/puller")
    assert (forged["code"], forged["principal"]) == ("InvalidSignatureException", "")
    assert key.secret not in json.dumps(log)
    assert "wrong-secret" not in json.dumps(log)
    newer = aws.hook("GET", f"calls?since={log[2]['number']}&action=ecr:.*")["calls"]
    assert newer == log[3:]
    aws.hook("DELETE", "calls")
    assert aws.hook("GET", "calls")["calls"] == []


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("ecr:BatchGetImage", repository_arn("nvcf/echo"), True),
        ("ecr:BatchGetImage", repository_arn("nvcf"), False),
        ("ecr:PutImage", repository_arn("nvcf/echo"), False),
        ("iam:CreateUser", "arn:aws:iam::123456789012:user/x", False),
    ],
)
def test_decisions_agree_with_calls(aws: CloudUnderTest, action: str, resource: str, allowed: bool) -> None:
    key = aws.user("puller", allow(PULL_ACTIONS, repository_arn("nvcf/*")))
    asked = {"action": action, "resource": resource}
    by_arn = aws.hook("POST", "decisions", {"principal": "arn:aws:iam::123456789012:user/nvcf/puller", **asked})
    by_key = aws.hook("POST", "decisions", {"keyId": key.key_id, **asked})
    assert by_arn == by_key
    assert by_arn["allowed"] is allowed
    assert bool(by_arn["message"]) is not allowed
    assert aws.hook_status("POST", "decisions", {"keyId": "AKIAUNKNOWN", **asked}) == 400


def test_a_reset_leaves_only_the_administrator(aws: CloudUnderTest) -> None:
    key = aws.user("puller", allow("*", "*"))
    aws.client("ecr", key).create_repository(repositoryName="nvcf/a")
    aws.client("ecr-public", key, "us-east-1").create_repository(repositoryName="nvcf/a")
    session = aws.client("sts", key).get_session_token()["Credentials"]
    aws.hook("POST", "faults", {"action": "sts:GetFederationToken", "cut": True})
    aws.hook("POST", "reset")
    assert [user["UserName"] for user in aws.client("iam").list_users()["Users"]] == ["sandbox-admin"]
    assert aws.client("ecr").describe_repositories()["repositories"] == []
    assert aws.client("ecr-public", region="us-east-1").describe_repositories()["repositories"] == []
    assert aws.hook("GET", "faults")["faults"] == []
    old = Key(session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    assert refused(aws.client("sts", old).get_caller_identity)[1] == "InvalidClientTokenId"
