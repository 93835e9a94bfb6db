"""A registry credential of NVIDIA Cloud Functions."""

from collections.abc import Sequence
from typing import Any, Literal, cast

import pulumi
from typing_extensions import NotRequired, TypedDict

from nvcf.provider import RegistryCredentialProps, RegistryCredentialResource


class RegistryCredentialArgs(TypedDict):
    """Arguments of `RegistryCredential`. Where NVCF is and its token come from the stack's configuration."""

    hostname: pulumi.Input[str]
    """Registry hostname alone, as image paths start with it. Changing it replaces the credential."""
    name: str
    """Name of the credential; NVCF tells credentials of one hostname apart by it. Can be changed in place."""
    username: pulumi.Input[str]
    """User name; for ECR the access key id."""
    password: pulumi.Input[str]
    """Password; for ECR the secret access key. Must be a secret; a new one is swapped in without a gap."""
    artifact_types: Sequence[str]
    """CONTAINER, HELM, MODEL or RESOURCE; adding one is an update, removing one a replacement."""
    tags: NotRequired[Sequence[str]]
    """NVCF's own tags; changing them replaces the credential, since NVCF cannot update them. With `adopt`, leaving
    these and the description out keeps what the credential has."""
    description: NotRequired[str | None]
    """Up to 256 characters; changing it replaces the credential."""
    account: NotRequired[str | None]
    """NVCF account id for the cross-account routes; default the token's account."""
    on_destroy: NotRequired[Literal["delete", "keep"]]
    keeps: NotRequired[Sequence[str]]
    """What else stays when the credential does, in a few words each; only said when it leaves the stack."""
    adopt: NotRequired[str | None]
    """Id of an existing credential to take over instead of making one."""
    propagation_seconds: NotRequired[int]
    """How long a key may be unknown to AWS before a refusal counts."""


class RegistryCredential(pulumi.ComponentResource):
    """The registration of one credential for one registry hostname.

    Attributes:
        credential_id: NVCF's id of it.
        hostname: the registry's hostname.
        registry_name: the display name under which NVCF knows the registry.
    """

    credential_id: pulumi.Output[str]
    hostname: pulumi.Output[str]
    registry_name: pulumi.Output[str]

    def __init__(self, name: str, args: RegistryCredentialArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        shown = {key: value for key, value in args.items() if key not in ("username", "password")}
        super().__init__("nvcf-registry:index:RegistryCredential", name, shown, opts)
        credential = RegistryCredentialResource(
            f"{name}-credential", _properties(args), pulumi.ResourceOptions(parent=self)
        )
        self.credential_id = credential.credential_id
        self.hostname = pulumi.Output.from_input(args["hostname"])
        self.registry_name = credential.registry_name
        self.register_outputs(
            {"credentialId": self.credential_id, "hostname": self.hostname, "registryName": self.registry_name}
        )


def _properties(args: RegistryCredentialArgs) -> RegistryCredentialProps:
    properties: dict[str, Any] = {
        "hostname": args["hostname"],
        "name": args["name"],
        "username": args["username"],
        "password": pulumi.Output.secret(args["password"]),
        # Sorted, since NVCF keeps sets and a diff must not depend on how they were written.
        "artifactTypes": sorted(args["artifact_types"]),
        "tags": sorted(args["tags"]) if "tags" in args else None,
        "description": args.get("description"),
        "account": args.get("account"),
        "onDestroy": args.get("on_destroy", "delete"),
        "keeps": list(args.get("keeps", ())) or None,
        "adopt": args.get("adopt"),
        "propagationSeconds": args.get("propagation_seconds"),
    }
    return cast(RegistryCredentialProps, {key: value for key, value in properties.items() if value is not None})
