"""IAM resource types against moto: create, refresh, update, import, delete."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from sandbox.plugins.aws.resources.iam_access_key import smtp_password
from sandbox.plugins.protocol.values import UNKNOWN, Secret
from tests.sandbox.plugins.aws.driver import CallError, Engine, Resource, kinds, plain

USER = "aws:iam/user:User"
KEY = "aws:iam/accessKey:AccessKey"
POLICY = "aws:iam/policy:Policy"
ROLE = "aws:iam/role:Role"
USER_ATTACHMENT = "aws:iam/userPolicyAttachment:UserPolicyAttachment"
ROLE_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
ACCOUNT = "123456789012"


def document(action: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def settled(engine: Engine, resource: Resource, program: dict[str, Any]) -> None:
    """A refresh changes neither state nor inputs, and the program as it is changes nothing."""
    again = engine.read(resource)
    assert again == resource
    assert kinds(engine.changed(resource, program)) == {}


def test_user(engine: Engine, cloud: Any) -> None:
    program = {"name": "life-of-a-user", "path": "/nvcf/", "tags": {"a": "1", "b": "2"}}
    preview = engine.create(USER, "u", program, preview=True)
    assert preview.id == ""
    assert preview.outputs["name"] == "life-of-a-user"
    assert preview.outputs["arn"] is UNKNOWN

    user = engine.create(USER, "u", program)
    assert user.id == "life-of-a-user"
    assert user.outputs["arn"] == f"arn:aws:iam::{ACCOUNT}:user/nvcf/life-of-a-user"
    assert user.outputs["tagsAll"] == user.outputs["tags"] == {"a": "1", "b": "2"}
    settled(engine, user, program)

    boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    cloud("iam").create_policy(PolicyName="boundary", PolicyDocument=document("ecr:*"))
    program = {"name": "renamed-user", "path": "/other/", "tags": {"b": "3"}, "permissionsBoundary": boundary}
    planned = engine.update(user, program, preview=True)
    assert planned.outputs["uniqueId"] == user.outputs["uniqueId"]
    assert planned.outputs["path"] == "/other/"
    user = engine.update(user, program)
    live = cloud("iam").get_user(UserName="renamed-user")["User"]
    assert live["Path"] == "/other/"
    assert live["Tags"] == [{"Key": "b", "Value": "3"}]
    assert user.outputs["permissionsBoundary"] == boundary
    # The engine keeps the old id: state's name is what counts from here on.
    assert user.id == "life-of-a-user"
    refreshed = engine.read(user)
    assert refreshed is not None
    assert refreshed.outputs == user.outputs

    program.pop("permissionsBoundary")
    user = engine.update(user, program)
    assert "permissionsBoundary" not in user.outputs
    engine.delete(user)
    assert engine.read(user) is None
    engine.delete(user)


def test_drift_of_a_user_is_seen_and_undone(engine: Engine, cloud: Any) -> None:
    program = {"name": "drifting-user", "path": "/nvcf/"}
    user = engine.create(USER, "u", program)
    cloud("iam").tag_user(UserName="drifting-user", Tags=[{"Key": "x", "Value": "1"}])
    cloud("iam").update_user(UserName="drifting-user", NewPath="/moved/")
    drifted = engine.read(user)
    assert drifted is not None
    assert drifted.outputs["path"] == drifted.inputs["path"] == "/moved/"
    assert set(kinds(engine.changed(drifted, program))) == {"path", "tags", "tagsAll.x"}
    assert engine.update(drifted, program).outputs == user.outputs


def test_a_user_leaves_its_groups_and_with_force_its_keys(engine: Engine, cloud: Any) -> None:
    iam = cloud("iam")
    user = engine.create(USER, "u", {"name": "member", "forceDestroy": True})
    iam.create_group(GroupName="group")
    iam.add_user_to_group(GroupName="group", UserName="member")
    iam.create_access_key(UserName="member")
    iam.create_login_profile(UserName="member", Password="a-Password-1")
    engine.delete(user)
    assert iam.get_group(GroupName="group")["Users"] == []


def test_a_user_with_an_attached_policy_is_not_deleted(engine: Engine, cloud: Any) -> None:
    iam = cloud("iam")
    user = engine.create(USER, "u", {"name": "holder"})
    arn = iam.create_policy(PolicyName="held", PolicyDocument=document("ecr:A"))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="holder", PolicyArn=arn)
    with pytest.raises(CallError) as caught:
        engine.delete(user)
    assert caught.value.message.startswith("deleting IAM User (holder): operation error IAM: DeleteUser")
    assert "DeleteConflict" in caught.value.message


def test_a_user_with_somebody_else_s_key_is_not_deleted(engine: Engine, cloud: Any) -> None:
    user = engine.create(USER, "u", {"name": "shared"})
    cloud("iam").create_access_key(UserName="shared")
    with pytest.raises(CallError) as caught:
        engine.delete(user)
    assert "DeleteConflict: Cannot delete entity, must delete access keys first." in caught.value.message
    assert engine.read(user) == user


def test_import_of_a_user(engine: Engine, cloud: Any) -> None:
    cloud("iam").create_user(UserName="found", Path="/nvcf/", Tags=[{"Key": "a", "Value": "b"}])
    user = engine.import_(USER, "u", "found")
    assert user is not None
    assert user.inputs == {"name": "found", "path": "/nvcf/", "tags": {"a": "b"}, "__defaults": []}
    assert kinds(engine.changed(user, {"name": "found", "path": "/nvcf/", "tags": {"a": "b"}})) == {}
    assert engine.import_(USER, "u", "not-found") is None


def test_access_key(engine: Engine, cloud: Any) -> None:
    engine.create(USER, "u", {"name": "key-owner"})
    preview = engine.create(KEY, "k", {"user": UNKNOWN}, preview=True)
    assert preview.outputs["secret"] == Secret(UNKNOWN)

    program = {"user": "key-owner"}
    key = engine.create(KEY, "k", program)
    assert key.id.startswith("AKIA")
    secret = key.outputs["secret"]
    assert isinstance(secret, Secret)
    assert len(secret.value) == 40
    assert isinstance(key.outputs["sesSmtpPasswordV4"], Secret)
    settled(engine, key, program)

    key = engine.update(key, {"user": "key-owner", "status": "Inactive"})
    listed = cloud("iam").list_access_keys(UserName="key-owner")["AccessKeyMetadata"]
    assert [entry["Status"] for entry in listed] == ["Inactive"]
    assert key.outputs["secret"] == secret

    imported = engine.import_(KEY, "k", key.id)
    assert imported is not None
    assert imported.inputs == {"user": "key-owner", "status": "Inactive", "__defaults": []}
    assert "secret" not in imported.outputs

    engine.delete(key)
    assert engine.read(key) is None
    engine.delete(key)
    assert engine.import_(KEY, "k", key.id) is None


def test_a_key_can_be_born_inactive(engine: Engine, cloud: Any) -> None:
    engine.create(USER, "u", {"name": "sleeper"})
    key = engine.create(KEY, "k", {"user": "sleeper", "status": "Inactive"})
    assert key.outputs["status"] == "Inactive"
    assert cloud("iam").list_access_keys(UserName="sleeper")["AccessKeyMetadata"][0]["Status"] == "Inactive"


def test_smtp_password_is_derived_as_aws_documents_it() -> None:
    signature = b"AWS4secret"
    for part in (b"11111111", b"eu-west-1", b"ses", b"aws4_request", b"SendRawEmail"):
        signature = hmac.digest(signature, part, hashlib.sha256)
    assert base64.b64decode(smtp_password("secret", "eu-west-1")) == b"\x04" + signature


def test_policy(engine: Engine, cloud: Any) -> None:
    program = {"name": "life-of-a-policy", "path": "/nvcf/", "description": "d", "policy": document("ecr:V0")}
    policy = engine.create(POLICY, "p", program)
    arn = f"arn:aws:iam::{ACCOUNT}:policy/nvcf/life-of-a-policy"
    assert policy.id == policy.outputs["arn"] == arn
    assert policy.outputs["policy"] == document("ecr:V0")
    settled(engine, policy, program)

    for number in range(1, 8):
        program = {**program, "policy": document(f"ecr:V{number}")}
        policy = engine.update(policy, program)
    iam = cloud("iam")
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert len(versions) == 5
    default = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    assert default == "v8"
    live = iam.get_policy_version(PolicyArn=arn, VersionId=default)["PolicyVersion"]["Document"]
    assert live["Statement"][0]["Action"] == "ecr:V7"
    settled(engine, policy, program)

    policy = engine.update(policy, {**program, "tags": {"a": "b"}})
    assert len(iam.list_policy_versions(PolicyArn=arn)["Versions"]) == 5
    assert policy.outputs["tagsAll"] == {"a": "b"}

    imported = engine.import_(POLICY, "p", arn)
    assert imported is not None
    assert imported.inputs["description"] == "d"
    assert kinds(engine.changed(imported, {**program, "tags": {"a": "b"}})) == {}

    engine.delete(policy)
    assert engine.read(policy) is None
    engine.delete(policy)


def test_a_policy_changed_outside_is_put_back(engine: Engine, cloud: Any) -> None:
    program = {"name": "tampered", "policy": document("ecr:A")}
    policy = engine.create(POLICY, "p", program)
    cloud("iam").create_policy_version(PolicyArn=policy.id, PolicyDocument=document("iam:*"), SetAsDefault=True)
    drifted = engine.read(policy)
    assert drifted is not None
    assert kinds(engine.changed(drifted, program)) == {"policy": "UPDATE"}
    assert json.loads(engine.update(drifted, program).outputs["policy"]) == json.loads(document("ecr:A"))


def test_a_name_prefix_makes_a_name_at_creation(engine: Engine) -> None:
    program = {"namePrefix": "pre-", "policy": document("ecr:A")}
    preview = engine.create(POLICY, "p", program, preview=True)
    assert preview.outputs["name"] is UNKNOWN
    policy = engine.create(POLICY, "p", program)
    assert policy.outputs["name"].startswith("pre-")
    assert policy.outputs["namePrefix"] == "pre-"
    settled(engine, policy, program)


def test_role(engine: Engine, cloud: Any) -> None:
    program: dict[str, Any] = {"name": "life-of-a-role", "path": "/nvcf/", "assumeRolePolicy": TRUST}
    role = engine.create(ROLE, "r", program)
    assert role.outputs["arn"] == f"arn:aws:iam::{ACCOUNT}:role/nvcf/life-of-a-role"
    assert role.outputs["maxSessionDuration"] == 3600
    settled(engine, role, program)

    boundary = cloud("iam").create_policy(PolicyName="bound", PolicyDocument=document("ecr:A"))["Policy"]["Arn"]
    program = {
        **program,
        "assumeRolePolicy": TRUST.replace("ec2", "lambda"),
        "description": "d",
        "maxSessionDuration": 7200,
        "permissionsBoundary": boundary,
        "tags": {"a": "b"},
    }
    role = engine.update(role, program)
    live = cloud("iam").get_role(RoleName="life-of-a-role")["Role"]
    assert (live["Description"], live["MaxSessionDuration"]) == ("d", 7200)
    assert live["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert "lambda" in json.dumps(live["AssumeRolePolicyDocument"])
    settled(engine, role, program)

    program.pop("permissionsBoundary")
    role = engine.update(role, {**program, "tags": {}})
    assert "permissionsBoundary" not in role.outputs
    assert role.outputs["tagsAll"] == {}

    imported = engine.import_(ROLE, "r", "life-of-a-role")
    assert imported is not None
    assert set(kinds(engine.changed(imported, program))) == {"tags", "tagsAll"}
    engine.delete(role)
    assert engine.read(role) is None
    engine.delete(role)


def test_a_role_with_force_detaches_its_policies(engine: Engine, cloud: Any) -> None:
    iam = cloud("iam")
    role = engine.create(ROLE, "r", {"name": "forced", "assumeRolePolicy": TRUST, "forceDetachPolicies": True})
    arn = iam.create_policy(PolicyName="forced", PolicyDocument=document("ecr:A"))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="forced", PolicyArn=arn)
    iam.put_role_policy(RoleName="forced", PolicyName="inline", PolicyDocument=document("ecr:A"))
    engine.delete(role)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 0


@pytest.mark.parametrize(
    ("token", "holder", "owner", "owner_program"),
    [
        (USER_ATTACHMENT, "user", USER, {"name": "attached-user"}),
        (ROLE_ATTACHMENT, "role", ROLE, {"name": "attached-role", "assumeRolePolicy": TRUST}),
    ],
)
def test_attachment(
    engine: Engine, cloud: Any, token: str, holder: str, owner: str, owner_program: dict[str, Any]
) -> None:
    parent = engine.create(owner, "o", owner_program)
    policy = engine.create(POLICY, "p", {"name": f"to-attach-{holder}", "policy": document("ecr:A")})
    program = {holder: parent.id, "policyArn": policy.id}
    attachment = engine.create(token, "a", program)
    assert attachment.id == f"{parent.id}/{policy.id}"
    settled(engine, attachment, program)
    assert engine.import_(token, "a", attachment.id) == Resource(
        token, "a", attachment.id, {**program, "__defaults": []}, attachment.outputs
    )
    with pytest.raises(CallError) as caught:
        engine.import_(token, "a", "nonsense")
    assert f"expected <{holder}-name>/<policy_arn>" in caught.value.message

    engine.delete(attachment)
    assert engine.read(attachment) is None
    engine.delete(attachment)
    engine.delete(parent)
    assert engine.read(attachment) is None


def test_default_tags_are_told_from_own_ones(engine: Engine, cloud: Any) -> None:
    engine.configure(defaultTags=json.dumps({"tags": {"team": "t", "env": "dev"}}))
    program: dict[str, Any] = {"name": "tagged", "tags": {"own": "1", "env": "dev"}}
    user = engine.create(USER, "u", program)
    assert user.outputs["tags"] == {"own": "1", "env": "dev"}
    assert user.outputs["tagsAll"] == {"own": "1", "env": "dev", "team": "t"}
    settled(engine, user, program)

    engine.configure(defaultTags=json.dumps({"tags": {"team": "other"}}))
    assert kinds(engine.changed(user, program)) == {"tagsAll.team": "UPDATE"}
    user = engine.update(user, program)
    live = cloud("iam").list_user_tags(UserName="tagged")["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in live} == {"own": "1", "env": "dev", "team": "other"}


def test_the_secrecy_of_inputs_reaches_outputs(engine: Engine) -> None:
    user = engine.create(USER, "u", {"name": "discreet", "path": Secret("/hidden/"), "tags": {"a": Secret("s")}})
    assert user.outputs["path"] == Secret("/hidden/")
    assert user.outputs["tags"] == {"a": Secret("s")}
    again = engine.read(user)
    assert again is not None
    assert again.outputs["path"] == Secret("/hidden/")
    assert plain(again.outputs)["path"] == "/hidden/"


def test_a_computed_output_that_the_state_keeps_secret_stays_secret(engine: Engine) -> None:
    user = engine.create(USER, "u", {"name": "very-discreet"})
    user.outputs["uniqueId"] = Secret(user.outputs["uniqueId"])
    assert engine.update(user, {"name": "very-discreet", "path": "/x/"}).outputs["uniqueId"] == user.outputs["uniqueId"]
    again = engine.read(user)
    assert again is not None
    assert again.outputs["uniqueId"] == user.outputs["uniqueId"]
