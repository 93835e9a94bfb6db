"""What is wrong with a configuration that can be read: its sections, and what they have in common."""

import re
from collections.abc import Iterator
from typing import Final

from nvcf.connection import NAMESPACE, account_id_mistake, endpoint_mistake, host_header_mistake, token_mistake
from policies.prefix import join
from settings.models import Settings
from settings.problem import Problem, problem
from settings.pull_secret_rules import pull_secret_problems
from settings.registry_rules import registry_problems
from settings.surroundings import Surroundings

_POLICY_ARN: Final = re.compile(r"arn:aws:iam::(?:aws|[0-9]{12}):policy/.+")


def problems(settings: Settings, around: Surroundings) -> tuple[Problem, ...]:
    """Return everything that is wrong, in the order of the configuration."""
    return (
        *_nvcf(settings, around),
        *(
            wrong
            for index, registry in enumerate(settings.registries)
            for wrong in registry_problems(f"registries[{index}]", registry, around)
        ),
        *_same_names(settings),
        *_same_credentials(settings),
        *_same_repositories(settings),
        *_same_resource_names(settings),
        *(
            wrong
            for index, pull_secret in enumerate(settings.pull_secrets)
            for wrong in pull_secret_problems(f"pullSecrets[{index}]", pull_secret, settings, around)
        ),
        *_same_pull_secrets(settings),
        *_cluster(settings),
        *_boundary(settings),
    )


def _nvcf(settings: Settings, around: Surroundings) -> Iterator[Problem]:
    endpoint = settings.nvcf.endpoint or around.environ.get("NVCF_ENDPOINT")
    if not endpoint:
        yield problem("nvcf.endpoint", "is missing; set it, or NVCF_ENDPOINT in the environment, to NVCF's base URL")
    elif mistake := endpoint_mistake(endpoint):
        yield problem("nvcf.endpoint", mistake)
    if settings.nvcf.host is not None and (mistake := host_header_mistake(settings.nvcf.host)):
        yield problem("nvcf.host", mistake)
    if settings.nvcf.account is not None and (mistake := account_id_mistake(settings.nvcf.account)):
        yield problem("nvcf.account", mistake)
    set_token = f"`pulumi config set --secret {NAMESPACE}:nvcfToken`"
    token = settings.nvcf_token.get_secret_value() if settings.nvcf_token else around.environ.get("NVCF_TOKEN")
    if not token:
        yield problem("nvcfToken", f"is missing; run {set_token}, or set NVCF_TOKEN in the environment")
    elif mistake := token_mistake(token):
        yield problem("nvcfToken", mistake)
    if settings.nvcf_token is not None and f"{NAMESPACE}:nvcfToken" not in around.secret_keys:
        yield problem("nvcfToken", f"is kept in plain text; get a new token and run {set_token}")


def _same_names(settings: Settings) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, registry in enumerate(settings.registries):
        if registry.name and registry.name in first:
            yield problem(
                f"registries[{index}].name",
                f"{registry.name} is the name of registries[{first[registry.name]}] already; rename one",
            )
        first.setdefault(registry.name, index)


def _same_credentials(settings: Settings) -> Iterator[Problem]:
    """Yield registries whose credentials NVCF would take for one: same hostname, same name (contract 1.7, 7)."""
    first: dict[tuple[str, str], int] = {}
    for index, registry in enumerate(settings.registries):
        # An ECR registry without a hostname has that of its kind in the deployer's account and region.
        key = (registry.hostname or str(registry.kind), registry.credential_name or registry.name)
        if key[1] and key in first and registry.name != settings.registries[first[key]].name:
            yield problem(
                f"registries[{index}].credentialName",
                f"{key[1]!r} is the credential of registries[{first[key]}] on the same host already; "
                "NVCF tells credentials apart by host and name, so rename one",
            )
        first.setdefault(key, index)


