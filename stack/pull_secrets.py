"""The pull secrets of the configuration, and the cluster they go to."""

from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as kubernetes

from components.cluster import EksCluster, eks_provider, find_eks_cluster, kubeconfig_provider
from components.pull_role import PullRole, eks_oidc_provider
from components.pull_secret import EcrSource, PullSecret, PullSecretArgs
from settings import Settings, Surroundings
from settings.models import ClusterSettings, PullSecretSettings
from stack.registry import Registry


def pull_secrets(settings: Settings, registries: Mapping[str, Registry], around: Surroundings) -> list[PullSecret]:
    """Declare every pull secret of the configuration.

    Args:
        settings: the whole configuration.
        registries: the declared registries by name.
        around: the project and stack that resources are named after.
    """
    if settings.cluster is None or not settings.pull_secrets:
        return []
    eks = find_eks_cluster(settings.cluster.eks) if settings.cluster.eks is not None else None
    provider = _provider(settings.cluster, eks)
    return [
        _pull_secret(
            each, registries[each.registry], provider, _role(each, registries[each.registry], settings, around, eks)
        )
        for each in settings.pull_secrets
    ]


def _provider(cluster: ClusterSettings, eks: EksCluster | None) -> kubernetes.Provider:
    if eks is not None:
        return eks_provider("cluster", eks, delete_unreachable=cluster.delete_unreachable)
    return kubeconfig_provider(
        "cluster",
        kubeconfig=cluster.kubeconfig,
        context=cluster.context,
        delete_unreachable=cluster.delete_unreachable,
    )


def _pull_secret(
    settings: PullSecretSettings, registry: Registry, provider: kubernetes.Provider, role: PullRole | None
) -> PullSecret:
    name = settings.secret_name
    args: PullSecretArgs = {
        "secret_name": settings.secret_name,
        "namespaces": settings.namespaces,
        "hostname": registry.hostname,
        "create_namespaces": settings.create_namespaces,
        "refresh_schedule": settings.refresh_schedule,
        "image": settings.image,
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
    settings: PullSecretSettings, registry: Registry, stack: Settings, around: Surroundings, eks: EksCluster | None
) -> PullRole | None:
    """Declare the role that a pull secret's refresher takes; None where it has the registry's access key."""
    provider = settings.oidc_provider or (
        eks_oidc_provider(eks) if eks is not None and settings.auth == "irsa" else None
    )
    if settings.auth != "irsa" or registry.puller is None or provider is None:
        return None
    return PullRole(
        f"{settings.registry}-{settings.secret_name}",
        {
            "role_name": settings.role_name(around.iam_name(settings.registry)),
            "oidc_provider": provider,
            "service_accounts": [(namespace, f"{settings.secret_name}-refresh") for namespace in settings.namespaces],
            "policy": registry.puller.policy_arn,
            "permissions_boundary": stack.permissions_boundary,
            "tags": registry.tags,
        },
    )
