"""ECR Public, which moto lacks."""

import base64
from typing import Any

import pytest

from tests.sandbox.aws.cloud_under_test import MANIFEST, CloudUnderTest, allow, refusal, refused

ARN = "arn:aws:ecr-public::123456789012:repository/nvcf/echo"
DENIED = (400, "AccessDeniedException")


@pytest.fixture
def public(aws: CloudUnderTest) -> Any:
    return aws.client("ecr-public", region="us-east-1")


def test_a_repository_from_beginning_to_end(aws: CloudUnderTest, public: Any) -> None:
    made = public.create_repository(
        repositoryName="nvcf/echo",
        catalogData={"description": "An echo", "architectures": ["x86-64"], "logoImageBlob": b"png"},
        tags=[{"Key": "team", "Value": "x"}],
    )
    alias = aws.hook("GET", "health")["publicRegistryAlias"]
    assert made["repository"]["repositoryArn"] == ARN
    assert made["repository"]["repositoryUri"] == f"public.ecr.aws/{alias}/nvcf/echo"
    assert made["catalogData"]["logoUrl"].startswith("https://")
    assert refused(public.create_repository, repositoryName="nvcf/echo")[1] == "RepositoryAlreadyExistsException"
    assert public.describe_repositories(repositoryNames=["nvcf/echo"])["repositories"] == [made["repository"]]
    assert public.get_repository_catalog_data(repositoryName="nvcf/echo")["catalogData"] == made["catalogData"]
    public.put_repository_catalog_data(repositoryName="nvcf/echo", catalogData={"aboutText": "New"})
    assert public.get_repository_catalog_data(repositoryName="nvcf/echo")["catalogData"] == {"aboutText": "New"}
    public.tag_resource(resourceArn=ARN, tags=[{"Key": "cost", "Value": "1"}])
    public.untag_resource(resourceArn=ARN, tagKeys=["team"])
    assert public.list_tags_for_resource(resourceArn=ARN)["tags"] == [{"Key": "cost", "Value": "1"}]
    image = public.put_image(repositoryName="nvcf/echo", imageManifest=MANIFEST, imageTag="v1")["image"]
    [detail] = public.describe_images(repositoryName="nvcf/echo", imageIds=[{"imageTag": "v1"}])["imageDetails"]
    assert (detail["imageDigest"], detail["imageTags"]) == (image["imageId"]["imageDigest"], ["v1"])
    [tag] = public.describe_image_tags(repositoryName="nvcf/echo")["imageTagDetails"]
    assert tag["imageTag"] == "v1"
    assert refused(public.delete_repository, repositoryName="nvcf/echo")[1] == "RepositoryNotEmptyException"
    public.delete_repository(repositoryName="nvcf/echo", force=True)
    assert refused(public.describe_images, repositoryName="nvcf/echo")[1] == "RepositoryNotFoundException"


def test_a_tag_moves_and_an_image_can_be_removed(public: Any) -> None:
    public.create_repository(repositoryName="nvcf/echo")
    for manifest in (MANIFEST, MANIFEST + " "):
        public.put_image(repositoryName="nvcf/echo", imageManifest=manifest, imageTag="v1")
    details = public.describe_images(repositoryName="nvcf/echo")["imageDetails"]
    assert [detail.get("imageTags", []) for detail in details] == [[], ["v1"]]
    again = {"repositoryName": "nvcf/echo", "imageManifest": MANIFEST + " ", "imageTag": "v1"}
    assert refused(public.put_image, **again)[1] == "ImageAlreadyExistsException"
    removed = public.batch_delete_image(repositoryName="nvcf/echo", imageIds=[{"imageTag": "v1"}, {"imageTag": "v9"}])
    assert (len(removed["imageIds"]), len(removed["failures"])) == (1, 1)
    assert len(public.describe_images(repositoryName="nvcf/echo")["imageDetails"]) == 1
    missing = refused(public.describe_images, repositoryName="nvcf/echo", imageIds=[{"imageTag": "v1"}])
    assert missing[1] == "ImageNotFoundException"


