"""Where IAM refuses, limits or remembers."""

import json
from typing import Any

import pytest

from tests.sandbox.aws.cloud_under_test import CloudUnderTest, Key, allow, document, refusal, refused

CONFLICT = (409, "DeleteConflict")
TRUST = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})


@pytest.fixture
def iam(aws: CloudUnderTest) -> Any:
    client = aws.client("iam")
    client.create_user(UserName="puller", Path="/nvcf/")
    return client


def make_policy(iam: Any, name: str = "pull") -> Any:
    return iam.create_policy(PolicyName=name, Path="/nvcf/", PolicyDocument=document(allow("ecr:*", "*")))["Policy"][
        "Arn"
    ]


def test_a_user_has_two_keys_at_most(iam: Any) -> None:
    made = [iam.create_access_key(UserName="puller")["AccessKey"] for _ in range(2)]
    assert [key["Status"] for key in made] == ["Active", "Active"]
    assert all(len(key["AccessKeyId"]) == 20 and len(key["SecretAccessKey"]) == 40 for key in made)
    status, code, message = refusal(iam.create_access_key, UserName="puller")
    assert (status, code, message) == (409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
    iam.update_access_key(UserName="puller", AccessKeyId=made[0]["AccessKeyId"], Status="Inactive")
    assert refused(iam.create_access_key, UserName="puller")[1] == "LimitExceeded"
    iam.delete_access_key(UserName="puller", AccessKeyId=made[0]["AccessKeyId"])
    iam.create_access_key(UserName="puller")


def test_keys_are_listed_with_their_age(aws: CloudUnderTest, iam: Any) -> None:
    aws.clock.advance(minutes=10)
    made = iam.create_access_key(UserName="puller")["AccessKey"]
    listed = iam.list_access_keys(UserName="puller")["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in listed] == [made["AccessKeyId"]]
    assert "SecretAccessKey" not in listed[0]
    assert abs((aws.clock() - listed[0]["CreateDate"]).total_seconds()) < 60


@pytest.mark.parametrize("left", ["key", "attached", "inline", "group"])
def test_a_user_with_anything_left_is_not_deleted(iam: Any, left: str) -> None:
    arn = make_policy(iam)
    if left == "key":
        key = iam.create_access_key(UserName="puller")["AccessKey"]["AccessKeyId"]
    elif left == "attached":
        iam.attach_user_policy(UserName="puller", PolicyArn=arn)
    elif left == "inline":
        iam.put_user_policy(UserName="puller", PolicyName="p", PolicyDocument=document(allow("ecr:*", "*")))
    else:
        iam.create_group(GroupName="team")
        iam.add_user_to_group(GroupName="team", UserName="puller")
    assert refused(iam.delete_user, UserName="puller") == CONFLICT
    undo = {
        "key": lambda: iam.delete_access_key(UserName="puller", AccessKeyId=key),
        "attached": lambda: iam.detach_user_policy(UserName="puller", PolicyArn=arn),
        "inline": lambda: iam.delete_user_policy(UserName="puller", PolicyName="p"),
        "group": lambda: iam.remove_user_from_group(GroupName="team", UserName="puller"),
    }
    undo[left]()
    iam.delete_user(UserName="puller")
    assert refused(iam.get_user, UserName="puller") == (404, "NoSuchEntity")


def test_a_policy_in_use_is_not_deleted(iam: Any) -> None:
    arn = make_policy(iam)
    # Attached twice is attached once.
    for _ in range(2):
        iam.attach_user_policy(UserName="puller", PolicyArn=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    assert refused(iam.delete_policy, PolicyArn=arn) == CONFLICT
    iam.detach_user_policy(UserName="puller", PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(allow("ecr:Get*", "*")), SetAsDefault=True)
    assert refused(iam.delete_policy, PolicyArn=arn) == CONFLICT
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.put_user_permissions_boundary(UserName="puller", PermissionsBoundary=arn)
    assert refused(iam.delete_policy, PolicyArn=arn) == CONFLICT
    iam.delete_user_permissions_boundary(UserName="puller")
    iam.delete_policy(PolicyArn=arn)
    assert refused(iam.get_policy, PolicyArn=arn) == (404, "NoSuchEntity")


def test_a_policy_has_five_versions_and_so_many_characters(iam: Any) -> None:
    arn = make_policy(iam)
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(allow("ecr:*", "*")))
    text = document(allow("ecr:*", "*"))
    assert refused(iam.create_policy_version, PolicyArn=arn, PolicyDocument=text)[1] == "LimitExceeded"
    big = document(*(allow("ecr:*", f"arn:aws:ecr:us-west-2:123456789012:repository/{n:060}") for n in range(60)))
    assert refused(iam.create_policy, PolicyName="big", PolicyDocument=big)[1] == "LimitExceeded"
    spacious = json.dumps(json.loads(document(allow("ecr:*", "*"))), indent=2000)
    iam.create_policy(PolicyName="spacious", PolicyDocument=spacious)


def test_a_user_has_ten_policies_at_most(iam: Any) -> None:
    for number in range(10):
        iam.attach_user_policy(UserName="puller", PolicyArn=make_policy(iam, f"p{number}"))
    eleventh = make_policy(iam, "p10")
    assert refused(iam.attach_user_policy, UserName="puller", PolicyArn=eleventh) == (409, "LimitExceeded")


@pytest.mark.parametrize(
    "text", ["{", '{"Statement": []}', document(allow("nonsense", "*")), document({"Effect": "Allow", "Action": "*"})]
)
def test_a_malformed_policy_is_refused(iam: Any, text: str) -> None:
    assert refused(iam.create_policy, PolicyName="p", PolicyDocument=text) == (400, "MalformedPolicyDocument")


def test_names_are_taken_whatever_their_case(iam: Any) -> None:
    assert refused(iam.create_user, UserName="Puller") == (409, "EntityAlreadyExists")
    make_policy(iam)
    assert refused(make_policy, iam) == (409, "EntityAlreadyExists")
    assert refused(iam.create_user, UserName="with space")[1] == "ValidationError"


def test_users_are_listed_by_path_and_in_pages(iam: Any) -> None:
    for name in ("b", "a", "c"):
        iam.create_user(UserName=name, Path="/team/")
    assert [user["UserName"] for user in iam.list_users(PathPrefix="/team/")["Users"]] == ["a", "b", "c"]
    pages = list(iam.get_paginator("list_users").paginate(PathPrefix="/team/", PaginationConfig={"PageSize": 2}))
    assert [[user["UserName"] for user in page["Users"]] for page in pages] == [["a", "b"], ["c"]]
    assert len(iam.list_users()["Users"]) == 5


def test_a_renamed_user_keeps_its_keys_tags_and_rights(aws: CloudUnderTest, iam: Any) -> None:
    iam.tag_user(UserName="puller", Tags=[{"Key": "team", "Value": "x"}])
    made = iam.create_access_key(UserName="puller")["AccessKey"]
    iam.update_user(UserName="puller", NewUserName="renamed", NewPath="/other/")
    key = Key(made["AccessKeyId"], made["SecretAccessKey"])
    assert aws.client("sts", key).get_caller_identity()["Arn"].endswith(":user/other/renamed")
    assert iam.get_user(UserName="renamed")["User"]["Tags"] == [{"Key": "team", "Value": "x"}]
    assert refused(iam.get_user, UserName="puller") == (404, "NoSuchEntity")


def test_boundaries_are_shown_and_must_exist(iam: Any) -> None:
    arn = make_policy(iam)
    made = iam.create_user(UserName="bounded", PermissionsBoundary=arn)["User"]
    assert made["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    assert iam.get_user(UserName="bounded")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    missing = arn + "-missing"
    assert refused(iam.create_user, UserName="x", PermissionsBoundary=missing) == (404, "NoSuchEntity")
    assert refused(iam.get_user, UserName="x") == (404, "NoSuchEntity")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=arn)
    assert iam.get_role(RoleName="r")["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn


def test_a_role_with_policies_is_not_deleted(iam: Any) -> None:
    arn = make_policy(iam)
    iam.create_role(RoleName="r", Path="/nvcf/", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    assert refused(iam.delete_role, RoleName="r") == CONFLICT
    iam.detach_role_policy(RoleName="r", PolicyArn=arn)
    iam.delete_role(RoleName="r")


def test_identity_providers(iam: Any) -> None:
    arn = iam.create_open_id_connect_provider(
        Url="https://oidc.example.com/id/1", ClientIDList=["sts.amazonaws.com"], Tags=[{"Key": "a", "Value": "b"}]
    )["OpenIDConnectProviderArn"]
    assert arn == "arn:aws:iam::123456789012:oidc-provider/oidc.example.com/id/1"
    again = refused(iam.create_open_id_connect_provider, Url="https://oidc.example.com/id/1", ClientIDList=["a"])
    assert again == (409, "EntityAlreadyExists")
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="other")
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="sts.amazonaws.com")
    shown = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (shown["Url"], shown["ClientIDList"]) == ("oidc.example.com/id/1", ["other"])
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert refused(iam.get_open_id_connect_provider, OpenIDConnectProviderArn=arn) == (404, "NoSuchEntity")


def test_an_operation_that_nobody_has_is_named(aws: CloudUnderTest, iam: Any) -> None:
    assert refused(iam.list_service_specific_credentials) == (501, "NotImplemented")
