"""What goes wrong on the AWS side: texts, retries, and that nothing which was made is lost from state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.plugins.aws.plugin import AwsPlugin
from sandbox.plugins.protocol.values import Secret, decode
from tests.sandbox.plugins.aws.driver import CallError, Engine, Resource, kinds, plugin

USER = "aws:iam/user:User"
KEY = "aws:iam/accessKey:AccessKey"
REPOSITORY = "aws:ecr/repository:Repository"

Fail = Callable[..., None]


def test_an_existing_name_is_refused_with_aws_s_answer(engine: Engine) -> None:
    engine.create(USER, "u", {"name": "taken"})
    with pytest.raises(CallError) as caught:
        engine.create(USER, "u", {"name": "taken"})
    assert caught.value.message.startswith(
        "creating IAM User (taken): operation error IAM: CreateUser, https response error StatusCode: 409, RequestID: "
    )
    assert "EntityAlreadyExists: " in caught.value.message
    assert caught.value.initialized is None


def test_a_refusal_is_final_at_once(engine: Engine, fail: Fail) -> None:
    fail("iam:CreateUser", status=403, code="AccessDenied", message="not you", times=1)
    with pytest.raises(CallError) as caught:
        engine.create(USER, "u", {"name": "denied"})
    assert "AccessDenied: not you" in caught.value.message


@pytest.mark.parametrize(
    ("status", "code"), [(400, "Throttling"), (503, "ServiceUnavailable"), (409, "ConcurrentModification")]
)
def test_what_passes_by_itself_is_waited_for(engine: Engine, fail: Fail, status: int, code: str) -> None:
    fail("iam:CreateUser", status=status, code=code, times=2)
    assert engine.create(USER, "u", {"name": f"patient-{code}"}).id == f"patient-{code}"


def test_a_new_user_that_iam_does_not_show_yet_is_waited_for(engine: Engine, fail: Fail) -> None:
    fail("iam:GetUser", status=404, code="NoSuchEntity", times=2)
    assert engine.create(USER, "u", {"name": "slow-to-appear"}).outputs["uniqueId"]


def test_bad_credentials_say_what_to_check(environment: None) -> None:
    with plugin() as engine, pytest.raises(CallError) as caught:
        engine.configure(secretKey="wrong")
    assert "validating credentials: operation error STS: GetCallerIdentity" in caught.value.message
    assert "check the credentials: AWS_ACCESS_KEY_ID" in caught.value.message
    assert "wrong" not in caught.value.message


def test_a_key_whose_deactivation_fails_is_kept_in_state_with_its_secret(
    engine: Engine, fail: Fail, cloud: Any
) -> None:
    engine.create(USER, "u", {"name": "half-made"})
    fail("iam:UpdateAccessKey", status=403, code="AccessDenied", message="no")
    program = {"user": "half-made", "status": "Inactive"}
    with pytest.raises(CallError) as caught:
        engine.create(KEY, "k", program)
    kept = caught.value.initialized
    assert kept is not None
    listed = cloud("iam").list_access_keys(UserName="half-made")["AccessKeyMetadata"]
    assert [entry["AccessKeyId"] for entry in listed] == [kept.id]
    outputs = decode(kept.properties)
    assert isinstance(outputs["secret"], Secret)
    assert outputs["status"] == "Active"
    assert "AccessDenied: no" in kept.reasons[0]
    assert outputs["secret"].value not in caught.value.message

    # The next run finds the key in state and finishes the job.
    resource = Resource(KEY, "k", kept.id, decode(kept.inputs), outputs)
    assert kinds(engine.changed(resource, program)) == {"status": "UPDATE"}
    assert engine.update(resource, program).outputs["status"] == "Inactive"


def test_a_resource_that_cannot_be_read_back_is_kept_in_state(engine: Engine, fail: Fail) -> None:
    fail("iam:GetUser", status=403, code="AccessDenied", message="may not look")
    with pytest.raises(CallError) as caught:
        engine.create(USER, "u", {"name": "unseen", "path": Secret("/hidden/")})
    kept = caught.value.initialized
    assert kept is not None
    assert kept.id == "unseen"
    assert decode(kept.properties)["path"] == Secret("/hidden/")
    assert decode(kept.inputs)["path"] == Secret("/hidden/")


def test_an_update_that_stops_half_way_keeps_what_was_done(engine: Engine, fail: Fail) -> None:
    repository = engine.create(REPOSITORY, "r", {"name": "nvcf/half"})
    fail("ecr:PutImageScanningConfiguration", status=403, code="AccessDeniedException", message="no")
    program = {
        "name": "nvcf/half",
        "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
    }
    with pytest.raises(CallError) as caught:
        engine.update(repository, program)
    kept = caught.value.initialized
    assert kept is not None
    outputs = decode(kept.properties)
    assert outputs["imageTagMutability"] == "IMMUTABLE"
    assert outputs["imageScanningConfiguration"] == {"scanOnPush": False}
    assert "setting image scanning configuration" in caught.value.message


def test_an_update_that_did_nothing_leaves_the_state_alone(engine: Engine, fail: Fail) -> None:
    repository = engine.create(REPOSITORY, "r", {"name": "nvcf/untouched"})
    fail("ecr:PutImageTagMutability", status=403, code="AccessDeniedException")
    with pytest.raises(CallError) as caught:
        engine.update(repository, {"name": "nvcf/untouched", "imageTagMutability": "IMMUTABLE"})
    assert caught.value.initialized is None


def test_a_rename_that_stops_half_way_keeps_the_new_name(engine: Engine, fail: Fail) -> None:
    user = engine.create(USER, "u", {"name": "old-name"})
    fail("iam:TagUser", status=403, code="AccessDenied")
    with pytest.raises(CallError) as caught:
        engine.update(user, {"name": "new-name", "tags": {"a": "b"}})
    kept = caught.value.initialized
    assert kept is not None
    assert decode(kept.properties)["name"] == "new-name"


def test_an_update_of_what_is_gone_says_so(engine: Engine, cloud: Any) -> None:
    user = engine.create(USER, "u", {"name": "vanished"})
    cloud("iam").delete_user(UserName="vanished")
    with pytest.raises(CallError) as caught:
        engine.update(user, {"name": "vanished", "path": "/x/"})
    assert "NoSuchEntity" in caught.value.message


def test_a_defect_shows_no_values(environment: None, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    def broken(self: AwsPlugin, request: Any) -> Any:
        raise RuntimeError(f"unforeseen: {request}")

    monkeypatch.setattr(AwsPlugin, "create", broken)
    with plugin() as engine:
        engine.configure()
        with pytest.raises(CallError) as caught:
            engine.create(USER, "u", {"name": "hush", "path": Secret("/very-hidden/")})
    assert caught.value.message == ("defect in the plugin stand-in: RuntimeError in Create, see its output above")
    assert "very-hidden" not in capfd.readouterr().err
