"""What one deployer looks after: registries, a cluster, and the boundary its identities carry.

The deployer's policy and the permissions boundary are both made from a scope, so that they cannot disagree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from policies.arn import IAM_PATH
from policies.document import PolicyError

_PROJECT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_BOUNDARY: Final = re.compile(
    r"arn:aws:iam::(?P<account>[0-9]{12}):policy(?P<path>/(?:[\w+=,.@/-]+/)?)(?P<name>[\w+=,.@-]+)"
)
_KMS_KEY: Final = re.compile(r"arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+")
_CLUSTER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


@dataclass(frozen=True, slots=True)
class PrivateRegistry:
    """A private registry that a deployment keeps repositories in.

    Attributes:
        region: the registry's region.
        prefix: the repository-name prefix below which repositories are made.
    """

    region: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """The EKS cluster that gets a pull secret.

    Attributes:
        region: the cluster's region.
        name: the cluster's name.
    """

    region: str
    name: str

    def __post_init__(self) -> None:
        if not _CLUSTER.fullmatch(self.name):
            raise PolicyError(
                f"EKS cluster {self.name!r} is not a cluster name: letters, digits, '-' and '_', at most 100"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What one deployer looks after.

    Attributes:
        account: the twelve-digit account id.
        project: the Pulumi project's name; the names of users, policies and roles start with it and a hyphen.
        permissions_boundary: the ARN of the managed policy that every identity must carry as its permissions
            boundary, or None to go without; then the deployer is as strong as an administrator.
        private: the private registries.
        public_prefixes: the repository-name prefixes in ECR Public.
        cluster: the EKS cluster, if its API server is looked up in AWS.
        irsa: whether pull secrets use IAM roles for service accounts; needs `cluster`.
        kms_keys: ARNs of the KMS keys that private repositories are encrypted with.
        allow_all: accept the prefix `*`, every repository of the account.
    """

    account: str
    project: str
    permissions_boundary: str | None
    private: tuple[PrivateRegistry, ...] = ()
    public_prefixes: tuple[str, ...] = ()
    cluster: Cluster | None = None
    irsa: bool = False
    kms_keys: tuple[str, ...] = ()
    allow_all: bool = False

    def __post_init__(self) -> None:
        if not _PROJECT.fullmatch(self.project):
            raise PolicyError(
                f"project {self.project!r} cannot start an IAM name: use letters, digits, '_', '.' and '-'"
            )
        if not self.private and not self.public_prefixes:
            raise PolicyError("the deployer has no registry to look after: name a private or a public one")
        if self.irsa and self.cluster is None:
            raise PolicyError("IRSA needs the EKS cluster whose service accounts take the role: name the cluster")
        for key in self.kms_keys:
            if not _KMS_KEY.fullmatch(key):
                raise PolicyError(
                    f"{key!r} is not the ARN of a KMS key: write arn:aws:kms:<region>:<account>:key/<id>, no alias"
                )
        if self.permissions_boundary is not None:
            self._check_boundary(self.permissions_boundary)

    def _check_boundary(self, boundary: str) -> None:
        match = _BOUNDARY.fullmatch(boundary)
        if match is None:
            raise PolicyError(
                f"permissions boundary {boundary!r} is not the ARN of a customer managed policy:"
                " write arn:aws:iam::<account>:policy/<path>/<name>"
            )
        if match["account"] != self.account:
            raise PolicyError(
                f"permissions boundary {boundary} lies in account {match['account']}, and IAM takes a"
                f" boundary from the user's own account only: make it in {self.account}"
            )
        if f"{match['path']}{match['name']}".startswith(f"{IAM_PATH}{self.project}-"):
            raise PolicyError(
                f"permissions boundary {boundary} lies where the deployer may edit policies, so it could"
                f" lift it: give it another path than {IAM_PATH}"
            )
