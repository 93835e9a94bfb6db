"""The registries NVCF can pull from: one table, from which every rule about a kind of registry is read.

Kinds, hostnames and artifact types are those of NVCF's own recogniser (NVCF contract 2). A kind either is
recognised by every NVCF installation, or must first be added to the installation's configuration. This module
is pure: it imports neither Pulumi nor an AWS library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from nvcf import ecr
from nvcf.credential_rules import artifact_types_mistake
from nvcf.hostnames import bare_hostname, hostname_mistake
from nvcf.mistakes import Mistake

NGC_USERNAME = "$oauthtoken"

_NGC_TYPES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "nvcr.io": frozenset({"CONTAINER"}),
        "canary.nvcr.io": frozenset({"CONTAINER"}),
        "helm.ngc.nvidia.com": frozenset({"HELM"}),
        "api.ngc.nvidia.com": frozenset({"MODEL", "RESOURCE"}),
    }
)
_ACR = re.compile(r"[a-z0-9]{5,50}\.azurecr\.io")
_VOLCENGINE = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?-(cn|ap)-[a-z0-9-]+\.cr\.volces\.com")
_DOMAINS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ecr-public": (ecr.PUBLIC_HOSTNAME,),
        "ngc": tuple(_NGC_TYPES),
        "acr": ("azurecr.io",),
        "volcengine": ("cr.volces.com",),
        "docker": ("docker.io", "docker.com"),
    }
)
"""Domains by which a hostname is told to be meant as a kind, at or below them."""

_IMAGES_AND_CHARTS = frozenset({"CONTAINER", "HELM"})


def _nothing_wrong(_: str) -> Mistake | None:
    return None


@dataclass(frozen=True, kw_only=True)
class RegistryKind:
    """One kind of registry, and every rule NVCF has for it.

    Attributes:
        key: The kind's name in configuration, such as `ecr-private`.
        title: Its name in sentences.
        hostname_rule: The form of its hostnames, for people.
        username_rule: What the username of its credentials is, for people.
        artifact_types: The artifact types any of its hosts may carry.
        recognised_by_default: Whether every NVCF installation knows it; otherwise its host must first be
            added to the installation's configuration.
        login_checked: Whether NVCF logs in with a credential before storing it.
        judge_hostname: Finds what is wrong with a well-formed DNS name as a host of this kind.
        judge_username: Finds what is wrong with a username of this kind, without repeating it.
    """

    key: str
    title: str
    hostname_rule: str
    username_rule: str
    judge_hostname: Callable[[str], Mistake | None]
    judge_username: Callable[[str], Mistake | None] = _nothing_wrong
    artifact_types: frozenset[str] = _IMAGES_AND_CHARTS
    recognised_by_default: bool = True
    login_checked: bool = True

    @property
    def is_ecr(self) -> bool:
        """Whether this kind is Amazon ECR, whose hostname and key this project can make itself."""
        return self.key in ("ecr-private", "ecr-public")

    def hostname_mistake(self, hostname: str) -> Mistake | None:
        """Judges a hostname given for this kind: its shape, then the kind's own rule."""
        alias = _public_alias_mistake(hostname) if self.is_ecr else None
        return alias or hostname_mistake(hostname) or self.judge_hostname(hostname)

    def username_mistake(self, username: str) -> Mistake | None:
        """Judges a username given for this kind, in words that do not repeat it."""
        if not username.strip():
            return Mistake("is empty", f"Give {self.username_rule}")
        return self.judge_username(username)

    def types_of(self, hostname: str) -> frozenset[str]:
        """Returns the artifact types this very host may carry."""
        return _NGC_TYPES.get(hostname, self.artifact_types) if self.key == "ngc" else self.artifact_types

    def artifact_types_mistake(self, hostname: str, types: Iterable[str]) -> Mistake | None:
        """Judges artifact types declared for a host of this kind (NVCF contract 1.7, check 5)."""
        given = list(types)
        mistake = artifact_types_mistake(given)
        if mistake:
            return mistake
        able = self.types_of(hostname)
        unable = [t for t in dict.fromkeys(given) if t not in able]
        if not unable:
            return None
        return Mistake(
            f"contains {', '.join(unable)}, which {self.title} cannot carry",
            f"{hostname} carries {' and '.join(sorted(able))}",
        )


def kind_of_hostname(hostname: str) -> RegistryKind | None:
    """Tells which kind a hostname was meant to be, rightly written or not.

    Args:
        hostname: A hostname as the user gave it.

    Returns:
        The kind, or `None` for hosts that only NVCF's own configuration can tell (Harbor, Artifactory,
        custom).
    """
    host = bare_hostname(hostname)
    if ecr.looks_private(host):
        return REGISTRY_KINDS["ecr-private"]
    for key, domains in _DOMAINS.items():
        if host in domains or host.endswith(tuple(f".{domain}" for domain in domains)):
            return REGISTRY_KINDS[key]
    return None


