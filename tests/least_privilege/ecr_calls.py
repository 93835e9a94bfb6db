"""One boto3 call for each ECR request of the matrix."""

from __future__ import annotations

import re
from typing import Any, Final

from tests.least_privilege.matrix import Row

DIGEST: Final = "sha256:" + "0" * 64
TAGS: Final = [{"Key": "team", "Value": "gpu"}]
LATEST: Final = [{"imageTag": "latest"}]

PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    "BatchCheckLayerAvailability": {"layerDigests": [DIGEST]},
    "BatchDeleteImage": {"imageIds": LATEST},
    "BatchGetImage": {"imageIds": LATEST},
    "CompleteLayerUpload": {"uploadId": "upload", "layerDigests": [DIGEST]},
    "DescribeImageScanFindings": {"imageId": LATEST[0]},
    "GetDownloadUrlForLayer": {"layerDigest": DIGEST},
    "PutImage": {"imageManifest": "{}", "imageTag": "latest"},
    "PutImageScanningConfiguration": {"imageScanningConfiguration": {"scanOnPush": True}},
    "PutImageTagMutability": {"imageTagMutability": "MUTABLE"},
    "PutLifecyclePolicy": {"lifecyclePolicyText": '{"rules": []}' + " " * 100},
    "PutRegistryPolicy": {"policyText": "{}"},
    "PutReplicationConfiguration": {"replicationConfiguration": {"rules": []}},
    "PutRepositoryCatalogData": {"catalogData": {"description": "x"}},
    "SetRepositoryPolicy": {"policyText": "{}"},
    "StartImageScan": {"imageId": LATEST[0]},
    "TagResource": {"tags": TAGS},
    "UntagResource": {"tagKeys": ["team"]},
    "UploadLayerPart": {"uploadId": "upload", "partFirstByte": 0, "partLastByte": 0, "layerPartBlob": b"x"},
}
"""What a call needs besides the repository."""

BY_ARN: Final = frozenset({"ListTagsForResource", "TagResource", "UntagResource"})
WITHOUT_REPOSITORY: Final = frozenset(
    {
        "DescribeRegistries",
        "DescribeRegistry",
        "GetAuthorizationToken",
        "GetRegistryCatalogData",
        "GetRegistryPolicy",
        "PutRegistryCatalogData",
        "PutRegistryPolicy",
        "PutReplicationConfiguration",
    }
)
WITHOUT_REGISTRY: Final = frozenset({"CreateRepository"})


def service(row: Row) -> str:
    """Return boto3's name of the service a row calls."""
    return row.action.partition(":")[0]


def operation(row: Row) -> str:
    """Return the name of the operation a row calls, as boto3's method."""
    name = row.action.partition(":")[2]
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def parameters(row: Row) -> dict[str, Any]:
    """Return the parameters that make a call ask for exactly the row's resource."""
    name = row.action.partition(":")[2]
    extra = PARAMETERS.get(name, {})
    if name in WITHOUT_REPOSITORY:
        return {**extra}
    if name in BY_ARN:
        return {"resourceArn": row.resource, **extra}
    repository = (
        {"repositoryNames": [row.repository]} if name == "DescribeRepositories" else {"repositoryName": row.repository}
    )
    registry = {} if name in WITHOUT_REGISTRY else {"registryId": row.account}
    return {**repository, **registry, **extra}
