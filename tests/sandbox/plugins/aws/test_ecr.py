"""ECR and ECR Public resource types against the sandbox's AWS."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from sandbox.plugins.protocol.values import UNKNOWN
from tests.sandbox.plugins.aws.driver import CallError, Engine, Resource, kinds

REPOSITORY = "aws:ecr/repository:Repository"
LIFECYCLE = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
PUBLIC = "aws:ecrpublic/repository:Repository"
ACCOUNT = "123456789012"
MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "size": 2,
            "digest": "sha256:" + "0" * 64,
        },
        "layers": [],
    }
)


def settled(engine: Engine, resource: Resource, program: dict[str, Any]) -> None:
    """A refresh changes neither state nor inputs, and the program as it is changes nothing."""
    assert engine.read(resource) == resource
    assert kinds(engine.changed(resource, program)) == {}


def rules(days: int) -> str:
    selection = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days}
    return json.dumps({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]}, indent=1)


def test_repository(engine: Engine, cloud: Any) -> None:
    program: dict[str, Any] = {
        "name": "nvcf/life",
        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": [{"filter": "dev-*", "filterType": "WILDCARD"}],
        "imageScanningConfiguration": {"scanOnPush": True},
        "encryptionConfigurations": [{"encryptionType": "AES256"}],
        "tags": {"a": "1"},
    }
    preview = engine.create(REPOSITORY, "r", program, preview=True)
    assert preview.outputs["repositoryUrl"] is UNKNOWN
    assert preview.outputs["name"] == "nvcf/life"

    repository = engine.create(REPOSITORY, "r", program)
    assert repository.id == "nvcf/life"
    assert repository.outputs["repositoryUrl"] == f"{ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com/nvcf/life"
    assert repository.outputs["region"] == "us-west-2"
    assert repository.outputs["imageTagMutabilityExclusionFilters"] == [{"filter": "dev-*", "filterType": "WILDCARD"}]
    settled(engine, repository, program)

    program = {
        "name": "nvcf/life",
        "imageTagMutability": "MUTABLE",
        "imageScanningConfiguration": {"scanOnPush": False},
        "forceDelete": True,
        "tags": {"b": "2"},
    }
    planned = engine.update(repository, program, preview=True)
    assert planned.outputs["repositoryUrl"] == repository.outputs["repositoryUrl"]
    repository = engine.update(repository, program)
    live = cloud("ecr").describe_repositories(repositoryNames=["nvcf/life"])["repositories"][0]
    assert live["imageTagMutability"] == "MUTABLE"
    assert live["imageScanningConfiguration"] == {"scanOnPush": False}
    assert repository.outputs["tagsAll"] == {"b": "2"}
    assert repository.outputs["forceDelete"] is True
    settled(engine, repository, program)

    imported = engine.import_(REPOSITORY, "r", "nvcf/life")
    assert imported is not None
    assert imported.inputs["name"] == "nvcf/life"
    assert kinds(engine.changed(imported, {**program, "forceDelete": False})) == {}
    engine.delete(repository)
    assert engine.read(repository) is None
    engine.delete(repository)


def test_a_repository_lives_in_the_region_of_its_argument(engine: Engine, cloud: Any) -> None:
    program = {"name": "nvcf/elsewhere", "region": "eu-central-1"}
    repository = engine.create(REPOSITORY, "r", program)
    assert ":eu-central-1:" in repository.outputs["arn"]
    assert (
        len(cloud("ecr", "eu-central-1").describe_repositories(repositoryNames=["nvcf/elsewhere"])["repositories"]) == 1
    )
    settled(engine, repository, program)
    engine.update(repository, {**program, "tags": {"a": "b"}})
    engine.delete(repository)
    assert engine.read(repository) is None


@pytest.mark.parametrize("force", [False, True])
def test_a_repository_with_images_is_deleted_only_by_force(engine: Engine, cloud: Any, force: bool) -> None:
    name = f"nvcf/full-{force}".lower()
    repository = engine.create(REPOSITORY, "r", {"name": name, "forceDelete": force})
    cloud("ecr").put_image(repositoryName=name, imageManifest=MANIFEST, imageTag="v1")
    if force:
        engine.delete(repository)
        assert engine.read(repository) is None
        return
    with pytest.raises(CallError) as caught:
        engine.delete(repository)
    assert caught.value.message.startswith(f"ECR Repository ({name}) not empty, consider using forceDelete: deleting")
    assert "RepositoryNotEmptyException" in caught.value.message
    # forceDelete counts once it has been applied, as an update that calls nothing.
    repository = engine.update(repository, {"name": name, "forceDelete": True})
    engine.delete(repository)


def test_an_existing_repository_is_an_error_that_names_it(engine: Engine) -> None:
    engine.create(REPOSITORY, "r", {"name": "nvcf/twice"})
    with pytest.raises(CallError) as caught:
        engine.create(REPOSITORY, "r", {"name": "nvcf/twice"})
    assert caught.value.message.startswith(
        "creating ECR Repository (nvcf/twice): operation error ECR: CreateRepository, https response error StatusCode: "
    )
    assert "RepositoryAlreadyExistsException" in caught.value.message
    assert caught.value.initialized is None


def test_lifecycle_policy(engine: Engine, cloud: Any) -> None:
    engine.create(REPOSITORY, "r", {"name": "nvcf/aging"})
    program = {"repository": "nvcf/aging", "policy": rules(7)}
    policy = engine.create(LIFECYCLE, "l", program)
    assert policy.id == "nvcf/aging"
    assert policy.outputs["policy"] == rules(7)
    settled(engine, policy, program)

    imported = engine.import_(LIFECYCLE, "l", "nvcf/aging")
    assert imported is not None
    assert kinds(engine.changed(imported, program)) == {}

    cloud("ecr").put_lifecycle_policy(repositoryName="nvcf/aging", lifecyclePolicyText=rules(8))
    drifted = engine.read(policy)
    assert drifted is not None
    assert kinds(engine.changed(drifted, program)) == {"policy": "UPDATE_REPLACE"}
    engine.delete(policy)
    assert engine.read(policy) is None
    engine.delete(policy)


def test_a_lifecycle_policy_goes_with_its_repository(engine: Engine, cloud: Any) -> None:
    engine.create(REPOSITORY, "r", {"name": "nvcf/short-lived"})
    policy = engine.create(LIFECYCLE, "l", {"repository": "nvcf/short-lived", "policy": rules(1)})
    cloud("ecr").delete_repository(repositoryName="nvcf/short-lived")
    assert engine.read(policy) is None
    engine.delete(policy)


def test_public_repository(engine: Engine, cloud: Any) -> None:
    logo = base64.b64encode(b"png").decode()
    program: dict[str, Any] = {
        "repositoryName": "life",
        "region": "us-east-1",
        "catalogData": {
            "aboutText": "about",
            "architectures": ["x86-64", "ARM"],
            "description": "d",
            "logoImageBlob": logo,
            "operatingSystems": ["Linux"],
            "usageText": "use",
        },
        "tags": {"a": "1"},
    }
    preview = engine.create(PUBLIC, "p", program, preview=True)
    assert preview.outputs["repositoryUri"] is UNKNOWN
    repository = engine.create(PUBLIC, "p", program)
    assert repository.id == "life"
    assert repository.outputs["arn"] == f"arn:aws:ecr-public::{ACCOUNT}:repository/life"
    assert repository.outputs["repositoryUri"].startswith("public.ecr.aws/")
    assert repository.outputs["catalogData"] == program["catalogData"]
    assert repository.outputs["tagsAll"] == {"a": "1"}
    settled(engine, repository, program)

    program = {**program, "catalogData": {"description": "new", "architectures": ["ARM"]}, "tags": {}}
    repository = engine.update(repository, program)
    live = cloud("ecr-public", "us-east-1").get_repository_catalog_data(repositoryName="life")["catalogData"]
    assert live["description"] == "new"
    assert repository.outputs["tagsAll"] == {}

    imported = engine.import_(PUBLIC, "p", "life@us-east-1")
    assert imported is not None
    assert imported.id == "life"
    assert imported.inputs["region"] == "us-east-1"
    assert kinds(engine.changed(imported, program)) == {}
    engine.delete(repository)
    assert engine.read(repository) is None
    engine.delete(repository)
