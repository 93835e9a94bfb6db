"""What is wrong with one pull secret of the configuration."""

import re
from collections.abc import Iterator
from typing import Final

from components.refresh_schedule import schedule_problem
from settings.models import PullSecretSettings, Settings
from settings.problem import Problem, problem
from settings.surroundings import MAX_IAM_NAME, Surroundings

#: A CronJob's name leaves room for the suffix of its Jobs (Kubernetes, "CronJob"); the refresher's has a suffix, too.
MAX_SECRET_NAME: Final = 52 - len("-refresh")

_DNS_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_OIDC_PROVIDER_ARN: Final = re.compile(r"arn:aws:iam::[0-9]{12}:oidc-provider/.+")
_IMAGE: Final = re.compile(r"[a-z0-9.-]+(?::[0-9]+)?/\S+(?::[\w.-]+|@sha256:[0-9a-f]{64})")


def pull_secret_problems(
    path: str, pull_secret: PullSecretSettings, settings: Settings, around: Surroundings
) -> Iterator[Problem]:
    """Yield everything that is wrong with a pull secret.

    Args:
        path: where it stands, such as ``pullSecrets[0]``.
        pull_secret: the pull secret.
        settings: the whole configuration, for the registry and the cluster.
        around: where the configuration is used.
    """
    yield from _registry(path, pull_secret, settings)
    yield from _namespaces(path, pull_secret)
    name = pull_secret.secret_name
    role = pull_secret.role_name(around.iam_name(pull_secret.registry))
    if pull_secret.auth == "irsa" and len(role) > MAX_IAM_NAME:
        yield problem(
            f"{path}.name",
            f"the IAM role would be called {role!r}, {len(role)} characters of the {MAX_IAM_NAME} that IAM takes; "
            "shorten the name of the pull secret, the registry or the stack",
        )
    if pull_secret.registry and not (_DNS_LABEL.fullmatch(name) and len(name) <= MAX_SECRET_NAME):
        yield problem(
            f"{path}.name",
            f"{name[:60]!r} cannot be the Secret's name; use up to {MAX_SECRET_NAME} lower-case letters, digits and "
            "hyphens, a letter or digit first and last",
        )
    if wrong := schedule_problem(pull_secret.refresh_schedule):
        yield problem(f"{path}.refreshSchedule", wrong)
    if not _IMAGE.fullmatch(pull_secret.image):
        yield problem(
            f"{path}.image",
            f"{pull_secret.image[:80]!r} is no full image path; write host, repository and a tag or digest, "
            "such as docker.io/alpine/k8s:1.35.0",
        )


def _registry(path: str, pull_secret: PullSecretSettings, settings: Settings) -> Iterator[Problem]:
    names = [registry.name for registry in settings.registries if registry.name]
    if not pull_secret.registry:
        yield problem(f"{path}.registry", f"is missing; name one of the registries: {', '.join(names) or 'none yet'}")
        return
    if pull_secret.registry not in names:
        known = f"there are: {', '.join(names)}" if names else "there is none yet"
        yield problem(f"{path}.registry", f"{pull_secret.registry!r} is the name of no registry; {known}")
        return
    registry = settings.registry(pull_secret.registry)
    if pull_secret.auth == "irsa":
        yield from _irsa(path, pull_secret, settings, makes_policy=registry.makes_key)
    elif pull_secret.oidc_provider is not None:
        yield problem(f"{path}.oidcProvider", "is for auth: irsa; set that, or take it out")


def _irsa(path: str, pull_secret: PullSecretSettings, settings: Settings, *, makes_policy: bool) -> Iterator[Problem]:
    if not makes_policy:
        yield problem(
            f"{path}.auth",
            f"irsa needs the pull policy of an ECR registry that this stack makes, and {pull_secret.registry!r} has "
            "none; use access-key",
        )
    elif pull_secret.oidc_provider is not None:
        if not _OIDC_PROVIDER_ARN.fullmatch(pull_secret.oidc_provider):
            yield problem(
                f"{path}.oidcProvider",
                "is no ARN of an OIDC provider; write arn:aws:iam::<account>:oidc-provider/<issuer without https://>",
            )
    elif settings.cluster is None or settings.cluster.eks is None:
        yield problem(
            f"{path}.oidcProvider",
            "is missing; irsa needs the cluster's IAM OIDC provider, which only `cluster.eks` lets this program find",
        )


def _namespaces(path: str, pull_secret: PullSecretSettings) -> Iterator[Problem]:
    if not pull_secret.namespaces:
        yield problem(f"{path}.namespaces", "is empty; name the namespaces whose pods pull, such as nvcf-backend")
    for index, namespace in enumerate(pull_secret.namespaces):
        where = f"{path}.namespaces[{index}]"
        if not _DNS_LABEL.fullmatch(namespace):
            yield problem(
                where,
                f"{namespace[:80]!r} is no namespace; use up to 63 lower-case letters, digits and hyphens, "
                "a letter or digit first and last",
            )
        elif namespace in pull_secret.namespaces[:index]:
            yield problem(where, f"{namespace} is named twice; take one out")
