"""What each call needs, decided on real requests."""

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.sandbox.aws.cloud_under_test import (
    MANIFEST,
    PULL_ACTIONS,
    CloudUnderTest,
    Key,
    allow,
    deny,
    document,
    refusal,
    refused,
    repository_arn,
)

DENIED = (400, "AccessDeniedException")
DIGEST = "sha256:" + "b" * 64
PULLS: dict[str, dict[str, Any]] = {
    "batch_get_image": {"imageIds": [{"imageTag": "v1"}]},
    "batch_check_layer_availability": {"layerDigests": [DIGEST]},
    "describe_images": {},
}
LIFECYCLE = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 3},
                "action": {"type": "expire"},
            }
        ]
    }
)
OTHERS: dict[str, dict[str, Any]] = {
    "list_images": {},
    "put_image": {"imageManifest": MANIFEST, "imageTag": "v2"},
    "initiate_layer_upload": {},
    "batch_delete_image": {"imageIds": [{"imageTag": "v1"}]},
    "delete_repository": {"force": True},
    "put_lifecycle_policy": {"lifecyclePolicyText": LIFECYCLE},
    "get_lifecycle_policy": {},
    "delete_lifecycle_policy": {},
    "put_image_tag_mutability": {"imageTagMutability": "MUTABLE"},
    "put_image_scanning_configuration": {"imageScanningConfiguration": {"scanOnPush": True}},
    "set_repository_policy": {"policyText": document({"Effect": "Deny", "Principal": "*", "Action": "ecr:*"})},
    "get_repository_policy": {},
    "delete_repository_policy": {},
    "create_repository": {},
}


@pytest.fixture
def puller(aws: CloudUnderTest) -> Any:
    ecr = aws.client("ecr")
    for name in ("nvcf/echo", "nvcf/team/echo", "nvcf", "nvcf-evil/echo", "other/nvcf/echo"):
        ecr.create_repository(repositoryName=name)
        ecr.put_image(repositoryName=name, imageManifest=MANIFEST, imageTag="v1")
    eu = aws.client("ecr", region="eu-west-1")
    eu.create_repository(repositoryName="nvcf/echo")
    return aws.user("puller", allow("ecr:GetAuthorizationToken", "*"), allow(PULL_ACTIONS, repository_arn("nvcf/*")))


@pytest.mark.parametrize("operation", PULLS)
@pytest.mark.parametrize("name", ["nvcf/echo", "nvcf/team/echo"])
def test_a_puller_pulls_under_its_prefix(aws: CloudUnderTest, puller: Key, operation: str, name: str) -> None:
    getattr(aws.client("ecr", puller), operation)(repositoryName=name, **PULLS[operation])


def test_a_puller_asks_for_layers_under_its_prefix(aws: CloudUnderTest, puller: Key) -> None:
    ask = aws.client("ecr", puller).get_download_url_for_layer
    assert refused(ask, repositoryName="nvcf/echo", layerDigest=DIGEST)[1] == "LayersNotFoundException"
    assert refused(ask, repositoryName="nvcf", layerDigest=DIGEST) == DENIED


@pytest.mark.parametrize("operation", PULLS)
@pytest.mark.parametrize("name", ["nvcf", "nvcf-evil/echo", "other/nvcf/echo", "missing/echo"])
def test_a_puller_pulls_nothing_else(aws: CloudUnderTest, puller: Key, operation: str, name: str) -> None:
    assert refused(getattr(aws.client("ecr", puller), operation), repositoryName=name, **PULLS[operation]) == DENIED


@pytest.mark.parametrize("operation", PULLS)
def test_another_region_or_account_is_another_resource(aws: CloudUnderTest, puller: Key, operation: str) -> None:
    call = getattr(aws.client("ecr", puller, "eu-west-1"), operation)
    assert refused(call, repositoryName="nvcf/echo", **PULLS[operation]) == DENIED
    call = getattr(aws.client("ecr", puller), operation)
    given = {"repositoryName": "nvcf/echo", "registryId": "999999999999", **PULLS[operation]}
    status, code, message = refusal(call, **given)
    assert (status, code) == DENIED
    assert "repository/nvcf/echo because no resource-based policy allows" in message