def _same_repositories(settings: Settings) -> Iterator[Problem]:
    first: dict[tuple[str, str], str] = {}
    for index, registry in enumerate(settings.registries):
        own: set[tuple[str, str]] = set()
        for position, repository in enumerate(registry.repositories):
            key = (str(registry.kind), join(registry.prefix or "", repository.name))
            where = f"registries[{index}].repositories[{position}]"
            # Twice in one registry is noted with that registry.
            if key in first and key not in own:
                yield problem(where, f"repository {key[1]!r} is that of {first[key]} already; declare it once")
            own.add(key)
            first.setdefault(key, where)


def _same_resource_names(settings: Settings) -> Iterator[Problem]:
    """Yield repositories whose resources Pulumi would take for one: both are named <registry>-<repository>."""
    first: dict[tuple[str, str], tuple[int, str]] = {}
    for index, registry in enumerate(settings.registries):
        for position, repository in enumerate(registry.repositories):
            name = f"{registry.name}-{repository.name}"
            where = f"registries[{index}].repositories[{position}]"
            other, place = first.setdefault((str(registry.kind), name), (index, where))
            if other != index and registry.name != settings.registries[other].name:
                yield problem(where, f"its resource would be called {name!r}, as that of {place}; rename a registry")


def _same_pull_secrets(settings: Settings) -> Iterator[Problem]:
    first: dict[tuple[str, str], int] = {}
    for index, pull_secret in enumerate(settings.pull_secrets):
        for namespace in dict.fromkeys(pull_secret.namespaces):
            key = (namespace, pull_secret.secret_name)
            if pull_secret.registry and key in first:
                yield problem(
                    f"pullSecrets[{index}].name",
                    f"the Secret {key[1]!r} in namespace {namespace} is that of pullSecrets[{first[key]}] already; "
                    "give one another name",
                )
            first.setdefault(key, index)
    yield from _same_pull_secret_resources(settings)
    made: dict[str, int] = {}
    for index, pull_secret in enumerate(settings.pull_secrets):
        for namespace in pull_secret.namespaces if pull_secret.create_namespaces else ():
            if made.setdefault(namespace, index) != index:
                yield problem(
                    f"pullSecrets[{index}].createNamespaces",
                    f"namespace {namespace} is made for pullSecrets[{made[namespace]}] already; make it once",
                )


def _same_pull_secret_resources(settings: Settings) -> Iterator[Problem]:
    """Yield pull secrets whose resources Pulumi would take for one: <registry>-<name>, and below it -<namespace>."""
    first: dict[str, int] = {}
    for index, pull_secret in enumerate(settings.pull_secrets):
        if not pull_secret.registry:
            continue
        name = f"{pull_secret.registry}-{pull_secret.secret_name}"
        other = first.setdefault(name, index)
        if other != index:
            if set(pull_secret.namespaces) & set(settings.pull_secrets[other].namespaces):
                continue  # Noted already, as one Secret declared twice.
            yield problem(
                f"pullSecrets[{index}].name",
                f"its resources would be called {name!r}, as those of pullSecrets[{other}]; name its namespaces there, "
                "or give this one another name",
            )
            continue
        for namespace in dict.fromkeys(pull_secret.namespaces):
            other = first.setdefault(f"{name}-{namespace}", index)
            if other != index:
                yield problem(
                    f"pullSecrets[{index}].name",
                    f"its resources in namespace {namespace} would be called '{name}-{namespace}', as those of "
                    f"pullSecrets[{other}]; give this one another name",
                )


def _cluster(settings: Settings) -> Iterator[Problem]:
    cluster = settings.cluster
    if cluster is None:
        if settings.pull_secrets:
            yield problem("cluster", "is missing, and pull secrets need one; set `eks: NAME` or `kubeconfig: PATH`")
        return
    if cluster.eks is not None and (cluster.kubeconfig is not None or cluster.context is not None):
        yield problem("cluster", "names an EKS cluster and a kubeconfig; keep the one that is meant")


def _boundary(settings: Settings) -> Iterator[Problem]:
    boundary = settings.permissions_boundary
    if boundary is not None and not _POLICY_ARN.fullmatch(boundary):
        yield problem("permissionsBoundary", "is no ARN of an IAM policy; write arn:aws:iam::<account>:policy/<name>")
