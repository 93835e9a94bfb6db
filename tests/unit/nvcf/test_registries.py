from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nvcf.registries import REGISTRY_KINDS, credential_mistakes, kind_of_hostname

ROOT = Path(__file__).parents[3]
HOST = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
KEY = "AKIAIOSFODNN7EXAMPLE"


def test_the_kinds_are_those_of_the_configuration() -> None:
    assert set(REGISTRY_KINDS) == {
        "ecr-private", "ecr-public", "ngc", "acr", "volcengine", "docker", "artifactory", "harbor", "custom"
    }  # fmt: skip
    assert all(kind.key == key for key, kind in REGISTRY_KINDS.items())
    assert {k for k, kind in REGISTRY_KINDS.items() if not kind.recognised_by_default} == {
        "artifactory",
        "harbor",
        "custom",
    }
    assert [k for k, kind in REGISTRY_KINDS.items() if not kind.login_checked] == ["custom"]
    assert [k for k, kind in REGISTRY_KINDS.items() if kind.is_ecr] == ["ecr-private", "ecr-public"]


@pytest.mark.parametrize(
    ("kind", "hostname", "username"),
    [
        ("ecr-private", HOST, KEY),
        ("ecr-public", "public.ecr.aws", KEY),
        ("ngc", "nvcr.io", "$oauthtoken"),
        ("acr", "myregistry.azurecr.io", "token-1"),
        ("volcengine", "cr-example-cn-beijing.cr.volces.com", "AKLT1"),
        ("docker", "docker.io", "bob"),
        ("artifactory", "artifactory.example.com", "bob"),
        ("harbor", "harbor.example.com", "robot$bob"),
        ("custom", "ghcr.io", "bob"),
    ],
)
def test_each_kind_takes_its_own(kind: str, hostname: str, username: str) -> None:
    rules = REGISTRY_KINDS[kind]
    assert rules.hostname_mistake(hostname) is None
    assert rules.username_mistake(username) is None
    assert rules.artifact_types_mistake(hostname, ["CONTAINER"]) is None
    told = kind_of_hostname(hostname)
    assert (told.key if told else None) == (kind if rules.recognised_by_default else None)
    assert credential_mistakes(hostname, username, ["CONTAINER"]) == {}


@pytest.mark.parametrize(
    ("kind", "hostname", "part"),
    [
        ("ecr-public", "public.ecr.aws/a1b2c3d4", "registry alias ('/a1b2c3d4')"),
        ("ecr-private", "public.ecr.aws/a1b2c3d4", "registry alias"),
        ("ecr-private", f"{HOST}/repo", "path ('/repo')"),
        ("ecr-private", HOST.upper(), "upper case"),
        ("ngc", "stg.nvcr.io", "no NGC host"),
        ("acr", "azurecr.io", "no Azure registry"),
        ("acr", "azurecr.io.invalid.example", "no Azure registry"),
        ("volcengine", "cr.volces.com", "no Volcano Engine"),
        ("docker", "index.docker.io", "'docker.io'"),
        ("custom", HOST, "'ecr-private'"),
        ("harbor", "nvcr.io", "'ngc'"),
    ],
)
def test_each_kind_refuses_others(kind: str, hostname: str, part: str) -> None:
    assert part in str(REGISTRY_KINDS[kind].hostname_mistake(hostname))


@pytest.mark.parametrize("kind", ["ecr-private", "ecr-public"])
@pytest.mark.parametrize("types", [["MODEL"], ["CONTAINER", "RESOURCE"]])
def test_ecr_carries_images_and_charts_only(kind: str, types: list[str]) -> None:
    mistake = REGISTRY_KINDS[kind].artifact_types_mistake("h", types)
    assert mistake is not None
    assert types[-1] in mistake.problem
    assert "CONTAINER and HELM" in mistake.remedy


@pytest.mark.parametrize(
    ("hostname", "able"),
    [("nvcr.io", {"CONTAINER"}), ("helm.ngc.nvidia.com", {"HELM"}), ("api.ngc.nvidia.com", {"MODEL", "RESOURCE"})],
)
def test_each_ngc_host_carries_its_own_types(hostname: str, able: set[str]) -> None:
    kind = REGISTRY_KINDS["ngc"]
    for artifact_type in ("CONTAINER", "HELM", "MODEL", "RESOURCE"):
        assert (kind.artifact_types_mistake(hostname, [artifact_type]) is None) == (artifact_type in able)


def test_a_credential_is_judged_whole() -> None:
    found = credential_mistakes("123456789012.dkr.ecr-fips.us-west-2.amazonaws.com", "ASIAIOSFODNN7EXAMPLE", ["MODEL"])
    assert set(found) == {"hostname", "username", "artifactTypes"}
    assert set(credential_mistakes("nvcr.io", "bob", None)) == {"username"}
    assert credential_mistakes("nvcr.io", None, None) == {}
    assert "is empty" in str(REGISTRY_KINDS["docker"].username_mistake(" "))


def test_the_table_loads_without_pulumi_aws_or_http() -> None:
    code = (
        "import sys, nvcf.registries, nvcf.secret, nvcf.credential_rules, nvcf.connection\n"
        "bad = {'pulumi', 'boto3', 'botocore', 'httpx'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(bad)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