@pytest.mark.parametrize("operation", OTHERS)
def test_a_puller_does_nothing_but_pull(aws: CloudUnderTest, puller: Key, operation: str) -> None:
    call = getattr(aws.client("ecr", puller), operation)
    assert refused(call, repositoryName="nvcf/echo", **OTHERS[operation]) == DENIED


def test_the_administrator_may_call_what_the_puller_may_not(aws: CloudUnderTest, puller: Key) -> None:
    ecr = aws.client("ecr")
    done = []
    for operation, params in OTHERS.items():
        if operation in {"create_repository", "delete_repository"}:
            continue
        getattr(ecr, operation)(repositoryName="nvcf/echo", **params)
        done.append(operation)
        if operation == "set_repository_policy":
            assert refused(ecr.list_images, repositoryName="nvcf/echo") == DENIED
            break
    assert "put_image" in done


def test_tags_are_decided_by_the_repository(aws: CloudUnderTest, puller: Key) -> None:
    ecr = aws.client("ecr", puller)
    arn = repository_arn("nvcf/echo")
    assert refused(ecr.list_tags_for_resource, resourceArn=arn) == DENIED
    assert refused(ecr.tag_resource, resourceArn=arn, tags=[{"Key": "a", "Value": "b"}]) == DENIED
    tagger = aws.user("tagger", allow(["ecr:TagResource", "ecr:ListTagsForResource"], repository_arn("nvcf/*")))
    ecr = aws.client("ecr", tagger)
    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "a", "Value": "b"}])
    assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == [{"Key": "a", "Value": "b"}]
    assert refused(ecr.untag_resource, resourceArn=arn, tagKeys=["a"]) == DENIED


def test_the_refusal_reads_as_awss(aws: CloudUnderTest, puller: Key) -> None:
    _, _, message = refusal(
        aws.client("ecr", puller).batch_get_image, repositoryName="nvcf", imageIds=[{"imageTag": "v1"}]
    )
    assert message == (
        "User: arn:aws:iam::123456789012:user/nvcf/puller is not authorized to perform: ecr:BatchGetImage on resource: "
        "arn:aws:ecr:us-west-2:123456789012:repository/nvcf because no identity-based policy allows the "
        "ecr:BatchGetImage action"
    )


def test_describing_all_repositories_asks_for_all_of_them(aws: CloudUnderTest) -> None:
    key = aws.user("viewer", allow("ecr:DescribeRepositories", repository_arn("nvcf/*")))
    aws.client("ecr").create_repository(repositoryName="nvcf/echo")
    ecr = aws.client("ecr", key)
    assert len(ecr.describe_repositories(repositoryNames=["nvcf/echo"])["repositories"]) == 1
    _, _, message = refusal(ecr.describe_repositories)
    assert "on resource: arn:aws:ecr:us-west-2:123456789012:repository/* because" in message
    assert refused(ecr.describe_repositories, repositoryNames=["nvcf/echo", "other"]) == DENIED


def test_creating_with_tags_needs_the_right_to_tag(aws: CloudUnderTest) -> None:
    create = allow("ecr:CreateRepository", repository_arn("nvcf/*"))
    plain = aws.client("ecr", aws.user("plain", create))
    plain.create_repository(repositoryName="nvcf/a")
    _, _, message = refusal(plain.create_repository, repositoryName="nvcf/b", tags=[{"Key": "k", "Value": "v"}])
    assert "ecr:TagResource on resource" in message


