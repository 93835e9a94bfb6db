"""A deployment's calls, made in the sandbox with the deployer's real key: its policy suffices, and goes no further.

The sandbox is an emulator (`sandbox.aws`); it decides by the attached documents, boundary included.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from policies.boundary import boundary
from policies.deployer import deployer
from policies.ecr_pull import private_pull
from sandbox.aws.account import ADMIN_KEY_ID, ADMIN_SECRET
from tests.least_privilege.aws_client import client
from tests.least_privilege.matrix import ACCOUNT, REGION
from tests.least_privilege.test_deployer_matrix import ADMINISTRATOR, BOUNDARY, SCOPE

PULLER: Final = "nvcf-registry-dev-functions"
POLICY: Final = f"arn:aws:iam::{ACCOUNT}:policy/nvcf/{PULLER}"
ANYTHING: Final = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
Key = tuple[str, str]


def make_user(admin: Any, name: str, policy: str) -> Key:
    """Make a user as an administrator would, outside the project's path."""
    admin.create_user(UserName=name, Path="/deploy/")
    arn = admin.create_policy(PolicyName=name, Path="/deploy/", PolicyDocument=policy)["Policy"]["Arn"]
    admin.attach_user_policy(UserName=name, PolicyArn=arn)
    return key_of(admin.create_access_key(UserName=name))


def key_of(answer: Any) -> Key:
    return answer["AccessKey"]["AccessKeyId"], answer["AccessKey"]["SecretAccessKey"]


@pytest.fixture(scope="module")
def deployer_key(endpoint: str) -> Key:
    admin = client("iam", endpoint, (ADMIN_KEY_ID, ADMIN_SECRET))
    name = BOUNDARY.rpartition("/")[2]
    made = admin.create_policy(PolicyName=name, Path="/boundaries/", PolicyDocument=boundary(SCOPE).to_json())
    assert made["Policy"]["Arn"] == BOUNDARY
    return make_user(admin, "nvcf-registry-deployer", deployer(SCOPE).to_json())


def deploy(iam: Any, policy: str) -> Key:
    iam.create_user(UserName=PULLER, Path="/nvcf/", PermissionsBoundary=BOUNDARY, Tags=[{"Key": "a", "Value": "b"}])
    iam.create_policy(PolicyName=PULLER, Path="/nvcf/", PolicyDocument=policy)
    iam.attach_user_policy(UserName=PULLER, PolicyArn=POLICY)
    return key_of(iam.create_access_key(UserName=PULLER))


def destroy(iam: Any) -> None:
    for key in iam.list_access_keys(UserName=PULLER)["AccessKeyMetadata"]:
        iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
        iam.update_access_key(UserName=PULLER, AccessKeyId=key["AccessKeyId"], Status="Inactive")
        iam.delete_access_key(UserName=PULLER, AccessKeyId=key["AccessKeyId"])
    iam.detach_user_policy(UserName=PULLER, PolicyArn=POLICY)
    for version in iam.list_policy_versions(PolicyArn=POLICY)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=POLICY, VersionId=version["VersionId"])
    iam.delete_policy(PolicyArn=POLICY)
    assert iam.list_groups_for_user(UserName=PULLER)["Groups"] == []
    iam.delete_user(UserName=PULLER)


def test_a_deployment_from_its_first_call_to_its_last(endpoint: str, deployer_key: Key) -> None:
    iam = client("iam", endpoint, deployer_key)
    ecr = client("ecr", endpoint, deployer_key)
    public = client("ecr-public", endpoint, deployer_key, "us-east-1")
    assert client("sts", endpoint, deployer_key).get_caller_identity()["Account"] == ACCOUNT
    ecr.create_repository(repositoryName="nvcf/echo", tags=[{"Key": "a", "Value": "b"}])
    public.create_repository(repositoryName="nvcf/echo", catalogData={"description": "x"})
    key = deploy(iam, private_pull(account=ACCOUNT, region=REGION, prefix="nvcf").to_json())
    puller = client("ecr", endpoint, key)
    assert puller.get_authorization_token()["authorizationData"]
    assert puller.describe_images(repositoryName="nvcf/echo")["imageDetails"] == []
    iam.create_policy_version(PolicyArn=POLICY, PolicyDocument=ANYTHING, SetAsDefault=True)
    destroy(iam)
    public.delete_repository(repositoryName="nvcf/echo")
    ecr.delete_repository(repositoryName="nvcf/echo", force=True)


def refused(call: Callable[[], object]) -> None:
    with pytest.raises(ClientError) as caught:
        call()
    assert caught.value.response["Error"]["Code"] in {"AccessDenied", "AccessDeniedException"}


def test_an_administrator_s_policy_gives_a_puller_nothing_beyond_the_boundary(endpoint: str, deployer_key: Key) -> None:
    iam = client("iam", endpoint, deployer_key)
    key = deploy(iam, ANYTHING)
    try:
        assert client("ecr", endpoint, key).get_authorization_token()["authorizationData"]
        refused(lambda: client("iam", endpoint, key).create_user(UserName="mallory"))
        refused(lambda: client("ecr", endpoint, key).create_repository(repositoryName="nvcf/mallory"))
        refused(lambda: client("ecr", endpoint, key).describe_images(repositoryName="other/echo"))
    finally:
        destroy(iam)


def test_the_ways_to_more_rights_are_closed(endpoint: str, deployer_key: Key) -> None:
    iam = client("iam", endpoint, deployer_key)
    deploy(iam, ANYTHING)
    own = f"arn:aws:iam::{ACCOUNT}:policy/deploy/nvcf-registry-deployer"
    try:
        refused(lambda: iam.attach_user_policy(UserName=PULLER, PolicyArn=ADMINISTRATOR))
        refused(lambda: iam.attach_user_policy(UserName="nvcf-registry-deployer", PolicyArn=POLICY))
        refused(lambda: iam.delete_user_permissions_boundary(UserName=PULLER))
        refused(lambda: iam.put_user_permissions_boundary(UserName=PULLER, PermissionsBoundary=ADMINISTRATOR))
        refused(lambda: iam.create_user(UserName="nvcf-registry-x", Path="/nvcf/"))
        refused(lambda: iam.create_user(UserName="nvcf-registry-x", PermissionsBoundary=BOUNDARY))
        refused(lambda: iam.create_access_key(UserName="nvcf-registry-deployer"))
        refused(lambda: iam.put_user_policy(UserName=PULLER, PolicyName="x", PolicyDocument=ANYTHING))
        refused(lambda: iam.create_policy_version(PolicyArn=own, PolicyDocument=ANYTHING, SetAsDefault=True))
        refused(lambda: iam.create_policy_version(PolicyArn=BOUNDARY, PolicyDocument=ANYTHING, SetAsDefault=True))
    finally:
        destroy(iam)
