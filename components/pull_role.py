"""The IAM role that a pull secret's refresher takes instead of an access key (IRSA)."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws
from typing_extensions import NotRequired, TypedDict

from components.kubeconfig import EksCluster
from policies.arn import IAM_PATH
from policies.trust import ServiceAccount, web_identity


class PullRoleArgs(TypedDict):
    """Arguments of `PullRole`."""

    role_name: str
    """Name of the role; fixed, as the user's."""
    oidc_provider: pulumi.Input[str]
    """ARN of the cluster's IAM OIDC provider."""
    service_accounts: Sequence[tuple[str, str]]
    """(namespace, name) of every ServiceAccount that may take the role; nobody else may."""
    policy: pulumi.Input[str]
    """ARN of the policy that says what the role may do."""
    permissions_boundary: NotRequired[str | None]
    tags: NotRequired[Mapping[str, str]]


class PullRole(pulumi.ComponentResource):
    """A role with one policy, for the named ServiceAccounts of one cluster.

    Attributes:
        arn: ARN of the role.
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: PullRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("nvcf-registry:index:PullRole", name, dict(args), opts)
        accounts = tuple(ServiceAccount(namespace, account) for namespace, account in args["service_accounts"])
        role = aws.iam.Role(
            f"{name}-role",
            name=args["role_name"],
            path=IAM_PATH,
            assume_role_policy=pulumi.Output.from_input(args["oidc_provider"]).apply(
                lambda arn: web_identity(provider_arn=arn, service_accounts=accounts).to_json()
            ),
            permissions_boundary=args.get("permissions_boundary"),
            tags=dict(args.get("tags", {})),
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.iam.RolePolicyAttachment(
            f"{name}-attachment",
            role=role.name,
            policy_arn=args["policy"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = role.arn
        self.register_outputs({"arn": self.arn})


def eks_oidc_provider(cluster: EksCluster) -> str:
    """Return the ARN of the IAM OIDC provider of an EKS cluster.

    The ARN follows from the account and the issuer (IAM User Guide, "Create an OIDC provider"), so that looking it up
    needs no right to list all providers.

    Raises:
        pulumi.RunError: if there is none, or AWS does not let the caller look.
    """
    issuer = cluster.issuer.removeprefix("https://")
    arn = f"arn:aws:iam::{cluster.account}:oidc-provider/{issuer}"
    try:
        return aws.iam.get_open_id_connect_provider(arn=arn).arn
    except Exception as error:  # noqa: BLE001 - the engine hands on a plugin's failure as a bare Exception
        raise pulumi.RunError(
            f"nvcf-registry:pullSecrets: auth irsa needs IAM's OIDC provider of the EKS cluster {cluster.name!r}, "
            f"{arn}, and it cannot be looked up: {error}\n"
            f"Make it with `eksctl utils associate-iam-oidc-provider --cluster {cluster.name} --approve`, name another "
            "as oidcProvider, or use auth: access-key. iam:GetOpenIDConnectProvider must be allowed."
        ) from None