@pytest.mark.parametrize("how", ["inline", "attached", "group inline", "group attached"])
def test_rights_come_from_every_kind_of_policy(aws: CloudUnderTest, how: str) -> None:
    key = aws.user("worker")
    iam, ecr = aws.client("iam"), aws.client("ecr", key)
    assert refused(ecr.describe_repositories) == DENIED
    text = document(allow("ecr:DescribeRepositories", "*"))
    if "group" in how:
        iam.create_group(GroupName="team")
        iam.add_user_to_group(GroupName="team", UserName="worker")
    if how == "inline":
        iam.put_user_policy(UserName="worker", PolicyName="p", PolicyDocument=text)
    elif how == "group inline":
        iam.put_group_policy(GroupName="team", PolicyName="p", PolicyDocument=text)
    else:
        arn = iam.create_policy(PolicyName="p", Path="/nvcf/", PolicyDocument=text)["Policy"]["Arn"]
        if how == "attached":
            iam.attach_user_policy(UserName="worker", PolicyArn=arn)
        else:
            iam.attach_group_policy(GroupName="team", PolicyArn=arn)
    assert ecr.describe_repositories()["repositories"] == []


def test_a_new_default_version_counts_at_once(aws: CloudUnderTest) -> None:
    iam = aws.client("iam")
    key = aws.user("worker")
    arn = iam.create_policy(PolicyName="p", PolicyDocument=document(allow("ecr:*", "*")))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="worker", PolicyArn=arn)
    ecr = aws.client("ecr", key)
    ecr.describe_repositories()
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(deny("ecr:*", "*")), SetAsDefault=True)
    status, code, message = refusal(ecr.describe_repositories)
    assert (status, code) == DENIED
    assert message.endswith("with an explicit deny in an identity-based policy")


def test_a_boundary_limits_a_user(aws: CloudUnderTest) -> None:
    iam = aws.client("iam")
    boundary = iam.create_policy(PolicyName="limit", PolicyDocument=document(allow(PULL_ACTIONS, "*")))["Policy"]["Arn"]
    key = aws.user("bounded", allow("ecr:*", "*"))
    iam.put_user_permissions_boundary(UserName="bounded", PermissionsBoundary=boundary)
    aws.client("ecr").create_repository(repositoryName="nvcf/echo")
    ecr = aws.client("ecr", key)
    ecr.describe_images(repositoryName="nvcf/echo")
    _, _, message = refusal(ecr.list_images, repositoryName="nvcf/echo")
    assert message.endswith("because no permissions boundary allows the ecr:ListImages action")
    iam.delete_user_permissions_boundary(UserName="bounded")
    ecr.list_images(repositoryName="nvcf/echo")


def test_a_repository_policy_has_a_say(aws: CloudUnderTest, puller: Key) -> None:
    ecr = aws.client("ecr")
    grant = {"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/nvcf/puller"}}
    ecr.set_repository_policy(repositoryName="nvcf", policyText=document(grant | {"Action": "ecr:DescribeImages"}))
    aws.client("ecr", puller).describe_images(repositoryName="nvcf")
    ban = {"Sid": "x", "Effect": "Deny", "Principal": "*", "Action": "ecr:DescribeImages"}
    ecr.set_repository_policy(repositoryName="nvcf/echo", policyText=document(ban))
    _, _, message = refusal(aws.client("ecr", puller).describe_images, repositoryName="nvcf/echo")
    assert message.endswith("with an explicit deny in a resource-based policy")


def test_iam_is_decided_by_path(aws: CloudUnderTest) -> None:
    deployer = aws.user(
        "deployer",
        allow("iam:*", ["arn:aws:iam::123456789012:user/nvcf/*", "arn:aws:iam::123456789012:policy/nvcf/*"]),
        path="/ops/",
    )
    iam = aws.client("iam", deployer)
    denied = (403, "AccessDenied")
    iam.create_user(UserName="a", Path="/nvcf/", Tags=[{"Key": "k", "Value": "v"}])
    iam.create_access_key(UserName="a")
    policy = iam.create_policy(PolicyName="p", Path="/nvcf/", PolicyDocument=document(allow("ecr:*", "*")))
    iam.attach_user_policy(UserName="a", PolicyArn=policy["Policy"]["Arn"])
    assert refused(iam.create_user, UserName="b") == denied
    assert refused(iam.create_user, UserName="b", Path="/nvcf-evil/") == denied
    assert refused(iam.create_access_key, UserName="deployer") == denied
    assert refused(iam.create_role, RoleName="r", Path="/nvcf/", AssumeRolePolicyDocument=document()) == denied
    assert refused(iam.list_users) == denied


