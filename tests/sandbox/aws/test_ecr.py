"""Where ECR differs from moto."""

import base64
import hashlib
import json
import urllib.request
from typing import Any

import pytest

from tests.sandbox.aws.cloud_under_test import MANIFEST, CloudUnderTest, refused

OTHER_MANIFEST = MANIFEST + " "


@pytest.fixture
def ecr(aws: CloudUnderTest) -> Any:
    return aws.client("ecr")


def push(ecr: Any, tag: str, manifest: str = MANIFEST, name: str = "nvcf/a") -> Any:
    return ecr.put_image(repositoryName=name, imageManifest=manifest, imageTag=tag)["image"]["imageId"]["imageDigest"]


def test_a_repository_comes_back_as_it_was_made(ecr: Any) -> None:
    filters = [{"filterType": "WILDCARD", "filter": "dev-*"}]
    ecr.create_repository(
        repositoryName="nvcf/a",
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=filters,
        imageScanningConfiguration={"scanOnPush": True},
        encryptionConfiguration={"encryptionType": "KMS"},
        tags=[{"Key": "a", "Value": "b"}],
    )
    [shown] = ecr.describe_repositories(repositoryNames=["nvcf/a"])["repositories"]
    assert shown["repositoryUri"] == "123456789012.dkr.ecr.us-west-2.amazonaws.com/nvcf/a"
    assert shown["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert shown["imageTagMutabilityExclusionFilters"] == filters
    assert shown["imageScanningConfiguration"] == {"scanOnPush": True}
    assert shown["encryptionConfiguration"]["kmsKey"].startswith("arn:aws:kms:us-west-2:123456789012:key/")
    changed = ecr.put_image_tag_mutability(repositoryName="nvcf/a", imageTagMutability="MUTABLE")
    assert changed["imageTagMutability"] == "MUTABLE"
    [shown] = ecr.describe_repositories(repositoryNames=["nvcf/a"])["repositories"]
    assert not shown.get("imageTagMutabilityExclusionFilters")


@pytest.mark.parametrize(
    "params",
    [
        {"repositoryName": "Upper"},
        {"repositoryName": "trailing/"},
        {"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION"},
        {
            "imageTagMutability": "IMMUTABLE",
            "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "a*"}],
        },
        {
            "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "a*b*c*"}],
        },
    ],
)
def test_a_repository_must_be_valid(ecr: Any, params: Any) -> None:
    assert refused(ecr.create_repository, **{"repositoryName": "nvcf/a", **params}) == (
        400,
        "InvalidParameterException",
    )


def test_many_repositories_come_in_pages(ecr: Any) -> None:
    for number in range(103):
        ecr.create_repository(repositoryName=f"nvcf/r{number:03}")
    assert len(ecr.describe_repositories()["repositories"]) == 100
    pages = ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 40})
    names = [repository["repositoryName"] for page in pages for repository in page["repositories"]]
    assert names == [f"nvcf/r{number:03}" for number in range(103)]


def test_a_repository_with_images_is_only_deleted_by_force(ecr: Any) -> None:
    ecr.create_repository(repositoryName="nvcf/a")
    push(ecr, "v1")
    assert refused(ecr.delete_repository, repositoryName="nvcf/a") == (400, "RepositoryNotEmptyException")
    ecr.delete_repository(repositoryName="nvcf/a", force=True)
    assert refused(ecr.describe_images, repositoryName="nvcf/a") == (400, "RepositoryNotFoundException")


def test_an_image_is_known_by_the_digest_of_its_manifest(ecr: Any) -> None:
    ecr.create_repository(repositoryName="nvcf/a")
    digest = push(ecr, "v1")
    assert digest == "sha256:" + hashlib.sha256(MANIFEST.encode()).hexdigest()
    assert refused(push, ecr, "v1")[1] == "ImageAlreadyExistsException"
    push(ecr, "v2")
    [detail] = ecr.describe_images(repositoryName="nvcf/a", imageIds=[{"imageDigest": digest}])["imageDetails"]
    assert sorted(detail["imageTags"]) == ["v1", "v2"]
    answer = ecr.batch_get_image(repositoryName="nvcf/a", imageIds=[{"imageTag": "v1"}, {"imageTag": "v9"}])
    assert [image["imageId"] for image in answer["images"]] == [{"imageDigest": digest, "imageTag": "v1"}]
    assert [failure["failureCode"] for failure in answer["failures"]] == ["ImageNotFound"]
    wrong = {"repositoryName": "nvcf/a", "imageManifest": MANIFEST, "imageDigest": "sha256:" + "0" * 64}
    assert refused(ecr.put_image, **wrong)[1] == "ImageDigestDoesNotMatchException"


