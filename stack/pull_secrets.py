"""The pull secrets of the configuration, and the cluster they go to."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from components.cluster import eks_provider, find_eks_cluster, kubeconfig_provider
from components.pull_role import PullRole, eks_oidc_provider
from components.pull_secret import EcrSource, PullSecret, PullSecretArgs
from settings import Settings, Surroundings
from settings.marks import cluster_labels
from settings.models import PullSecretSettings
from stack.registry import Registry


@dataclass(frozen=True)
class Cluster:
    """Where pull secrets go.

    Attributes:
        provider: the Kubernetes provider.
        oidc_provider: ARN of IAM's OIDC provider of the cluster; None where no pull secret needs it looked up.
    """

    provider: kubernetes.Provider
    oidc_provider: str | None


def find_cluster(settings: Settings) -> Cluster | None:
    """Find the cluster that the configuration names; None when it names none.

    Raises:
        pulumi.RunError: if the cluster, its OIDC provider or the kubeconfig cannot be found.
    """
    if settings.cluster is None:
        return None
    unreachable = settings.cluster.delete_unreachable
    if settings.cluster.eks is None:
        return Cluster(
            kubeconfig_provider(
                "cluster",
                kubeconfig=settings.cluster.kubeconfig,
                context=settings.cluster.context,
                delete_unreachable=unreachable,
            ),
            None,
        )
    eks = find_eks_cluster(settings.cluster.eks)
    looked_up = any(each.auth == "irsa" and each.oidc_provider is None for each in settings.pull_secrets)
    oidc_provider = eks_oidc_provider(eks) if looked_up else None
    return Cluster(eks_provider("cluster", eks, delete_unreachable=unreachable), oidc_provider)


def pull_secrets(
    settings: Settings, registries: Mapping[str, Registry], around: Surroundings, cluster: Cluster
) -> list[PullSecret]:
    """Declare every pull secret of the configuration.

    Args:
        settings: the whole configuration.
        registries: the declared registries by name.
        around: the project and stack that resources are named after.
        cluster: where they go.
    """
    return [
        _pull_secret(
            each,
            registries[each.registry],
            cluster.provider,
            _role(each, registries[each.registry], settings, around, cluster),
            cluster_labels(around.project, around.stack),
        )
        for each in settings.pull_secrets
    ]


def _pull_secret(
    settings: PullSecretSettings,
    registry: Registry,
    provider: kubernetes.Provider,
    role: PullRole | None,
    labels: Mapping[str, str],
) -> PullSecret:
    name = settings.secret_name
    args: PullSecretArgs = {
        "secret_name": settings.secret_name,
        "namespaces": settings.namespaces,
        "hostname": registry.hostname,
        "create_namespaces": settings.create_namespaces,
        "refresh_schedule": settings.refresh_schedule,
        "image": settings.image,
        "labels": labels,
    }
    if not registry.settings.is_ecr:
        args["password"] = {"username": registry.username, "password": registry.password}
    else:
        source: EcrSource = {
            "kind": "ecr-public" if registry.settings.kind == "ecr-public" else "ecr-private",
            "region": registry.region,
            "key_generation": registry.settings.key_generation,
        }
        if role is not None:
            source["role_arn"] = role.arn
        else:
            source["access_key_id"], source["secret_access_key"] = registry.username, registry.password
        args["ecr"] = source
    return PullSecret(f"{settings.registry}-{name}", args, pulumi.ResourceOptions(providers=[provider]))


def _role(
    settings: PullSecretSettings, registry: Registry, stack: Settings, around: Surroundings, cluster: Cluster
) -> PullRole | None:
    """Declare the role that a pull secret's refresher takes; None where it has the registry's access key."""
    # The rules let irsa stand only beside a puller, and either `oidcProvider` or an EKS cluster.
    if settings.auth != "irsa" or registry.puller is None:
        return None
    return PullRole(
        f"{settings.registry}-{settings.secret_name}",
        {
            "role_name": settings.role_name(around.iam_name(settings.registry)),
            "oidc_provider": settings.oidc_provider or cluster.oidc_provider or "",
            "service_accounts": [(namespace, f"{settings.secret_name}-refresh") for namespace in settings.namespaces],
            "policy": registry.puller.policy_arn,
            "permissions_boundary": stack.permissions_boundary,
            "tags": registry.tags,
        },
    )