def test_conditions_see_tags_boundaries_and_attached_policies(aws: CloudUnderTest) -> None:
    users = "arn:aws:iam::123456789012:user/nvcf/*"
    iam_admin = aws.client("iam")
    limit = iam_admin.create_policy(PolicyName="limit", PolicyDocument=document(allow("ecr:*", "*")))["Policy"]["Arn"]
    deployer = aws.user(
        "deployer",
        allow("iam:CreateUser", users, Condition={"StringEquals": {"iam:PermissionsBoundary": limit}}),
        allow("iam:TagUser", users, Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}),
        allow("iam:AttachUserPolicy", users, Condition={"ArnEquals": {"iam:PolicyARN": limit}}),
        allow("ecr:CreateRepository", "*", Condition={"StringEquals": {"aws:RequestedRegion": "us-west-2"}}),
    )
    iam, denied = aws.client("iam", deployer), (403, "AccessDenied")
    tags = [{"Key": "team", "Value": "x"}]
    assert refused(iam.create_user, UserName="a", Path="/nvcf/") == denied
    bounded = {"UserName": "a", "Path": "/nvcf/", "PermissionsBoundary": limit}
    assert refused(iam.create_user, **bounded, Tags=[{"Key": "cost", "Value": "x"}]) == denied
    iam.create_user(**bounded, Tags=tags)
    iam.attach_user_policy(UserName="a", PolicyArn=limit)
    admin_policy = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert refused(iam.attach_user_policy, UserName="a", PolicyArn=admin_policy) == denied
    aws.client("ecr", deployer).create_repository(repositoryName="nvcf/a")
    assert refused(aws.client("ecr", deployer, "eu-west-1").create_repository, repositoryName="nvcf/a") == DENIED


def test_services_of_moto_are_guarded_too(aws: CloudUnderTest) -> None:
    aws.client("eks").create_cluster(
        name="dev", roleArn="arn:aws:iam::123456789012:role/x", resourcesVpcConfig={"subnetIds": ["subnet-1"]}
    )
    arn = "arn:aws:eks:us-west-2:123456789012:cluster/dev"
    eks = aws.client("eks", aws.user("viewer", allow("eks:DescribeCluster", arn)))
    assert eks.describe_cluster(name="dev")["cluster"]["arn"] == arn
    assert refused(eks.describe_cluster, name="prod") == (403, "AccessDeniedException")
    assert refused(eks.delete_cluster, name="dev") == (403, "AccessDeniedException")
    assert aws.client("eks").describe_cluster(name="dev")["cluster"]["status"] == "ACTIVE"
    assert refused(aws.client("eks").describe_cluster, name="none") == (404, "ResourceNotFoundException")
    assert aws.client("eks", Key(), "eu-west-1").list_clusters()["clusters"] == []


def test_the_signature_tells_the_region_whatever_the_client_calls_itself(aws: CloudUnderTest) -> None:
    params: dict[str, Any] = {"roleArn": "arn:aws:iam::123456789012:role/x", "resourcesVpcConfig": {"subnetIds": ["s"]}}
    eks = boto3.client(
        "eks",
        region_name="us-west-2",
        endpoint_url=aws.url,
        aws_access_key_id=Key().key_id,
        aws_secret_access_key=Key().secret,
        config=Config(user_agent_extra="region/eu-west-1"),
    )
    assert eks.create_cluster(name="dev", **params)["cluster"]["arn"].split(":")[3] == "us-west-2"
