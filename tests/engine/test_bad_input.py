"""One preview reports every mistake of a configuration, by its path, and nothing is made."""

from typing import Any

import pytest

from tests.engine.configurations import PASSWORD, private, public, static
from tests.engine.conftest import MakeStack
from tests.engine.emulators import Aws, Nvcf

HOST = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
STRANGER = HOST.replace("123456789012", "210987654321")
ABROAD = HOST.replace("us-west-2", "eu-west-1")

#: Registries with one mistake each: where the report must say it is, what it must say, and the registry.
REGISTRIES: list[tuple[str, str, dict[str, Any]]] = [
    ("hostname", "Give the bare hostname 'nvcr.io'", static("schemed", hostname="https://nvcr.io")),
    ("hostname", "has a path", static("pathed", hostname="nvcr.io/nvidia")),
    ("username", "temporary access key", private("x", "session", username="ASIAIOSFODNN7EXAMPLE")),
    ("hostname", "names region eu-west-1", private("x", "abroad", hostname=ABROAD, repositories=["echo"])),
    ("hostname", "names AWS account 210987654321", private("x", "foreign", hostname=STRANGER)),
    ("hostname", "China", private("x", "chinese", hostname=f"{HOST}.cn")),
    ("prefix", "starts with a slash", private("x", "slashed", prefix="/nvcf")),
    ("prefix", "allowEveryRepository: true", private("x", "everything", prefix="*")),
    ("name", "of registries[3] already", private("x", "abroad")),
    ("artifactTypes", "MODEL, which Amazon ECR cannot carry", private("x", "modelled", artifactTypes=["MODEL"])),
    ("credentialName", "takes at most 48", private("x", "wordy", credentialName="n" * 49)),
    ("repositories[1]", "already listed", private("x", "doubled", repositories=["echo", "echo"])),
    ("prefx", "did you mean prefix?", public("x", "misspelt", prefx="nvcf")),
    ("keyGeneration", "greater than or equal to 1", private("x", "zeroth", keyGeneration=0)),
]
#: Mistakes elsewhere: where and what.
ELSEWHERE = [
    ("colour", "there is no such key"),
    ("nvcf.endpoint", "is no HTTP URL"),
    ("nvcfToken", "is missing"),
    ("pullSecrets[0].registry", "'nobody' is the name of no registry"),
    ("pullSecrets[0].refreshSchedule", "a token lives 12 hours"),
    ("cluster", "is missing"),
]


def test_all_mistakes_are_reported_at_once(make_stack: MakeStack, unique: str, aws: Aws, nvcf: Nvcf) -> None:
    stack = make_stack(
        unique,
        registries=[registry for _, _, registry in REGISTRIES],
        pullSecrets=[{"registry": "nobody", "namespaces": ["default"], "refreshSchedule": "0 3 * * *"}],
        nvcf={"endpoint": "nvcf.example.com"},
        colour="red",
    )
    for index in range(3):
        stack.set_secret(f"registries[{index}].password", PASSWORD)
    stack.environment["NVCF_TOKEN"] = ""
    with nvcf.calls() as calls:
        said = stack.fails("preview").diagnostics

    expected = [(f"registries[{index}].{key}", word) for index, (key, word, _) in enumerate(REGISTRIES)] + ELSEWHERE
    lines = {
        (path, word): [line for line in said.splitlines() if f"nvcf-registry:{path}: " in line]
        for path, word in expected
    }
    assert [wrong for wrong, found in lines.items() if not any(wrong[1] in line for line in found)] == []
    assert f"{len(expected)} mistakes in the configuration of stack {unique}; nothing was changed" in said
    assert "Traceback" not in said

    assert calls == []
    assert stack.resources() == []
    assert aws.left(unique) == []
    assert aws.left("x") == []
    assert not [text for text in stack.transcript if PASSWORD in text]


def test_a_secret_in_plain_text_is_reported_and_not_shown(make_stack: MakeStack, unique: str) -> None:
    stack = make_stack(unique, registries=[static(password=PASSWORD)], nvcfToken="dev.token-in-plain-text")
    said = stack.fails("preview").diagnostics
    assert "nvcf-registry:registries[0].password: is kept in plain text" in said
    assert "nvcf-registry:nvcfToken: is kept in plain text" in said
    assert PASSWORD not in said
    assert "dev.token-in-plain-text" not in said


def test_an_alias_given_as_prefix_is_warned_of(make_stack: MakeStack, unique: str) -> None:
    registry = public(unique, prefix="a1b2c3d4", alias="a1b2c3d4")
    said = make_stack(unique, registries=[registry]).preview()
    assert (
        "nvcf-registry:registries[0].prefix: the prefix 'a1b2c3d4' is the registry's public alias" in said.diagnostics
    )
    assert said.steps["samples-policy"] == "create"


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("AWS_SECRET_ACCESS_KEY", "wrong", "Check them with `aws sts get-caller-identity`"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9", "AWS did not say whose the credentials at hand are"),
    ],
)
def test_aws_credentials_that_do_not_work_are_reported_before_anything(
    make_stack: MakeStack, unique: str, variable: str, value: str, words: str
) -> None:
    stack = make_stack(unique, registries=[private(unique)])
    stack.environment[variable] = value
    assert words in stack.fails("preview").diagnostics
