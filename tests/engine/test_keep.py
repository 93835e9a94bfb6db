"""`onDestroy: keep`: a registry goes on working after it has left the stack; rotation meanwhile deletes old keys."""

from typing import Any

from tests.engine.cluster import Cluster
from tests.engine.configurations import CLUSTER, private, pull_secret
from tests.engine.conftest import MakeStack
from tests.engine.emulators import Aws
from tests.engine.stacks import EngineStack


def pulls(aws: Aws, key: tuple[str, str], repository: str) -> bool:
    """Ask ECR what NVCF and a node ask: a login, and a look at the image."""
    ecr = aws.client("ecr", key)
    images = ecr.describe_images(repositoryName=repository)["imageDetails"]
    return bool(ecr.get_authorization_token()["authorizationData"] and images)


def kept(unique: str, **settings: Any) -> list[dict[str, Any]]:
    return [private(unique, repositories=["echo"], onDestroy="keep", **settings)]


def up(stack: EngineStack, registries: list[dict[str, Any]], **more: Any) -> dict[str, str]:
    stack.configure(registries=registries, **more)
    return stack.up().steps


def test_a_kept_registry_works_after_the_destroy_and_rotates_before(
    make_stack: MakeStack, unique: str, aws: Aws, cluster: Cluster
) -> None:
    user, repository = f"nvcf-registry-{unique}-functions", f"{unique}-functions/echo"
    more = {"pullSecrets": [pull_secret(unique)], "cluster": CLUSTER}
    stack = make_stack(unique, registries=kept(unique), **more)
    stack.up()
    aws.push(repository)
    first = stack.registry()["activeKeyId"]
    up(stack, kept(unique, keyGeneration=2), **more)
    second = stack.registry()["activeKeyId"]
    assert set(aws.users(unique)[user]) == {first, second}

    # The third key takes the first one's slot, and the first one must really go: IAM allows only two.
    assert up(stack, kept(unique, keyGeneration=3), **more)["functions-key-b"] == "replace"
    third = stack.registry()["activeKeyId"]
    assert set(aws.users(unique)[user]) == {second, third}
    up(stack, kept(unique, keyGeneration=3, previousKey="absent"), **more)
    assert aws.users(unique)[user] == [third]

    destroyed = stack.destroy()
    assert f"IAM user {user} with its policy and access keys, repository {repository}" in destroyed.diagnostics
    assert "functions go on pulling with it" in destroyed.diagnostics
    assert "python -m ops leftovers" in destroyed.diagnostics
    assert stack.resources() == []
    login = stack.nvcf.login("functions")
    assert login[0] == third
    assert pulls(aws, login, repository)
    lifecycle = aws.client("ecr").get_lifecycle_policy(repositoryName=repository)
    assert lifecycle["lifecyclePolicyText"]
    assert cluster.secret("default", f"{unique}-functions") is None, "objects in the cluster are the stack's alone"


def test_what_was_to_stay_goes_when_the_setting_is_taken_back(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    stack = make_stack(unique, registries=kept(unique, keyGeneration=2))
    stack.up()
    steps = up(stack, [private(unique, repositories=["echo"], onDestroy="delete", keyGeneration=2)])
    assert set(steps.values()) == {"update"}
    stack.destroy()
    assert aws.left(unique) == []
    assert stack.nvcf.credentials() == []


def test_a_registry_taken_out_of_the_configuration_is_kept_alone(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    other = private(unique, "other")
    stack = make_stack(unique, registries=[*kept(unique), other])
    stack.up()
    repository = f"{unique}-functions/echo"
    aws.push(repository)
    steps = up(stack, [other])
    assert [name for name in steps if name.startswith("other")] == []
    assert not any(name.startswith("functions-") for name in stack.names()), "the guards of its generation go, too"
    login = stack.nvcf.login("functions")
    assert pulls(aws, login, repository)
    stack.destroy()
    assert pulls(aws, login, repository)
    assert sorted(aws.left(unique)) == sorted(
        [f"nvcf-registry-{unique}-functions", f"nvcf-registry-{unique}-functions", repository]
    )


def test_a_repository_alone_that_leaves_the_configuration_stays(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    stack = make_stack(unique, registries=kept(unique))
    stack.up()
    steps = up(stack, [private(unique, onDestroy="keep")])
    assert {step for name, step in steps.items() if name.startswith("functions-echo")} == {"delete"}
    assert f"{unique}-functions/echo" in aws.left(unique)


def test_what_was_kept_is_taken_back_by_a_stack_of_the_same_name(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    stack = make_stack(unique, registries=kept(unique))
    stack.up()
    repository = f"{unique}-functions/echo"
    aws.push(repository)
    credential = stack.registry()["credentialId"]
    stack.destroy()
    login = stack.nvcf.login("functions")

    assert "AlreadyExists" in stack.fails().output
    stack.destroy()
    assert pulls(aws, login, repository), "what a failed run had not made, its destroy does not take away"
    adopt = {"credential": credential, "user": True, "policy": True, "repositories": ["echo"]}
    stack.configure(registries=[private(unique, repositories=["echo"], adopt=adopt)])
    stack.up()
    assert stack.preview().steps == {}
    assert stack.registry()["credentialId"] == credential
    assert pulls(aws, login, repository), "running functions keep the key they were deployed with"
    assert stack.nvcf.login("functions")[0] == stack.registry()["activeKeyId"] != login[0]
