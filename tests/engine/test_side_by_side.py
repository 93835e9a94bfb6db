"""Stacks of one AWS account and one NVCF account, at the same time and in each other's way."""

from concurrent.futures import ThreadPoolExecutor

from tests.engine.configurations import private
from tests.engine.conftest import MakeStack
from tests.engine.emulators import Aws
from tests.engine.stacks import EngineStack


def test_two_stacks_at_once_both_converge(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    stacks = [
        make_stack(
            f"{unique}{part}", registries=[private(f"{unique}{part}", credentialName=part, repositories=["echo"])]
        )
        for part in "ab"
    ]
    shared = stacks[0].nvcf
    stacks[1].environment["NVCF_TOKEN"] = shared.token
    with ThreadPoolExecutor(2) as threads:
        for operation in (EngineStack.up, EngineStack.preview):
            runs = list(threads.map(operation, stacks))
    assert [run.steps for run in runs] == [{}, {}]
    assert sorted(each["registryCredentialName"] for each in shared.credentials()) == ["a", "b"]
    for stack, part in zip(stacks, "ab", strict=True):
        login = shared.login(part)
        assert aws.users(stack.name) == {f"nvcf-registry-{stack.name}-functions": [login[0]]}
        assert aws.client("ecr", login).get_authorization_token()["authorizationData"]


def test_a_stack_does_not_take_the_credential_of_another(make_stack: MakeStack, unique: str) -> None:
    first = make_stack(f"{unique}a", registries=[private(f"{unique}a")])
    second = make_stack(f"{unique}b", registries=[private(f"{unique}b")])
    second.environment["NVCF_TOKEN"] = first.nvcf.token
    first.up()
    login = first.nvcf.login("functions")
    said = second.fails().diagnostics
    assert "'functions' on 123456789012.dkr.ecr.us-west-2.amazonaws.com already and belongs to the stack" in said
    assert f"'nvcf-registry:{unique}a'" in said
    assert "Set the registry's credentialName" in said
    assert first.nvcf.login("functions") == login
    assert first.preview().steps == {}
