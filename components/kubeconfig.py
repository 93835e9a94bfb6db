"""Where a kubeconfig is, and the one of an EKS cluster; pure, so that commands need not load Pulumi for it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any


@dataclass(frozen=True)
class EksCluster:
    """An EKS cluster that exists.

    Attributes:
        name: its name.
        arn: its ARN, which also tells its region and account.
        endpoint: its API server's URL.
        authority: its certificate authority, base64 of PEM.
        issuer: the URL of its OIDC issuer; "" where it has none.
    """

    name: str
    arn: str
    endpoint: str
    authority: str
    issuer: str

    @property
    def region(self) -> str:
        """The AWS region it is in."""
        return self.arn.split(":")[3]

    @property
    def account(self) -> str:
        """The AWS account id it is in, 12 digits."""
        return self.arn.split(":")[4]


def kubeconfig_path(configured: str | None, environ: Mapping[str, str]) -> Path:
    """Return the kubeconfig file that ``configured`` and the environment select."""
    if configured:
        return Path(Template(configured).safe_substitute(environ)).expanduser()
    first = environ.get("KUBECONFIG", "").split(os.pathsep)[0]
    return Path(first).expanduser() if first else Path("~/.kube/config").expanduser()


def eks_kubeconfig(cluster: EksCluster) -> str:
    """Return a kubeconfig for an EKS cluster that holds no credential; its entries are named by the cluster's ARN."""
    user: dict[str, Any] = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "aws",
            "args": [
                "--region",
                cluster.region,
                "eks",
                "get-token",
                "--cluster-name",
                cluster.name,
                "--output",
                "json",
            ],
            "interactiveMode": "Never",
        }
    }
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": cluster.arn,
                    "cluster": {"server": cluster.endpoint, "certificate-authority-data": cluster.authority},
                }
            ],
            "users": [{"name": cluster.arn, "user": user}],
            "contexts": [{"name": cluster.arn, "context": {"cluster": cluster.arn, "user": cluster.arn}}],
            "current-context": cluster.arn,
        }
    )
