"""Amazon ECR as NVCF knows it: hostnames, regions, access keys.

NVCF recognises `<12 digits>.dkr.ecr.<region>.amazonaws.com` and `public.ecr.aws` and nothing else (NVCF
contract 2.2): hosts that Docker would pull from happily, in China, with FIPS or dual-stack endpoints, are
refused.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from nvcf.mistakes import Mistake

PUBLIC_HOSTNAME = "public.ecr.aws"

PUBLIC_REGION = "us-east-1"
"""The one region whose ECR Public API serves every caller (Amazon ECR Public user guide, "endpoints")."""

PRIVATE_REGIONS = frozenset(
    {
        "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
        "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4",
        "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "eu-central-1",
        "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3",
        "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2",
        "us-gov-east-1", "us-gov-west-1", "us-west-1", "us-west-2",
    }
)  # fmt: skip
"""Regions whose private ECR hosts end in `.amazonaws.com`.

Source: botocore 1.44.5 of 2026-11, service `ecr`, partitions `aws` and `aws-us-gov`; a test compares the two.
"""

_PRIVATE = re.compile(r"(?P<account>[^.]*)\.dkr\.ecr\.(?P<region>[^.]+)\.amazonaws\.com")
_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
_LONG_LIVED_KEY = re.compile(r"AKIA[A-Z0-9]{12,124}", re.ASCII)
_SHAPE = "<12-digit account id>.dkr.ecr.<region>.amazonaws.com"


@dataclass(frozen=True)
class PrivateRegistry:
    """The private ECR registry of one account in one region.

    Attributes:
        account: The AWS account id, 12 digits.
        region: The region's code, such as `us-west-2`.
    """

    account: str
    region: str

    @property
    def hostname(self) -> str:
        """The hostname images are pulled from, and the one NVCF must be given."""
        return f"{self.account}.dkr.ecr.{self.region}.amazonaws.com"


def private_hostname(account: str, region: str) -> str:
    """Builds the hostname of a private ECR registry.

    Args:
        account: The AWS account id, 12 digits.
        region: The region's code.

    Returns:
        The hostname NVCF recognises.

    Raises:
        ValueError: The account or the region is none; the text says which and what would be right.
    """
    mistake = account_mistake(account) or region_mistake(region)
    if mistake:
        raise ValueError(f"An ECR hostname cannot be made of account '{account}' and region '{region}': it {mistake}")
    return PrivateRegistry(account, region).hostname


def parse_private_hostname(hostname: str) -> PrivateRegistry:
    """Reads account and region from a private ECR hostname.

    Args:
        hostname: A hostname that `private_hostname_mistake` finds nothing wrong with.

    Returns:
        The registry it names.

    Raises:
        ValueError: It names none; the text says why.
    """
    mistake = private_hostname_mistake(hostname)
    if mistake:
        raise ValueError(f"'{hostname}' {mistake}")
    account, _, _, region, *_ = hostname.split(".")
    return PrivateRegistry(account, region)


def account_mistake(account: str) -> Mistake | None:
    """Judges an AWS account id: exactly 12 digits, leading zeros kept."""
    if _ACCOUNT.fullmatch(account):
        return None
    return Mistake(
        f"names the AWS account '{account}'",
        "An account id has exactly 12 digits; leading zeros belong to it",
    )


def region_mistake(region: str) -> Mistake | None:
    """Judges the code of a region that must have private ECR in NVCF's sense."""
    if region in PRIVATE_REGIONS:
        return None
    if region.startswith("cn-"):
        return Mistake(f"lies in the AWS China region '{region}'", _elsewhere("China regions"))
    close = difflib.get_close_matches(region, PRIVATE_REGIONS, n=1)
    hint = f"Did you mean '{close[0]}'? " if close else ""
    return Mistake(
        f"names the region '{region}', which has no private ECR that NVCF knows",
        f"{hint}Regions are spelt as in 'us-west-2'",
    )


