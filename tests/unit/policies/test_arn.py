"""ARNs: only those that can exist where NVCF can pull from."""

from __future__ import annotations

import pytest

from policies import arn
from policies.document import PolicyError

ACCOUNT = "123456789012"


def test_the_forms() -> None:
    assert (
        arn.ecr_repository(account=ACCOUNT, region="us-west-2", name="nvcf/*")
        == "arn:aws:ecr:us-west-2:123456789012:repository/nvcf/*"
    )
    assert (
        arn.ecr_public_repository(account=ACCOUNT, name="nvcf/*")
        == "arn:aws:ecr-public::123456789012:repository/nvcf/*"
    )
    assert arn.iam(account=ACCOUNT, kind="user", name="dev") == "arn:aws:iam::123456789012:user/nvcf/dev"
    assert (
        arn.eks_cluster(account=ACCOUNT, region="us-west-2", name="gpu")
        == "arn:aws:eks:us-west-2:123456789012:cluster/gpu"
    )


@pytest.mark.parametrize("account", ["", "12345678901", "1234567890123", "12345678901x", "*", "\u0661" * 12])
def test_an_account_id_is_twelve_digits(account: str) -> None:
    with pytest.raises(PolicyError, match="not twelve digits"):
        arn.ecr_public_repository(account=account, name="nvcf/*")


@pytest.mark.parametrize("region", ["us-west-2", "eu-central-1", "ap-southeast-5", "mx-central-1", "il-central-1"])
def test_commercial_regions_pass(region: str) -> None:
    assert arn.checked_region(region) == region


@pytest.mark.parametrize("region", ["", "*", "us-west-2a", "us_west_2", "US-WEST-2", "west-2", "us-west-2 "])
def test_what_is_no_region_code(region: str) -> None:
    with pytest.raises(PolicyError, match="not a region code"):
        arn.checked_region(region)


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "eusc-de-east-1"])
def test_other_partitions_are_refused(region: str) -> None:
    with pytest.raises(PolicyError, match=r"only the partition aws is supported|not a region code"):
        arn.ecr_repository(account=ACCOUNT, region=region, name="nvcf/*")


def test_the_partition_is_aws() -> None:
    with pytest.raises(PolicyError, match="partition 'aws-cn' is not supported"):
        arn.ecr_repository(account=ACCOUNT, region="us-west-2", name="nvcf/*", partition="aws-cn")
