"""Where to look for what a stack has made: what its configuration, its state and the environment name."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from nvcf.connection import CONFIG_KEY, connection_from
from nvcf.ecr import parse_private_hostname
from nvcf.errors import NvcfError
from ops.aws import aws_account
from ops.cluster import ClusterAccess, cluster_access
from ops.engine import EngineStack
from ops.errors import OpsError
from ops.nvcf import client, connection
from ops.pull_secret_expiry import configured_pull_secrets
from ops.remains.account import AwsPlace, aws_place
from ops.remains.cluster_objects import ClusterPlace
from ops.remains.credentials import NvcfPlace
from ops.remains.found import Place, Unseen
from ops.remains.holdings import Holding
from policies.arn import ecr_public_repository, ecr_repository, iam
from policies.document import PolicyError
from policies.prefix import join
from settings.marks import credential_key


@dataclass(frozen=True)
class Surveyed:
    """One stack, as far as it is there.

    Attributes:
        name: its name.
        config: its configuration file; empty without one.
        holding: what its state holds; None where the backend has no such stack.
        stack: the stack itself, for secrets in its configuration; None where the backend has none.
    """

    name: str
    config: Mapping[str, Any]
    holding: Holding | None
    stack: EngineStack | None


@dataclass(frozen=True)
class Hints:
    """Where to look besides.

    Attributes:
        regions: AWS regions.
        kubeconfig: path of a kubeconfig.
        context: a context in it.
        cluster: whether to look at a cluster at all.
    """

    regions: tuple[str, ...] = ()
    kubeconfig: str | None = None
    context: str | None = None
    cluster: bool = True


def places_of(
    surveyed: Surveyed, project: str, hints: Hints, environ: Mapping[str, str] = os.environ
) -> Iterator[Place | Unseen]:
    """Yield where a stack's things may be, and what of that cannot be reached.

    Args:
        surveyed: the stack.
        project: its project.
        hints: where to look besides.
        environ: the environment.
    """
    yield from _aws(surveyed, project, hints, environ)
    yield _nvcf(surveyed, environ)
    if hints.cluster:
        yield from _cluster(surveyed, hints, environ)


def merged(places: Sequence[Place]) -> list[Place]:
    """Return the places without those that are there twice; an account that several stacks use is looked at once."""
    found: dict[str, Place] = {}
    for each in places:
        known = found.setdefault(each.identity, each)
        if known is each:
            continue
        if isinstance(known, AwsPlace) and isinstance(each, AwsPlace):
            regions = tuple(dict.fromkeys(known.regions + each.regions))
            found[each.identity] = replace(known, regions=regions, known_arns=known.known_arns | each.known_arns)
        elif isinstance(known, ClusterPlace) and isinstance(each, ClusterPlace):
            found[each.identity] = replace(known, namespaces=known.namespaces | each.namespaces)
    return list(found.values())


def kept_credentials(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the credentials that a configuration says are to stay, as `settings.marks.credential_key` names them.

    Args:
        config: the `config` member of `Pulumi.<stack>.yaml`. Registries without a hostname are ECR's, where tags tell.
    """
    for each in _registries(config):
        if each.get("onDestroy") == "keep" and each.get("hostname"):
            yield credential_key(str(each.get("credentialName") or each.get("name")), str(each["hostname"]))


def _aws(surveyed: Surveyed, project: str, hints: Hints, environ: Mapping[str, str]) -> Iterator[Place | Unseen]:
    try:
        account = aws_account(surveyed.config, environ)
    except OpsError as error:
        yield Unseen("AWS", error.problem, error.remedy)
        return
    held = surveyed.holding.arns if surveyed.holding else frozenset()
    found = aws_place(account, [*_regions(surveyed, hints, environ), *_regions_of(held)], held)
    if isinstance(found, AwsPlace):
        yield replace(found, known_arns=found.known_arns | set(_configured_arns(surveyed, project, found)))
    elif held or not surveyed.config or any(_is_ecr(each) for each in _registries(surveyed.config)):
        yield found
    # Without credentials, and nothing of the stack in AWS now, there is nothing to say: it may well have no account.


