"""One preview reports every mistake of a configuration, by its path, and nothing is made."""

import re
from typing import Any

import pytest

from tests.engine.configurations import PASSWORD, private, public, static
from tests.engine.conftest import MakeStack
from tests.engine.emulators import Aws, Nvcf
from tests.engine.stacks import Run

HOST = "123456789012.dkr.ecr.us-west-2.amazonaws.com"

#: Registries with one mistake each, by what the report must say: where it is, and a word of what is wrong with it.
MISTAKES: list[tuple[str, str, dict[str, Any]]] = [
    ("registries[0].hostname", "scheme", {**static("schemed"), "hostname": "https://nvcr.io"}),
    ("registries[1].hostname", "path", {**static("pathed"), "hostname": "nvcr.io/nvidia"}),
    ("registries[2].hostname", "region", private("x", "abroad", hostname=HOST.replace("us-west-2", "eu-west-1"))),
    ("registries[3].hostname", "210987654321", private("x", "foreign", hostname=HOST.replace("123456789012", "210987654321"))),
    ("registries[4].hostname", "China", private("x", "chinese", hostname=HOST.replace("us-west-2", "cn-north-1") + ".cn")),
    ("registries[5].username", "temporary", {**private("x", "session"), "username": "ASIAIOSFODNN7EXAMPLE"}),
    ("registries[6].prefix", "slash", {**private("x", "slashed"), "prefix": "/nvcf/"}),
    ("registries[7].prefix", "allowEveryRepository", {**private("x", "everything"), "prefix": "*"}),
    ("registries[8].name", "twice", private("x", "abroad")),
    ("registries[9].artifactTypes", "MODEL", private("x", "modelled", artifactTypes=["CONTAINER", "MODEL"])),
    ("registries[10].credentialName", "48", private("x", "wordy", credentialName="n" * 49)),
    ("registries[11].repositories[1]", "already", private("x", "doubled", repositories=["echo", "echo"])),
    ("registries[12].prefx", "prefix", {**public("x", "typed"), "prefx": "nvcf"}),
]


@pytest.fixture(scope="module")
def report() -> None:
    return None


def test_all_are_reported_at_once(make_stack: MakeStack, unique: str, aws: Aws, nvcf: Nvcf) -> None:
    stack = make_stack(
        unique,
        registries=[registry for _, _, registry in MISTAKES],
        pullSecrets=[{"registry": "nobody", "namespaces": ["default"]}],
        nvcf={"endpoint": "nvcf.example.com"},
        colour="red",
    )
    for index in (0, 1, 5):
        stack.set_secret(f"registries[{index}].password", PASSWORD)
    stack.environment["NVCF_TOKEN"] = ""
    with nvcf.calls() as calls:
        said = stack.fails("preview").diagnostics
    print(said)
    assert 0
