from __future__ import annotations

import botocore.session
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nvcf import ecr

ACCOUNTS = st.from_regex(r"[0-9]{12}", fullmatch=True)
REGIONS = st.sampled_from(sorted(ecr.PRIVATE_REGIONS))
HOST = "123456789012.dkr.ecr.us-west-2.amazonaws.com"


def test_regions_are_those_of_botocore() -> None:
    session = botocore.session.get_session()
    known = {region for part in ("aws", "aws-us-gov") for region in session.get_available_regions("ecr", part)}
    assert known == ecr.PRIVATE_REGIONS


@settings(deadline=None)
@given(ACCOUNTS, REGIONS)
def test_built_hostnames_are_good_and_read_back(account: str, region: str) -> None:
    hostname = ecr.private_hostname(account, region)
    assert ecr.private_hostname_mistake(hostname) is None
    assert ecr.looks_private(hostname)
    assert ecr.parse_private_hostname(hostname) == ecr.PrivateRegistry(account, region)


@pytest.mark.parametrize(
    ("hostname", "problem", "remedy"),
    [
        ("12345678901.dkr.ecr.us-west-2.amazonaws.com", "account '12345678901'", "exactly 12 digits"),
        ("1234567890123.dkr.ecr.us-west-2.amazonaws.com", "account '1234567890123'", "exactly 12 digits"),
        ("123456789012.dkr.ecr.us-moon-1.amazonaws.com", "region 'us-moon-1'", "us-west-2"),
        ("123456789012.dkr.ecr.us-wset-2.amazonaws.com", "region 'us-wset-2'", "mean 'us-west-2'"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "China", "mirror"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com", "China", "mirror"),
        ("123456789012.dkr.ecr-fips.us-west-2.amazonaws.com", "FIPS", "standard one"),
        ("123456789012.dkr-ecr-fips.us-west-2.on.aws", "FIPS", "standard one"),
        ("123456789012.dkr-ecr.us-west-2.on.aws", "dual-stack", "standard one"),
        ("api.ecr.us-west-2.amazonaws.com", "API's endpoint", "pulled from"),
        ("dkr.ecr.amazonaws.com", "no private ECR registry", "<12-digit account id>"),
        ("x.123456789012.dkr.ecr.us-west-2.amazonaws.com", "no private ECR registry", "<12-digit account id>"),
        ("public.ecr.aws", "ECR Public", "ecr-public"),
    ],
)
def test_each_other_ecr_host_has_its_own_reason(hostname: str, problem: str, remedy: str) -> None:
    mistake = ecr.private_hostname_mistake(hostname)
    assert mistake is not None
    assert problem in mistake.problem
    assert remedy in mistake.remedy
    with pytest.raises(ValueError, match=r"\w"):
        ecr.parse_private_hostname(hostname)


def test_public_has_one_hostname() -> None:
    assert ecr.public_hostname_mistake("public.ecr.aws") is None
    private, other = ecr.public_hostname_mistake(HOST), ecr.public_hostname_mistake("docker.io")
    assert private is not None
    assert "ecr-private" in private.remedy
    assert other is not None
    assert "public.ecr.aws" in other.remedy


@pytest.mark.parametrize(
    ("account", "region"), [("1", "us-west-2"), ("123456789012", "us-west-9"), ("\uff1123456789012", "us-west-2")]
)
def test_no_hostname_is_built_of_nonsense(account: str, region: str) -> None:
    with pytest.raises(ValueError, match="cannot be made"):
        ecr.private_hostname(account, region)


@pytest.mark.parametrize("key", ["AKIAIOSFODNN7EXAMPLE", "AKIAACCESSDENIED0000"])
def test_long_lived_keys_pass(key: str) -> None:
    assert ecr.access_key_mistake(key) is None


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("ASIAIOSFODNN7EXAMPLE", "temporary access key"),
        ("AIDAIOSFODNN7EXAMPLE", "unique id"),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "no AWS access key id"),
        ("AKIA", "no AWS access key id"),
        ("akiaiosfodnn7example", "no AWS access key id"),
    ],
)
def test_other_keys_are_refused_without_being_repeated(key: str, problem: str) -> None:
    mistake = ecr.access_key_mistake(key)
    assert mistake is not None
    assert problem in mistake.problem
    assert key == "AKIA" or key not in str(mistake)
    if key.startswith("ASIA"):
        assert "session token" in mistake.remedy
