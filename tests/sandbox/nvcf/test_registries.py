"""Which host names the server takes for which registry."""

from __future__ import annotations

import pytest

from sandbox.nvcf.artifact_types import ArtifactType
from sandbox.nvcf.config import RegistryEntry, ServerConfig
from sandbox.nvcf.registries import RecognizedRegistries, RegistryKind
from tests.sandbox.nvcf.emulator import ECR, Emulator

DEFAULTS = RecognizedRegistries.of({})


@pytest.mark.parametrize(
    ("hostname", "kind"),
    [
        (ECR, RegistryKind.ECR),
        ("123456789012.dkr.ecr.us-gov-west-1.amazonaws.com", RegistryKind.ECR),
        ("dkr.ecr.amazonaws.com", RegistryKind.ECR),
        ("public.ecr.aws", RegistryKind.ECR_PUBLIC),
        ("nvcr.io", RegistryKind.NGC),
        ("canary.nvcr.io", RegistryKind.NGC),
        ("docker.io", RegistryKind.DOCKER),
        ("myregistry.azurecr.io", RegistryKind.ACR),
        ("azurecr.io.example", RegistryKind.ACR),
        ("reg-cn-beijing.cr.volces.com", RegistryKind.VOLCENGINE),
        ("cr.volces.com", RegistryKind.VOLCENGINE),
    ],
)
def test_recognized_for_images(hostname: str, kind: RegistryKind) -> None:
    registry = DEFAULTS.find(ArtifactType.CONTAINER, hostname)
    assert registry is not None
    assert registry.kind is kind


@pytest.mark.parametrize(
    "hostname",
    [
        ECR.upper(),
        ECR + ".cn",
        "123456789012.dkr.ecr-fips.us-west-2.amazonaws.com",
        "12345678901.dkr.ecr.us-west-2.amazonaws.com",
        "1234567890123.dkr.ecr.us-west-2.amazonaws.com",
        "123456789012.dkr.ecr.us-moon-1.amazonaws.com",
        "123456789012.dkr-ecr.us-west-2.on.aws",
        "ecr.us-west-2.amazonaws.com",
        "index.docker.io",
        "stg.nvcr.io",
        "helm.ngc.nvidia.com",
        "reg-cn-nowhere.cr.volces.com",
        "harbor.example.com",
        "ghcr.io",
    ],
)
def test_not_recognized_for_images(hostname: str) -> None:
    assert DEFAULTS.find(ArtifactType.CONTAINER, hostname) is None


def test_models_and_resources_come_from_ngc_only() -> None:
    for artifact_type in (ArtifactType.MODEL, ArtifactType.RESOURCE):
        assert DEFAULTS.find(artifact_type, "api.ngc.nvidia.com") is not None
        assert DEFAULTS.find(artifact_type, ECR) is None


def test_known_keys_keep_their_display_name_and_other_keys_are_custom() -> None:
    entries = (RegistryEntry("harbor", "Our Harbor", "h.example.com"), RegistryEntry("ghcr", "GitHub", "ghcr.io"))
    recognized = RecognizedRegistries.of({ArtifactType.CONTAINER: entries})
    harbor = recognized.find(ArtifactType.CONTAINER, "h.example.com")
    github = recognized.find(ArtifactType.CONTAINER, "ghcr.io")
    assert harbor is not None
    assert github is not None
    assert (harbor.kind, harbor.name) == (RegistryKind.HARBOR, "Harbor Registry")
    assert (github.kind, github.name) == (RegistryKind.CUSTOM, "GitHub")


@pytest.mark.parametrize(
    ("hostname", "pair", "detail"),
    [
        ("dkr.ecr.amazonaws.com", "u:p", "Invalid ECR private hostname format"),
        ("cr.volces.com", "u:p", "Invalid Volcengine hostname format: cr.volces.com"),
        ("nvcr.io", "bob:nvapi-x", "Invalid request: Missing $oauthtoken username in NGC registry credential"),
        ("ghcr.io", "u:p", "Invalid request: CONTAINER registry with hostname ghcr.io is not yet recognized"),
    ],
)
def test_refused_host_names(nvcf: Emulator, hostname: str, pair: str, detail: str) -> None:
    response = nvcf.post(host=hostname, pair=pair)
    assert (response.status_code, nvcf.detail(response)) == (400, detail)


def test_a_host_with_two_display_names_is_the_configurations_fault() -> None:
    entries = {t: (RegistryEntry("x", t.name, "x.example.com"),) for t in (ArtifactType.CONTAINER, ArtifactType.HELM)}
    nvcf = Emulator(ServerConfig(recognized=entries))
    response = nvcf.post(host="x.example.com", types=("CONTAINER", "HELM"))
    nvcf.close()
    assert response.status_code == 500
    assert "Registry hostname 'x.example.com' has different names in recognized registries map" in response.text