def test_the_registry_has_an_alias_and_a_name(public: Any) -> None:
    [registry] = public.describe_registries()["registries"]
    [alias] = registry["aliases"]
    assert registry["registryUri"] == f"public.ecr.aws/{alias['name']}"
    public.put_registry_catalog_data(displayName="Us")
    assert public.get_registry_catalog_data()["registryCatalogData"] == {"displayName": "Us"}


def test_repositories_come_in_pages(public: Any) -> None:
    for number in range(5):
        public.create_repository(repositoryName=f"nvcf/r{number}")
    pages = public.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["repositories"]) for page in pages] == [2, 2, 1]


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("create_repository", {"repositoryName": "Upper"}),
        ("create_repository", {"repositoryName": "nvcf/a", "catalogData": {"description": "x" * 1025}}),
        ("list_tags_for_resource", {"resourceArn": "arn:aws:ecr-public::123456789012:repo"}),
    ],
)
def test_bad_parameters(public: Any, operation: str, params: Any) -> None:
    assert refused(getattr(public, operation), **params)[1] == "InvalidParameterException"


def test_only_one_region_has_it(aws: CloudUnderTest) -> None:
    status, code, message = refusal(aws.client("ecr-public", region="us-west-2").describe_registries)
    assert (status, code) == (400, "UnsupportedCommandException")
    assert "Use region us-east-1" in message


def test_logging_in_needs_two_rights(aws: CloudUnderTest) -> None:
    login, bearer = allow("ecr-public:GetAuthorizationToken", "*"), allow("sts:GetServiceBearerToken", "*")
    half = aws.client("ecr-public", aws.user("half", login), "us-east-1")
    _, _, message = refusal(half.get_authorization_token)
    assert "is not authorized to perform: sts:GetServiceBearerToken on resource: *" in message
    other_half = aws.client("ecr-public", aws.user("other", bearer), "us-east-1")
    assert refused(other_half.get_authorization_token) == DENIED
    for_ecr_public = bearer | {"Condition": {"StringEquals": {"sts:AWSServiceName": "ecr-public.amazonaws.com"}}}
    key = aws.user("whole", login, for_ecr_public)
    data = aws.client("ecr-public", key, "us-east-1").get_authorization_token()["authorizationData"]
    assert abs((data["expiresAt"] - aws.clock()).total_seconds() - 12 * 3600) < 60
    password = base64.b64decode(data["authorizationToken"]).decode().removeprefix("AWS:")
    claims = aws.hook("POST", "tokens", {"password": password})
    assert (claims["service"], claims["key_id"]) == ("ecr-public", key.key_id)


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [
        ("arn:aws:ecr-public::123456789012:repository/nvcf/*", True),
        ("arn:aws:ecr-public::123456789012:repository/s4ndb0x1/nvcf/*", False),
        ("arn:aws:ecr-public:us-east-1:123456789012:repository/nvcf/*", False),
        ("arn:aws:ecr:us-east-1:123456789012:repository/nvcf/*", False),
        ("arn:aws:ecr-public::123456789012:repository/nvcf*", True),
    ],
)
def test_arns_carry_neither_alias_nor_region(aws: CloudUnderTest, public: Any, resource: str, allowed: bool) -> None:
    public.create_repository(repositoryName="nvcf/echo")
    viewer = aws.client("ecr-public", aws.user("viewer", allow("ecr-public:DescribeImages", resource)), "us-east-1")
    if allowed:
        assert viewer.describe_images(repositoryName="nvcf/echo")["imageDetails"] == []
    else:
        assert refused(viewer.describe_images, repositoryName="nvcf/echo") == DENIED
    assert refused(viewer.describe_repositories, repositoryNames=["nvcf/echo"]) == DENIED
    assert refused(viewer.delete_repository, repositoryName="nvcf/echo") == DENIED
