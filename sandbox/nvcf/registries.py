"""Which registries the server recognises, and by what host names (NVCF contract 2.2 to 2.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from sandbox.nvcf.artifact_types import ARTIFACT_TYPES, ArtifactType
from sandbox.nvcf.config import RegistryEntry


class RegistryKind(Enum):
    """A family of registries that the server logs in to in its own way; the value is its configuration key."""

    ECR = "ecr"
    ECR_PUBLIC = "ecr-public"
    NGC = "ngc"
    DOCKER = "docker"
    ACR = "acr"
    VOLCENGINE = "volcengine"
    HARBOR = "harbor"
    ARTIFACTORY = "artifactory"
    CUSTOM = "custom"


ECR_GENERIC_HOST = "dkr.ecr.amazonaws.com"
ECR_PUBLIC_HOST = "public.ecr.aws"
_ACR_HOST = "azurecr.io"
_VOLCENGINE_HOST = "cr.volces.com"
_NGC_CONTAINER_HOST = "nvcr.io"
_NGC_HELM_HOST = "helm.ngc.nvidia.com"
_NGC_ARTIFACT_HOST = "api.ngc.nvidia.com"

_CANARY_HOSTS = {
    "canary.nvcr.io": _NGC_CONTAINER_HOST,
    "helm.canary.ngc.nvidia.com": _NGC_HELM_HOST,
    "api.canary.ngc.nvidia.com": _NGC_ARTIFACT_HOST,
}

_DISPLAY_NAMES = {
    RegistryKind.ECR: "AWS ECR Private Registry",
    RegistryKind.ECR_PUBLIC: "AWS ECR Public Registry",
    RegistryKind.NGC: "NGC Private Registry",
    RegistryKind.DOCKER: "Docker Hub Registry",
    RegistryKind.ACR: "Azure Container Registry",
    RegistryKind.VOLCENGINE: "Volcano Engine Registry",
    RegistryKind.HARBOR: "Harbor Registry",
    RegistryKind.ARTIFACTORY: "JFrog Artifactory Registry",
}

_EVERYWHERE = {
    RegistryKind.ECR: ECR_GENERIC_HOST,
    RegistryKind.ECR_PUBLIC: ECR_PUBLIC_HOST,
    RegistryKind.DOCKER: "docker.io",
    RegistryKind.ACR: _ACR_HOST,
    RegistryKind.VOLCENGINE: _VOLCENGINE_HOST,
}
_DEFAULTS: Mapping[ArtifactType, Mapping[RegistryKind, str]] = {
    ArtifactType.CONTAINER: {**_EVERYWHERE, RegistryKind.NGC: _NGC_CONTAINER_HOST},
    ArtifactType.HELM: {**_EVERYWHERE, RegistryKind.NGC: _NGC_HELM_HOST},
    ArtifactType.MODEL: {RegistryKind.NGC: _NGC_ARTIFACT_HOST},
    ArtifactType.RESOURCE: {RegistryKind.NGC: _NGC_ARTIFACT_HOST},
}

# The regions the AWS SDK for Java lists, pseudo regions included: the host name's region must be one of them.
_AWS_REGION = re.compile(
    "af-south-1|ap-east-[12]|ap-northeast-[1-3]|ap-south-[12]|ap-southeast-[1-7]|ca-(?:central|west)-1"
    "|cn-(?:north|northwest)-1|eu-(?:central|south)-[12]|eu-north-1|eu-west-[1-3]|eusc-de-east-1|il-central-1"
    "|me-(?:central|south)-1|mx-central-1|sa-east-1|us-(?:east|west)-[12]|us-gov-(?:east|west)-1"
    "|us-isob?-(?:east|west)-1|us-isof-(?:east|south)-1|eu-isoe-west-1"
    "|aws-(?:cn-|us-gov-|iso-|iso-b-|iso-e-|iso-f-)?global"
)
_VOLCENGINE_REGIONS = "cn-beijing|cn-shanghai|cn-guangzhou|cn-hangzhou|cn-hongkong|ap-southeast-1|ap-southeast-3"
_ECR_HOST = re.compile(r"([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com")
_VOLCENGINE_REGISTRY = re.compile(rf"[A-Za-z0-9_-]+-(?:{_VOLCENGINE_REGIONS})\.{re.escape(_VOLCENGINE_HOST)}")


@dataclass(frozen=True)
class Registry:
    """A recognised registry as seen for one artifact type."""

    kind: RegistryKind
    name: str
    hostname: str


def ecr_account_and_region(hostname: str) -> tuple[str, str] | None:
    """Account id and region in a private ECR host name of the commercial form, else None."""
    match = _ECR_HOST.fullmatch(hostname)
    return (match.group(1), match.group(2)) if match else None


def is_volcengine_registry(hostname: str) -> bool:
    """True for `<registry>-<region>.cr.volces.com` with a region Volcano Engine has."""
    return _VOLCENGINE_REGISTRY.fullmatch(hostname) is not None


def is_acr_registry(hostname: str) -> bool:
    """True for `<registry>.azurecr.io`, the only form of host that Azure gives a registry."""
    return re.fullmatch(rf"[A-Za-z0-9]+\.{re.escape(_ACR_HOST)}", hostname) is not None


def is_ngc_host(hostname: str) -> bool:
    """True where the server wants the `$oauthtoken` user name. A suffix test, as the server's."""
    return hostname.endswith(("nvcr.io", "ngc.nvidia.com"))


