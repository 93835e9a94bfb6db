"""Which AWS account and region the credentials at hand belong to."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class AwsIdentity:
    """Where AWS resources are made.

    Attributes:
        account: AWS account id, 12 digits.
        region: region of the default provider.
    """

    account: str
    region: str


def aws_identity() -> AwsIdentity:
    """Ask AWS who the caller is.

    Raises:
        pulumi.RunError: if AWS refuses the credentials or does not answer, or no region is set.
    """
    try:
        account = aws.get_caller_identity().account_id
        region = aws.get_region().region
    except Exception as error:  # noqa: BLE001 - the engine hands on a plugin's failure as a bare Exception
        raise pulumi.RunError(
            f"AWS did not say whose the credentials at hand are: {error}\n"
            "Check them with `aws sts get-caller-identity`, and the region with `pulumi config get aws:region`."
        ) from None
    return AwsIdentity(account, region)
