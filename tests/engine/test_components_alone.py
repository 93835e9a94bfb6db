"""Each component works in a Pulumi program that is not this project's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.cluster import Cluster
from tests.engine.configurations import PASSWORD
from tests.engine.emulators import Aws, Nvcf
from tests.engine.stacks import EngineStack

PROJECT = "name: elsewhere\nruntime: {name: python, options: {toolchain: pip, virtualenv: .venv}}\n"
#: What such a program has of this one: the packages that components are made of.
PACKAGES = ("components", "nvcf", "policies", ".venv")

ECR_PULLER = """
import pulumi

from components.ecr_puller import EcrPuller

key = {"key_generation": 1, "user_name": "NAME", "tags": {"team": "gpu"}}
place = {"kind": "ecr-private", "account": "123456789012", "region": "us-west-2", "prefix": "NAME"}
puller = EcrPuller("alone", {**key, **place})
pulumi.export("key", puller.access_key_id)
pulumi.export("secret", puller.secret_access_key)
"""
ECR_REPOSITORIES = """
import pulumi

from components.ecr_repositories import EcrRepositories

made = EcrRepositories("alone", {"visibility": "private", "prefix": "NAME", "repositories": [{"name": "echo"}]})
pulumi.export("urls", made.urls)
"""
REGISTRY_CREDENTIAL = """
import pulumi

from components.registry_credential import RegistryCredential

login = {"hostname": "nvcr.io", "username": "$oauthtoken", "password": pulumi.Output.secret("PASSWORD")}
made = RegistryCredential("alone", {"name": "NAME", "artifact_types": ["CONTAINER"], **login})
pulumi.export("id", made.credential_id)
"""
PULL_SECRET = """
import pulumi

from components.pull_secret import PullSecret

login = {"username": "$oauthtoken", "password": pulumi.Output.secret("PASSWORD")}
place = {"secret_name": "NAME", "namespaces": ["default"], "hostname": "nvcr.io"}
made = PullSecret("alone", {**place, "password": login})
pulumi.export("name", made.secret_name)
"""

Run = Callable[[str], EngineStack]


@pytest.fixture
def run(tmp_path: Path, environment: dict[str, str], nvcf: Nvcf, unique: str) -> Run:
    """Return a function that brings a program up; NAME in it is a name of the test's own."""

    def up(program: str) -> EngineStack:
        account = nvcf.account(unique)
        files = {"__main__.py": program.replace("NAME", unique).replace("PASSWORD", PASSWORD), "Pulumi.yaml": PROJECT}
        usual: dict[str, Any] = {**environment, "NVCF_TOKEN": account.token}
        stack = EngineStack(tmp_path / "elsewhere", unique, usual, account, PACKAGES, files)
        stack.up()
        return stack

    return up


def test_ecr_puller(run: Run, unique: str, aws: Aws) -> None:
    stack = run(ECR_PULLER)
    key = stack.outputs()["key"], stack.credentials()[stack.outputs()["key"]]
    assert aws.client("sts", key).get_caller_identity()["Arn"].endswith(f":user/nvcf/{unique}")
    assert key[1] not in stack.state_text()


def test_ecr_repositories(run: Run, unique: str, aws: Aws) -> None:
    urls = run(ECR_REPOSITORIES).outputs()["urls"]
    (made,) = aws.client("ecr").describe_repositories(repositoryNames=[f"{unique}/echo"])["repositories"]
    assert urls == {"echo": made["repositoryUri"]}


def test_registry_credential(run: Run, unique: str) -> None:
    stack = run(REGISTRY_CREDENTIAL)
    assert [each["registryCredentialId"] for each in stack.nvcf.credentials()] == [stack.outputs()["id"]]
    assert stack.nvcf.login(unique) == ("$oauthtoken", PASSWORD)


def test_pull_secret(run: Run, unique: str, cluster: Cluster) -> None:
    stack = run(PULL_SECRET)
    made = cluster.secret("default", stack.outputs()["name"])
    assert made is not None
    assert PASSWORD in made[".dockerconfigjson"]
    assert PASSWORD not in stack.state_text()
