"""Calls that stand still at an exact point."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from tests.sandbox.aws.cloud_under_test import CloudUnderTest, refused


def users(aws: CloudUnderTest) -> set[str]:
    return {user["UserName"] for user in aws.client("iam").list_users()["Users"]} - {"sandbox-admin"}


@pytest.mark.parametrize(("when", "made"), [("before", set[str]()), ("after", {"puller"})])
def test_a_held_call_stands_still_and_goes_on_when_it_is_released(
    aws: CloudUnderTest, when: str, made: set[str]
) -> None:
    aws.hook("POST", "faults", {"action": "iam:CreateUser", "hold": True, "when": when})
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(aws.client("iam").create_user, UserName="puller")
        (held,) = aws.hook("GET", "held?wait=10")["held"]
        assert (held["action"], held["when"]) == ("iam:CreateUser", when)
        assert held["resources"] == ["arn:aws:iam::123456789012:user/puller"]
        # Others go their way meanwhile.
        assert users(aws) == made
        assert not call.done()
        assert aws.hook("DELETE", "held") == {"released": 1}
        assert call.result()["User"]["UserName"] == "puller"
    assert aws.hook("GET", "held") == {"held": []}
    assert users(aws) == {"puller"}


@pytest.mark.parametrize(("when", "made"), [("before", set[str]()), ("after", {"puller"})])
def test_a_held_call_goes_no_further_without_its_client(aws: CloudUnderTest, when: str, made: set[str]) -> None:
    aws.hook("POST", "faults", {"action": "iam:CreateUser", "hold": True, "when": when})
    impatient = aws.client("iam", config=Config(read_timeout=0.2, retries={"total_max_attempts": 1}))
    with pytest.raises(ReadTimeoutError):
        impatient.create_user(UserName="puller")
    while aws.hook("GET", "held")["held"]:
        pass
    assert users(aws) == made
    (call,) = aws.hook("GET", "calls?action=iam:CreateUser")["calls"]
    assert (call["status"], call["code"]) == (0, "ClientGone")


def test_a_released_call_can_still_fail(aws: CloudUnderTest) -> None:
    fault = {"action": "sts:GetCallerIdentity", "hold": True, "status": 500, "code": "ServerException"}
    aws.hook("POST", "faults", fault)
    released: list[Any] = []

    def release() -> None:
        aws.hook("GET", "held?wait=10")
        released.append(aws.hook("DELETE", "held"))

    thread = threading.Thread(target=release)
    thread.start()
    assert refused(aws.client("sts").get_caller_identity) == (500, "ServerException")
    thread.join()
    assert released == [{"released": 1}]


def test_waiting_for_a_held_call_ends(aws: CloudUnderTest) -> None:
    assert aws.hook("GET", "held?wait=0.01") == {"held": []}


def test_a_reset_lets_held_calls_go(aws: CloudUnderTest) -> None:
    aws.hook("POST", "faults", {"action": "sts:GetCallerIdentity", "hold": True, "when": "after"})
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(aws.client("sts").get_caller_identity)
        aws.hook("GET", "held?wait=10")
        aws.hook("POST", "reset")
        assert call.result()["Account"] == "123456789012"


def test_a_fault_can_be_meant_for_a_later_call(aws: CloudUnderTest) -> None:
    aws.hook("POST", "faults", {"action": "iam:CreateUser", "status": 500, "code": "ServiceFailure", "skip": 1})
    iam = aws.client("iam")
    iam.create_user(UserName="first")
    assert refused(iam.create_user, UserName="second")[0] == 500
    iam.create_user(UserName="third")
    assert aws.hook_status("POST", "faults", {"action": ".*", "skip": -1}) == 400
