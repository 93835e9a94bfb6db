"""Amazon Resource Names of what the project touches.

Only the `aws` partition is built. NVCF recognises the hosts `<account>.dkr.ecr.<region>.amazonaws.com`
and `public.ecr.aws` and no other (NVCF contract, "Registry rules"), so a document for the China partition
could never be used; the government and sovereign partitions have their own accounts and are not supported.
"""

from __future__ import annotations

import re
from typing import Final

from policies.document import PolicyError

PARTITION: Final = "aws"
"""The one partition supported."""

IAM_PATH: Final = "/nvcf/"
"""The IAM path of every user, policy and role the project makes; the deployer's rights end at it."""

PUBLIC_REGION: Final = "us-east-1"
"""Where ECR Public's API is, wherever images are pulled from ("Amazon ECR Public endpoints and quotas")."""

_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_OTHER_PARTITIONS: Final = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso": "an isolated partition",
    "eu-isoe-": "an isolated partition",
    "eusc-": "aws-eusc",
}


def ecr_repository(*, account: str, region: str, name: str, partition: str = PARTITION) -> str:
    """Return the ARN of a private repository, or of every repository that a pattern in `name` matches.

    Args:
        account: the twelve-digit account id.
        region: the region's code, such as `us-west-2`.
        name: the repository's name, possibly with `*`.
        partition: `aws`; anything else is refused.

    Raises:
        PolicyError: the account, the region or the partition is not one that can work.
    """
    _check(partition, account)
    return f"arn:{partition}:ecr:{checked_region(region)}:{account}:repository/{name}"


def ecr_public_repository(*, account: str, name: str, partition: str = PARTITION) -> str:
    """Return the ARN of a public repository, or of all that a pattern in `name` matches.

    It holds no region and no alias: the alias exists in image paths (`public.ecr.aws/<alias>/<name>`) only
    ("Actions, resources, and condition keys for Amazon ECR Public").

    Args:
        account: the twelve-digit account id.
        name: the repository's name without the alias, possibly with `*`.
        partition: `aws`; anything else is refused.

    Raises:
        PolicyError: the account or the partition is not one that can work.
    """
    _check(partition, account)
    return f"arn:{partition}:ecr-public::{account}:repository/{name}"


def iam(*, account: str, kind: str, name: str, path: str = IAM_PATH, partition: str = PARTITION) -> str:
    """Return the ARN of an IAM user, policy or role.

    Args:
        account: the twelve-digit account id.
        kind: `user`, `policy`, `role` or `oidc-provider`.
        name: the name below the path, possibly with `*`.
        path: the IAM path, with a slash at both ends.
        partition: `aws`; anything else is refused.

    Raises:
        PolicyError: the account or the partition is not one that can work.
    """
    _check(partition, account)
    return f"arn:{partition}:iam::{account}:{kind}{path}{name}"


def eks_cluster(*, account: str, region: str, name: str, partition: str = PARTITION) -> str:
    """Return the ARN of an EKS cluster.

    Args:
        account: the twelve-digit account id.
        region: the cluster's region.
        name: the cluster's name.
        partition: `aws`; anything else is refused.

    Raises:
        PolicyError: the account, the region or the partition is not one that can work.
    """
    _check(partition, account)
    return f"arn:{partition}:eks:{checked_region(region)}:{account}:cluster/{name}"


def checked_region(region: str) -> str:
    """Return `region` when it is the code of a commercial region.

    Raises:
        PolicyError: it has not the form of a region, or lies in another partition.
    """
    if not _REGION.fullmatch(region):
        raise PolicyError(f"region {region!r} is not a region code: write one such as us-west-2, no zone letter")
    for start, partition in _OTHER_PARTITIONS.items():
        if region.startswith(start):
            raise PolicyError(
                f"region {region} belongs to {partition}, and only the partition {PARTITION} is supported:"
                " use a registry in a commercial region"
            )
    return region


def _check(partition: str, account: str) -> None:
    if partition != PARTITION:
        raise PolicyError(
            f"partition {partition!r} is not supported: use an account and a registry of the partition {PARTITION!r}"
        )
    if not _ACCOUNT.fullmatch(account):
        raise PolicyError(f"AWS account id {account!r} is not twelve digits: quote it, so that leading zeros stay")