@pytest.mark.parametrize(
    ("mutability", "filters", "fixed", "movable"),
    [
        ("MUTABLE", None, [], ["v1", "dev-1"]),
        ("IMMUTABLE", None, ["v1", "dev-1"], []),
        ("IMMUTABLE_WITH_EXCLUSION", ["dev-*"], ["v1", "a-dev-1"], ["dev-1"]),
        ("IMMUTABLE_WITH_EXCLUSION", ["v.1"], ["vx1"], ["v.1"]),
        ("MUTABLE_WITH_EXCLUSION", ["v*"], ["v1"], ["dev-1"]),
    ],
)
def test_tags_move_unless_immutable(ecr: Any, mutability: str, filters: Any, fixed: Any, movable: Any) -> None:
    more = {}
    if filters:
        listed = [{"filterType": "WILDCARD", "filter": text} for text in filters]
        more["imageTagMutabilityExclusionFilters"] = listed
    ecr.create_repository(repositoryName="nvcf/a", imageTagMutability=mutability, **more)
    for tag in fixed + movable:
        push(ecr, tag)
    for tag in fixed:
        assert refused(push, ecr, tag, OTHER_MANIFEST) == (400, "ImageTagAlreadyExistsException")
    for tag in movable:
        moved = push(ecr, tag, OTHER_MANIFEST)
        [detail] = ecr.describe_images(repositoryName="nvcf/a", imageIds=[{"imageTag": tag}])["imageDetails"]
        assert detail["imageDigest"] == moved


def test_layers_are_uploaded_and_checked(ecr: Any) -> None:
    ecr.create_repository(repositoryName="nvcf/a")
    blob = b"layer"
    digest = "sha256:" + hashlib.sha256(blob).hexdigest()

    def upload(claimed: Any) -> None:
        begun = ecr.initiate_layer_upload(repositoryName="nvcf/a")["uploadId"]
        part = {"uploadId": begun, "partFirstByte": 0, "partLastByte": len(blob) - 1, "layerPartBlob": blob}
        ecr.upload_layer_part(repositoryName="nvcf/a", **part)
        ecr.complete_layer_upload(repositoryName="nvcf/a", uploadId=begun, layerDigests=[claimed])

    assert refused(upload, "sha256:" + "0" * 64)[1] == "InvalidLayerException"
    upload(digest)
    assert refused(upload, digest)[1] == "LayerAlreadyExistsException"
    [layer] = ecr.batch_check_layer_availability(repositoryName="nvcf/a", layerDigests=[digest])["layers"]
    assert (layer["layerAvailability"], layer["layerSize"]) == ("AVAILABLE", len(blob))
    # Only layers of images are handed out.
    described = {"digest": digest, "size": len(blob)}
    manifest = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "config": described, "layers": [described]}
    push(ecr, "v1", json.dumps(manifest))
    url = ecr.get_download_url_for_layer(repositoryName="nvcf/a", layerDigest=digest)["downloadUrl"]
    with urllib.request.urlopen(url) as response:
        assert response.read() == blob


def test_an_authorization_token_holds_twelve_hours_and_says_whose_it_is(aws: CloudUnderTest, ecr: Any) -> None:
    [data] = ecr.get_authorization_token()["authorizationData"]
    assert data["proxyEndpoint"] == "https://123456789012.dkr.ecr.us-west-2.amazonaws.com"
    assert abs((data["expiresAt"] - aws.clock()).total_seconds() - 12 * 3600) < 60
    user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    assert user == "AWS"
    claims = aws.hook("POST", "tokens", {"password": password})
    assert claims["principal"] == "arn:aws:iam::123456789012:user/sandbox-admin"
    assert (claims["service"], claims["region"]) == ("ecr", "us-west-2")
    assert aws.hook_status("POST", "tokens", {"password": password[:-4] + "AAAA"}) == 400
    assert aws.hook_status("POST", "tokens", {"password": "short"}) == 400
    aws.clock.advance(hours=12, seconds=1)
    assert aws.hook_status("POST", "tokens", {"password": password}) == 400


def test_a_lifecycle_policy_is_kept_and_checked(ecr: Any) -> None:
    ecr.create_repository(repositoryName="nvcf/a")
    assert refused(ecr.get_lifecycle_policy, repositoryName="nvcf/a")[1] == "LifecyclePolicyNotFoundException"
    selection = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    text = json.dumps({"rules": [rule]})
    ecr.put_lifecycle_policy(repositoryName="nvcf/a", lifecyclePolicyText=text)
    assert ecr.get_lifecycle_policy(repositoryName="nvcf/a")["lifecyclePolicyText"] == text
    bad = json.dumps({"rules": [rule, rule]})
    code = refused(ecr.put_lifecycle_policy, repositoryName="nvcf/a", lifecyclePolicyText=bad)[1]
    assert code == "InvalidParameterException"
    ecr.delete_lifecycle_policy(repositoryName="nvcf/a")
    assert refused(ecr.delete_lifecycle_policy, repositoryName="nvcf/a")[1] == "LifecyclePolicyNotFoundException"
