"""Reading a stack's Kubernetes cluster, through the `kubectl` that its users have anyway."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from components.kubeconfig import EksCluster, eks_kubeconfig, kubeconfig_path
from ops.aws import AwsAccount
from ops.errors import OpsError

_TIMEOUT_SECONDS = 30


class NotThereError(OpsError):
    """The API server has no such object."""


@dataclass(frozen=True)
class ClusterAccess:
    """How `kubectl` reaches a cluster.

    Attributes:
        text: the kubeconfig, handed to `kubectl` on its standard input; None where it is a file.
        path: the file.
        context: the context in it; None for the current one.
        environ: the environment that `kubectl` runs in.
    """

    text: str | None
    path: str
    context: str | None
    environ: Mapping[str, str]

    def read(self, path: str) -> dict[str, Any]:
        """Read an object or a list.

        Args:
            path: the path of the Kubernetes API, such as `/api/v1/namespaces/nvcf/secrets/functions-pull`.

        Raises:
            NotThereError: there is no such object.
            OpsError: the cluster does not answer, or refuses.
        """
        return dict(json.loads(self.run("get", "--raw", path)))

    def run(self, *arguments: str) -> str:
        """Run `kubectl` and return what it printed; raises as `read`."""
        options = [f"--request-timeout={_TIMEOUT_SECONDS}s"]
        options += ["--context", self.context] if self.context else []
        command = ["kubectl", "--kubeconfig", self.path, *options, *arguments]
        try:
            done = subprocess.run(  # noqa: S603 - the arguments are ours
                command,
                input=self.text or "",
                env=dict(self.environ),
                capture_output=True,
                text=True,
                timeout=2 * _TIMEOUT_SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise OpsError(
                "`kubectl` is not on PATH, so the cluster cannot be asked.",
                "Install it, or use the one of the toolchain: `export PATH=$PWD/.toolchain/bin:$PATH`.",
            ) from None
        except subprocess.TimeoutExpired:
            raise OpsError("The cluster does not answer.", "Check that this machine can reach it.") from None
        if done.returncode != 0:
            said = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "it gave no reason"
            if "NotFound" in said or "could not find the requested resource" in said:
                raise NotThereError(f"The cluster has no {arguments[-1]}.", "Run `pulumi up`, which makes it.")
            raise OpsError(f"The cluster could not be asked: {said}", "Check the kubeconfig, and that it may read.")
        return done.stdout


def cluster_access(
    config: Mapping[str, Any], aws: AwsAccount, environ: Mapping[str, str] = os.environ
) -> ClusterAccess | None:
    """Return how to reach the cluster of a stack's configuration; None when it names none.

    Args:
        config: the stack's configuration.
        aws: its AWS account, for an EKS cluster's address.
        environ: the environment.

    Raises:
        OpsError: the EKS cluster cannot be looked up.
    """
    section = config.get("nvcf-registry:cluster") or {}
    settings = json.loads(section) if isinstance(section, str) else section
    if not isinstance(settings, Mapping) or not settings:
        return None
    if settings.get("eks"):
        return ClusterAccess(_eks_kubeconfig(str(settings["eks"]), aws), "/dev/stdin", None, environ)
    path = kubeconfig_path(settings.get("kubeconfig"), environ)
    return ClusterAccess(None, str(path), settings.get("context"), environ)


def _eks_kubeconfig(name: str, aws: AwsAccount) -> str:
    try:
        found = aws.client("eks").describe_cluster(name=name)["cluster"]
    except (BotoCoreError, ClientError) as error:
        raise OpsError(
            f"The EKS cluster '{name}' cannot be looked up: {error}.", "Allow eks:DescribeCluster, and check the name."
        ) from None
    authority = found["certificateAuthority"]["data"]
    return eks_kubeconfig(EksCluster(name, found["arn"], found["endpoint"], authority, issuer=""))