def private_hostname_mistake(hostname: str) -> Mistake | None:
    """Judges a hostname that is to be a private ECR registry; its shape as a DNS name is taken as checked.

    Args:
        hostname: A bare DNS name.

    Returns:
        The first thing wrong with it, or `None` for one NVCF recognises (NVCF contract 2.2).
    """
    if hostname == PUBLIC_HOSTNAME:
        return Mistake("is the ECR Public registry", "Declare this registry with kind 'ecr-public'")
    variant = _variant_mistake(hostname)
    if variant:
        return variant
    parts = _PRIVATE.fullmatch(hostname)
    if not parts:
        return Mistake("is no private ECR registry", f"Its form is {_SHAPE}")
    return account_mistake(parts["account"]) or region_mistake(parts["region"])


def public_hostname_mistake(hostname: str) -> Mistake | None:
    """Judges a hostname that is to be ECR Public; its shape as a DNS name is taken as checked."""
    if hostname == PUBLIC_HOSTNAME:
        return None
    if looks_private(hostname):
        return Mistake("is a private ECR registry", "Declare this registry with kind 'ecr-private'")
    return Mistake("is not ECR Public", f"Its only hostname is '{PUBLIC_HOSTNAME}'")


def looks_private(hostname: str) -> bool:
    """Tells whether a hostname was meant as private ECR, rightly written or not."""
    amazon = hostname.endswith((".amazonaws.com", ".amazonaws.com.cn", ".on.aws", ".on.amazonwebservices.com.cn"))
    return amazon and re.search(r"(^|[.-])ecr([.-]|$)", hostname) is not None


def access_key_mistake(access_key_id: str) -> Mistake | None:
    """Judges the access key id NVCF is to log in to ECR with.

    NVCF keeps an id and a secret and signs without a session token, so that temporary keys, whose ids start
    with `ASIA`, can never work (NVCF contract 2.2; AWS, "Reference: IAM identifiers", unique id prefixes).

    Args:
        access_key_id: The access key id, given by hand or made by a resource.

    Returns:
        What is wrong with it, in words that do not repeat it, or `None`.
    """
    if _LONG_LIVED_KEY.fullmatch(access_key_id):
        return None
    if access_key_id.startswith("ASIA"):
        return Mistake(
            "is a temporary access key of AWS STS or SSO ('ASIA…')",
            "NVCF signs without a session token, so such a key is refused by AWS at every call: "
            "give the long-lived access key of an IAM user ('AKIA…')",
        )
    if access_key_id.startswith(("AIDA", "AROA")):
        return Mistake(
            "is the unique id of an IAM user or role, not an access key id",
            "Give the access key id of an IAM user ('AKIA…')",
        )
    return Mistake(
        "is no AWS access key id",
        "An ECR credential's username is the access key id of an IAM user: 'AKIA' and 16 capitals or digits",
    )


def _variant_mistake(hostname: str) -> Mistake | None:
    """Names the kinds of ECR host that exist but that NVCF does not recognise."""
    if hostname.endswith((".amazonaws.com.cn", ".on.amazonwebservices.com.cn")):
        return Mistake("is an ECR host of the AWS China partition", _elsewhere("'.amazonaws.com.cn' hosts"))
    if re.search(r"\.dkr[.-]ecr-fips\.", hostname):
        return Mistake("is an ECR FIPS endpoint", f"NVCF does not recognise those: give the standard one, {_SHAPE}")
    if hostname.endswith(".on.aws"):
        return Mistake(
            "is an ECR dual-stack endpoint ('.on.aws')",
            f"NVCF does not recognise those: give the standard one, {_SHAPE}",
        )
    if re.fullmatch(r"(api\.)?ecr(-fips)?\.[^.]+\.amazonaws\.com", hostname):
        return Mistake(
            "is the ECR API's endpoint, not a registry",
            f"Give the host that images are pulled from, {_SHAPE}",
        )
    return None


def _elsewhere(what: str) -> str:
    return f"NVCF does not recognise {what}: mirror the images to a registry in another partition"