def credential_mistakes(hostname: str, username: str | None, types: Iterable[str] | None) -> dict[str, Mistake]:
    """Judges the parts of a credential that hang on its registry, the kind being read from the hostname.

    Args:
        hostname: The registry's hostname.
        username: The username, or `None` when it is not known yet.
        types: The declared artifact types, or `None` when they are not known yet.

    Returns:
        The mistakes by field: `hostname`, `username`, `artifactTypes`; empty when all is well.
    """
    kind = kind_of_hostname(hostname) or REGISTRY_KINDS["custom"]
    found = {
        "hostname": kind.hostname_mistake(hostname),
        "username": None if username is None else kind.username_mistake(username),
        "artifactTypes": None if types is None else kind.artifact_types_mistake(hostname, types),
    }
    return {field: mistake for field, mistake in found.items() if mistake}


def _public_alias_mistake(hostname: str) -> Mistake | None:
    host, slash, path = hostname.partition("/")
    if host == ecr.PUBLIC_HOSTNAME and slash and path:
        return Mistake(
            f"has a registry alias ('/{path}')",
            f"NVCF knows ECR Public as '{ecr.PUBLIC_HOSTNAME}' alone; an alias belongs to image paths only",
        )
    return None


def _ngc_hostname(hostname: str) -> Mistake | None:
    if hostname in _NGC_TYPES:
        return None
    return Mistake("is no NGC host", f"NGC's are {', '.join(_NGC_TYPES)}")


def _ngc_username(username: str) -> Mistake | None:
    if username == NGC_USERNAME:
        return None
    return Mistake("is not NGC's", f"The username of every NGC credential is the literal text {NGC_USERNAME}")


def _acr_hostname(hostname: str) -> Mistake | None:
    if _ACR.fullmatch(hostname):
        return None
    return Mistake("is no Azure registry", "Its form is <registry name>.azurecr.io, the name 5 to 50 letters or digits")


def _volcengine_hostname(hostname: str) -> Mistake | None:
    if _VOLCENGINE.fullmatch(hostname):
        return None
    return Mistake("is no Volcano Engine registry", "Its form is <registry>-<region>.cr.volces.com")


def _docker_hostname(hostname: str) -> Mistake | None:
    if hostname == "docker.io":
        return None
    return Mistake("is not what NVCF calls Docker Hub", "Its only hostname there is 'docker.io'")


def _unclaimed_hostname(hostname: str) -> Mistake | None:
    """Refuses, for a kind with free hostnames, those that NVCF takes for another kind."""
    kind = kind_of_hostname(hostname)
    if kind is None:
        return None
    return Mistake(f"belongs to {kind.title}", f"Declare this registry with kind '{kind.key}'")


def _table() -> Mapping[str, RegistryKind]:
    access_key = "the access key id of an IAM user ('AKIA…')"
    of_installation = "the hostname set in NVCF's configuration"
    kinds = [
        RegistryKind(
            key="ecr-private",
            title="Amazon ECR",
            hostname_rule="<account>.dkr.ecr.<region>.amazonaws.com",
            username_rule=access_key,
            judge_hostname=ecr.private_hostname_mistake,
            judge_username=ecr.access_key_mistake,
        ),
        RegistryKind(
            key="ecr-public",
            title="Amazon ECR Public",
            hostname_rule=ecr.PUBLIC_HOSTNAME,
            username_rule=access_key,
            judge_hostname=ecr.public_hostname_mistake,
            judge_username=ecr.access_key_mistake,
        ),
        RegistryKind(
            key="ngc",
            title="NGC",
            hostname_rule=" or ".join(_NGC_TYPES),
            username_rule=f"the literal text {NGC_USERNAME}",
            artifact_types=frozenset().union(*_NGC_TYPES.values()),
            judge_hostname=_ngc_hostname,
            judge_username=_ngc_username,
        ),
        RegistryKind(
            key="acr",
            title="Azure Container Registry",
            hostname_rule="<registry name>.azurecr.io",
            username_rule="the name of a token or service principal",
            judge_hostname=_acr_hostname,
        ),
        RegistryKind(
            key="volcengine",
            title="Volcano Engine",
            hostname_rule="<registry>-<region>.cr.volces.com",
            username_rule="an access key id",
            judge_hostname=_volcengine_hostname,
        ),
        RegistryKind(
            key="docker",
            title="Docker Hub",
            hostname_rule="docker.io",
            username_rule="a Docker id",
            judge_hostname=_docker_hostname,
        ),
        RegistryKind(
            key="artifactory",
            title="JFrog Artifactory",
            hostname_rule=of_installation,
            username_rule="a user's name",
            recognised_by_default=False,
            judge_hostname=_unclaimed_hostname,
        ),
        RegistryKind(
            key="harbor",
            title="Harbor",
            hostname_rule=of_installation,
            username_rule="the name of a user or robot account",
            recognised_by_default=False,
            judge_hostname=_unclaimed_hostname,
        ),
        RegistryKind(
            key="custom",
            title="a custom registry",
            hostname_rule=of_installation,
            username_rule="the name of a user",
            recognised_by_default=False,
            login_checked=False,
            judge_hostname=_unclaimed_hostname,
        ),
    ]
    return MappingProxyType({kind.key: kind for kind in kinds})


REGISTRY_KINDS: Mapping[str, RegistryKind] = _table()
"""Every kind of registry by its name in configuration."""
