"""What stacks hold in their state, by keys that what is found in the world has, too. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ops.deployed import ACCESS_KEY, CREDENTIAL, REPOSITORIES, USER, plain

POLICY = "aws:iam/policy:Policy"
ROLE = "aws:iam/role:Role"
_BY_ARN = (USER, POLICY, ROLE, *REPOSITORIES)


@dataclass(frozen=True)
class Holding:
    """What one stack holds.

    Attributes:
        stack: the stack.
        keys: the keys of its resources, those waiting to be deleted included.
        pending: whether its state notes operations of unknown end: it is being changed, or its engine was killed.
        namespaces: the cluster's namespaces that it has objects in.
        arns: the ARNs of its AWS resources.
    """

    stack: str
    keys: frozenset[str]
    pending: bool
    namespaces: frozenset[str]
    arns: frozenset[str]


def holding(stack: str, export: Mapping[str, Any]) -> Holding:
    """Read a stack's export.

    Args:
        stack: the stack's name.
        export: what `pulumi stack export` prints, parsed.
    """
    deployment = export.get("deployment") or {}
    resources = [each for each in deployment.get("resources") or () if each.get("custom")]
    clusters = {
        f"{each['urn']}::{each['id']}": plain((each.get("inputs") or {}).get("clusterIdentifier"))
        for each in resources
        if each["type"] == "pulumi:providers:kubernetes"
    }
    keys = frozenset(key for each in resources for key in _keys(each, clusters))
    return Holding(
        stack=stack,
        keys=keys,
        pending=bool(deployment.get("pending_operations")),
        namespaces=frozenset(namespace for each in resources for namespace in _namespaces(each)),
        arns=frozenset(key for key in keys if key.startswith("arn:")),
    )


def access_key_key(key_id: str) -> str:
    """Return the key of an access key."""
    return f"key:{key_id}"


def credential_key(credential_id: str) -> str:
    """Return the key of an NVCF credential."""
    return f"credential:{credential_id}"


def object_key(cluster: str, kind: str, name: str) -> str:
    """Return the key of an object in a cluster.

    Args:
        cluster: what the Kubernetes provider knows the cluster by: an EKS cluster's ARN, or a context.
        kind: the object's kind, such as `Secret`.
        name: `<namespace>/<name>`, or the name alone of an object in no namespace.
    """
    return f"object:{cluster}:{kind}:{name}"


def _keys(resource: Mapping[str, Any], clusters: Mapping[str, str]) -> Iterator[str]:
    kind, identity = str(resource["type"]), str(resource.get("id") or "")
    if kind == ACCESS_KEY:
        yield access_key_key(identity)
    elif kind == CREDENTIAL:
        yield credential_key(identity)
    elif kind in _BY_ARN:
        yield plain((resource.get("outputs") or {}).get("arn")) or identity
    elif kind.startswith("kubernetes:"):
        yield object_key(clusters.get(str(resource.get("provider")), ""), kind.rpartition(":")[2], identity)


def _namespaces(resource: Mapping[str, Any]) -> Iterator[str]:
    if str(resource["type"]).startswith("kubernetes:"):
        namespace, slash, _ = str(resource.get("id") or "").partition("/")
        if slash:
            yield namespace
