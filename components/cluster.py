"""The Kubernetes cluster that pull secrets go to."""

import os
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
import yaml

from components.kubeconfig import EksCluster, eks_kubeconfig, kubeconfig_path


def find_eks_cluster(name: str) -> EksCluster:
    """Look an EKS cluster up in the region of the AWS provider.

    Raises:
        pulumi.RunError: if there is none, it has no API server yet, or AWS does not let the caller look.
    """
    try:
        found = aws.eks.get_cluster(name=name)
    except Exception as error:  # noqa: BLE001 - the engine hands on a plugin's failure as a bare Exception
        raise pulumi.RunError(
            f"nvcf-registry:cluster.eks: the EKS cluster {name!r} cannot be looked up: {error}\n"
            "Check the name and the region with `aws eks list-clusters`, and that eks:DescribeCluster is allowed."
        ) from None
    if not found.endpoint or not found.certificate_authorities:
        raise pulumi.RunError(
            f"nvcf-registry:cluster.eks: the EKS cluster {name!r} has no API server yet (it is {found.status}). "
            f"Wait with `aws eks wait cluster-active --name {name}`, then run again."
        )
    issuers = [oidc.issuer for identity in found.identities for oidc in identity.oidcs]
    return EksCluster(
        name, found.arn, found.endpoint, found.certificate_authorities[0].data, issuers[0] if issuers else ""
    )


def eks_provider(name: str, cluster: EksCluster, *, delete_unreachable: bool = False) -> kubernetes.Provider:
    """Return a provider for an EKS cluster, which signs in with `aws eks get-token` at each use.

    Args:
        name: logical name.
        cluster: the EKS cluster.
        delete_unreachable: whether a destroy drops the cluster's resources from state when it does not answer.
    """
    return _provider(
        name,
        kubeconfig=eks_kubeconfig(cluster),
        # A new endpoint or authority of the same cluster must not replace what lives in it.
        cluster_identifier=cluster.arn,
        delete_unreachable=delete_unreachable,
    )


def kubeconfig_provider(
    name: str, *, kubeconfig: str | None, context: str | None, delete_unreachable: bool = False
) -> kubernetes.Provider:
    """Return a provider for a context of a kubeconfig file.

    Args:
        name: logical name.
        kubeconfig: path of the file, with ``~`` and ``$VARIABLE`` expanded; default the first file that
            ``KUBECONFIG`` names, else ``~/.kube/config``.
        context: the context in it; default its current one.
        delete_unreachable: as of `eks_provider`.

    Raises:
        pulumi.RunError: if the file cannot be read, or has no such context.
    """
    path = kubeconfig_path(kubeconfig, os.environ)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise pulumi.RunError(
            f"nvcf-registry:cluster: the kubeconfig {path} cannot be read ({error.strerror}). "
            "Name a readable file in nvcf-registry:cluster.kubeconfig, or set KUBECONFIG."
        ) from None
    return _provider(
        name,
        kubeconfig=text,
        context=context,
        # A tunnel, a new address or authority of the cluster must not replace what lives in it, namespaces included.
        cluster_identifier=kubeconfig_context(text, context, path),
        delete_unreachable=delete_unreachable,
    )


def kubeconfig_context(text: str, context: str | None, path: Path) -> str:
    """Return the context of a kubeconfig that is meant: ``context``, or else its current one.

    Args:
        text: the kubeconfig.
        context: a context in it, or None.
        path: where it was read, for errors.

    Raises:
        pulumi.RunError: if it has no such context.
    """
    try:
        parsed = yaml.safe_load(text)
    except yaml.YAMLError:
        # Its text may hold a token: nothing of it is shown.
        parsed = None
    fields = parsed if isinstance(parsed, dict) else {}
    entries = fields.get("contexts")
    names = [str(entry.get("name")) for entry in entries or () if isinstance(entry, dict)]
    wanted = context or fields.get("current-context")
    if wanted in names:
        return str(wanted)
    wrong = f"has no context {wanted!r}" if wanted else "has no current context"
    raise pulumi.RunError(
        f"nvcf-registry:cluster: the kubeconfig {path} {wrong}. "
        f"Name one in nvcf-registry:cluster.context; it has {', '.join(names) or 'none'}."
    )


def _provider(
    name: str, *, kubeconfig: pulumi.Input[str], delete_unreachable: bool, **args: Any
) -> kubernetes.Provider:
    return kubernetes.Provider(
        name,
        # The provider's inputs are kept in state, a token in the kubeconfig included: only a secret is encrypted.
        kubeconfig=pulumi.Output.secret(kubeconfig),
        # Without it a Secret whose data changes is deleted and made again, and pods meet the moment between.
        enable_secret_mutable=True,
        enable_server_side_apply=True,
        # What somebody else wrote into an object of this stack, such as wider rights for the refresher, is put right
        # instead of being a conflict. Fields in `ignore_changes` stay whose they are.
        enable_patch_force=True,
        # Left out unless wanted: for a cluster that is gone, PULUMI_K8S_DELETE_UNREACHABLE can still say so.
        delete_unreachable=delete_unreachable or None,
        **args,
    )