def without_canary(hostname: str) -> str:
    """NGC's canary hosts stand for the production ones."""
    return _CANARY_HOSTS.get(hostname, hostname)


def generic_host(hostname: str) -> str:
    """The host name under which the recognised list knows this one.

    Anything containing `azurecr.io` counts as Azure, as on the real server (observations, surprise 11).
    """
    ecr = ecr_account_and_region(hostname)
    if ecr is not None and _AWS_REGION.fullmatch(ecr[1]):
        return ECR_GENERIC_HOST
    if is_volcengine_registry(hostname):
        return _VOLCENGINE_HOST
    if _ACR_HOST in hostname:
        return _ACR_HOST
    return without_canary(hostname)


@dataclass(frozen=True)
class RecognizedRegistries:
    """The recognised registries of every artifact type, by their generic host name."""

    by_host: Mapping[ArtifactType, Mapping[str, Registry]]

    @classmethod
    def of(cls, extra: Mapping[ArtifactType, tuple[RegistryEntry, ...]]) -> RecognizedRegistries:
        """The defaults of a self-hosted server plus the configured ones."""
        by_host: dict[ArtifactType, dict[str, Registry]] = {}
        for artifact_type in ARTIFACT_TYPES:
            registries = [Registry(kind, _DISPLAY_NAMES[kind], host) for kind, host in _DEFAULTS[artifact_type].items()]
            registries += [_configured(entry) for entry in extra.get(artifact_type, ())]
            by_host[artifact_type] = {r.hostname: r for r in registries}
        return cls(by_host)

    def find(self, artifact_type: ArtifactType, hostname: str) -> Registry | None:
        """The registry behind a host name, or None when it is not recognised for the type."""
        return self.by_host[artifact_type].get(generic_host(hostname))

    def as_json(self) -> dict[str, list[dict[str, str]]]:
        """The `recognizedRegistries` object: each list sorted by display name."""
        return {
            artifact_type.name: [
                {"name": r.name, "hostname": r.hostname} for r in sorted(registries.values(), key=lambda r: r.name)
            ]
            for artifact_type, registries in self.by_host.items()
        }


def _configured(entry: RegistryEntry) -> Registry:
    """A known key keeps its own display name, whatever is configured; any other key is a custom registry."""
    try:
        kind = RegistryKind(entry.key)
    except ValueError:
        kind = RegistryKind.CUSTOM
    return Registry(kind, _DISPLAY_NAMES.get(kind, entry.name), entry.hostname)
