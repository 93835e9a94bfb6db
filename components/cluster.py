"""The Kubernetes cluster that pull secrets go to."""

import json
import os
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes


def eks_provider(name: str, *, cluster: str, region: str, delete_unreachable: bool = False) -> kubernetes.Provider:
    """Return a provider for an EKS cluster, which signs in with `aws eks get-token` at each use.

    Args:
        name: logical name.
        cluster: the EKS cluster's name.
        region: the AWS region it is in.
        delete_unreachable: whether a destroy drops the cluster's resources from state when it does not answer.
    """
    found = aws.eks.get_cluster_output(name=cluster)
    kubeconfig = pulumi.Output.all(
        endpoint=found.endpoint, authority=found.certificate_authorities[0].data, arn=found.arn
    ).apply(lambda eks: eks_kubeconfig(cluster=cluster, region=region, **eks))
    return _provider(
        name,
        kubeconfig=kubeconfig,
        # A new endpoint or authority of the same cluster must not replace what lives in it.
        cluster_identifier=found.arn,
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
        pulumi.RunError: if the file cannot be read.
    """
    path = kubeconfig_path(kubeconfig, os.environ)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise pulumi.RunError(
            f"nvcf-registry:cluster: the kubeconfig {path} cannot be read ({error.strerror}). "
            "Name a readable file in nvcf-registry:cluster.kubeconfig, or set KUBECONFIG."
        ) from None
    return _provider(name, kubeconfig=text, context=context, delete_unreachable=delete_unreachable)


def kubeconfig_path(configured: str | None, environ: os._Environ[str] | dict[str, str]) -> Path:
    """Return the kubeconfig file that ``configured`` and the environment select."""
    if configured:
        return Path(os.path.expandvars(configured)).expanduser()
    first = environ.get("KUBECONFIG", "").split(os.pathsep)[0]
    return Path(first).expanduser() if first else Path("~/.kube/config").expanduser()


def eks_kubeconfig(*, cluster: str, region: str, endpoint: str, authority: str, arn: str) -> str:
    """Return a kubeconfig for an EKS cluster that holds no credential.

    Args:
        cluster: the cluster's name.
        region: its region.
        endpoint: its API server's URL.
        authority: its certificate authority, base64 of PEM.
        arn: its ARN, which names the entries as `aws eks update-kubeconfig` does.
    """
    user: dict[str, Any] = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "aws",
            "args": ["--region", region, "eks", "get-token", "--cluster-name", cluster, "--output", "json"],
            "interactiveMode": "Never",
        }
    }
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": arn, "cluster": {"server": endpoint, "certificate-authority-data": authority}}],
            "users": [{"name": arn, "user": user}],
            "contexts": [{"name": arn, "context": {"cluster": arn, "user": arn}}],
            "current-context": arn,
        }
    )


def _provider(name: str, *, kubeconfig: pulumi.Input[str], **args: Any) -> kubernetes.Provider:
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
        **args,
    )
