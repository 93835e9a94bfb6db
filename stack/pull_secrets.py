"""The pull secrets of the configuration, and the cluster they go to."""

from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as kubernetes

from components.aws_identity import AwsIdentity, aws_identity
from components.cluster import eks_provider, kubeconfig_provider
from components.ecr_puller import EcrPuller
from components.pull_role import PullRole, eks_oidc_provider
from components.pull_secret import EcrSource, PullSecret, PullSecretArgs
from settings import Settings, Surroundings
from settings.models import ClusterSettings, PullSecretSettings
from stack.registry import Registry


def pull_secrets(
    settings: Settings, registries: Mapping[str, Registry], around: Surroundings, aws: AwsIdentity | None
) -> list[PullSecret]:
    """Declare every pull secret of the configuration.

    Args:
        settings: the whole configuration.
        registries: the declared registries by name.
        around: the project and stack that resources are named after.
        aws: the account and region of the AWS credentials, where already known.
    """
    if settings.cluster is None or not settings.pull_secrets:
        return []
    provider = _provider(settings.cluster, aws)
    return [_pull_secret(each, registries[each.registry], settings, around, provider) for each in settings.pull_secrets]


def _provider(cluster: ClusterSettings, aws: AwsIdentity | None) -> kubernetes.Provider:
    if cluster.eks is not None:
        region = (aws or aws_identity()).region
        return eks_provider(
            "cluster", cluster=cluster.eks, region=region, delete_unreachable=cluster.delete_unreachable
        )
    return kubeconfig_provider(
        "cluster",
        kubeconfig=cluster.kubeconfig,
        context=cluster.context,
        delete_unreachable=cluster.delete_unreachable,
    )


def _pull_secret(
    settings: PullSecretSettings,
    registry: Registry,
    stack: Settings,
    around: Surroundings,
    provider: kubernetes.Provider,
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
        if settings.auth == "irsa" and registry.puller is not None:
            source["role_arn"] = _role(settings, registry, registry.puller, stack, around).arn
        else:
            source["access_key_id"], source["secret_access_key"] = registry.username, registry.password
        args["ecr"] = source
    return PullSecret(f"{settings.registry}-{name}", args, pulumi.ResourceOptions(providers=[provider]))


def _role(
    settings: PullSecretSettings, registry: Registry, puller: EcrPuller, stack: Settings, around: Surroundings
) -> PullRole:
    eks = stack.cluster.eks if stack.cluster else None
    return PullRole(
        f"{settings.registry}-{settings.secret_name}",
        {
            "role_name": settings.role_name(around.iam_name(settings.registry)),
            "oidc_provider": settings.oidc_provider or eks_oidc_provider(eks or "", registry.account),
            "service_accounts": [(namespace, f"{settings.secret_name}-refresh") for namespace in settings.namespaces],
            "policy": puller.policy_arn,
            "permissions_boundary": stack.permissions_boundary,
            "tags": registry.tags,
        },
    )