def _configured_arns(surveyed: Surveyed, project: str, place: AwsPlace) -> Iterator[str]:
    """Yield what a configuration makes, by name; without a configuration nothing."""
    account = place.number
    names = {
        str(each.get("name")): f"{project}-{surveyed.name}-{each.get('name')}" for each in _registries(surveyed.config)
    }
    for name in names.values():
        yield iam(account=account, kind="user", name=name)
        yield iam(account=account, kind="policy", name=name)
    for registry, _, secret, _ in configured_pull_secrets(surveyed.config):
        yield iam(account=account, kind="role", name=f"{names.get(registry, '')}-{secret}")
    for each in _registries(surveyed.config):
        for repository in each.get("repositories") or ():
            bare = str(repository.get("name") if isinstance(repository, Mapping) else repository)
            full = join(str(each.get("prefix") or ""), bare)
            if each.get("kind") == "ecr-public":
                yield ecr_public_repository(account=account, name=full)
            else:
                for region in place.regions:
                    with suppress(PolicyError):  # A region that no registry of ours can be in.
                        yield ecr_repository(account=account, region=region, name=full)


def _regions(surveyed: Surveyed, hints: Hints, environ: Mapping[str, str]) -> Iterator[str]:
    configured = surveyed.config.get("aws:region") or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    yield from (str(configured),) if configured else ()
    yield from hints.regions
    for each in _registries(surveyed.config):
        if each.get("kind") == "ecr-private" and each.get("hostname"):
            try:
                yield parse_private_hostname(str(each["hostname"])).region
            except ValueError:
                continue


def _regions_of(arns: frozenset[str]) -> Iterator[str]:
    for arn in sorted(arns):
        if arn.startswith("arn:aws:ecr:"):
            yield arn.split(":")[3]


def _nvcf(surveyed: Surveyed, environ: Mapping[str, str]) -> Place | Unseen:
    try:
        if surveyed.stack is not None:
            where = connection(surveyed.stack, environ)
        else:
            # What is encrypted in the file of a stack that is gone, nobody can read: the environment has the token.
            section = surveyed.config.get(CONFIG_KEY)
            where = connection_from(lambda key: section if key == CONFIG_KEY else None, environ)
    except OpsError as error:
        return Unseen("NVCF", error.problem, error.remedy)
    except NvcfError as error:
        return Unseen("NVCF", error.problem, error.remedy)
    login = hashlib.sha256(where.token().encode()).hexdigest()
    return NvcfPlace(where.endpoint, where.account or "", login, partial(client, where, None, environ))


def _cluster(surveyed: Surveyed, hints: Hints, environ: Mapping[str, str]) -> Iterator[Place | Unseen]:
    namespaces = {each[1] for each in configured_pull_secrets(surveyed.config)}
    namespaces |= surveyed.holding.namespaces if surveyed.holding else set()
    if hints.kubeconfig or hints.context:
        config: Mapping[str, Any] = {
            "nvcf-registry:cluster": {"kubeconfig": hints.kubeconfig, "context": hints.context}
        }
    elif surveyed.config:
        config = surveyed.config
    else:
        # Nothing says which cluster it was: that of the environment, and the user who means another says so.
        config = {"nvcf-registry:cluster": {"kubeconfig": environ.get("KUBECONFIG", "").split(os.pathsep)[0] or None}}
        if config["nvcf-registry:cluster"]["kubeconfig"] is None:
            yield Unseen(
                "cluster",
                f"Nothing says which cluster the stack '{surveyed.name}' used.",
                "Name it with --kubeconfig and --context, or add --no-cluster if it used none.",
            )
            return
    try:
        access: ClusterAccess | None = cluster_access(config, aws_account(surveyed.config, environ), environ)
    except OpsError as error:
        yield Unseen("cluster", error.problem, error.remedy)
        return
    if access is not None:
        yield ClusterPlace(access, frozenset(namespaces))
    elif namespaces:
        yield Unseen(
            "cluster",
            f"The stack '{surveyed.name}' has objects in a cluster that its configuration does not name.",
            "Name the cluster with --kubeconfig and --context.",
        )


def _registries(config: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = config.get("nvcf-registry:registries") or []
    listed = json.loads(listed) if isinstance(listed, str) else listed
    return [each for each in listed if isinstance(each, Mapping)]


def _is_ecr(registry: Mapping[str, Any]) -> bool:
    return str(registry.get("kind", "")).startswith("ecr-")
