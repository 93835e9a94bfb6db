"""A whole environment goes up, and a second run finds nothing to do: every kind of registry, several in one stack."""

import json
from dataclasses import dataclass

import pytest

from tests.engine.cluster import Cluster
from tests.engine.configurations import CLUSTER, PASSWORD, private, public, pull_secret, static
from tests.engine.conftest import MakeStack, next_name
from tests.engine.emulators import Aws, Nvcf
from tests.engine.stacks import EngineStack, Run

HOST = "123456789012.dkr.ecr.us-west-2.amazonaws.com"

#: Type and name of everything in state. They identify resources in the stacks of users: a change here makes their next
#: `pulumi up` delete and create, unless the component declares an alias for what was there before.
STATE = """
aws:ecr/lifecyclePolicy:LifecyclePolicy::functions-echo-lifecycle
aws:ecr/lifecyclePolicy:LifecyclePolicy::functions-triton-lifecycle
aws:ecr/repository:Repository::functions-echo
aws:ecr/repository:Repository::functions-triton
aws:ecrpublic/repository:Repository::samples-hello
aws:iam/accessKey:AccessKey::functions-key-b
aws:iam/accessKey:AccessKey::samples-key-b
aws:iam/policy:Policy::functions-policy
aws:iam/policy:Policy::samples-policy
aws:iam/user:User::functions-user
aws:iam/user:User::samples-user
aws:iam/userPolicyAttachment:UserPolicyAttachment::functions-attachment
aws:iam/userPolicyAttachment:UserPolicyAttachment::samples-attachment
kubernetes:batch/v1:CronJob::functions-functions-default-cron
kubernetes:batch/v1:Job::functions-functions-default-first
kubernetes:core/v1:ConfigMap::functions-functions-default-script
kubernetes:core/v1:Secret::functions-functions-default-key
kubernetes:core/v1:Secret::functions-functions-default-secret
kubernetes:core/v1:Secret::ngc-ngc-default-secret
kubernetes:core/v1:ServiceAccount::functions-functions-default-account
kubernetes:rbac.authorization.k8s.io/v1:Role::functions-functions-default-role
kubernetes:rbac.authorization.k8s.io/v1:RoleBinding::functions-functions-default-binding
nvcf-registry:index:EcrPuller::functions
nvcf-registry:index:EcrPuller::samples
nvcf-registry:index:EcrRepositories::functions
nvcf-registry:index:EcrRepositories::samples
nvcf-registry:index:PullSecret::functions-functions
nvcf-registry:index:PullSecret::ngc-ngc
nvcf-registry:index:RegistryCredential::functions
nvcf-registry:index:RegistryCredential::ngc
nvcf-registry:index:RegistryCredential::samples
pulumi-python:dynamic/nvcf:KeyGeneration::functions-generation-reached
pulumi-python:dynamic/nvcf:KeyGeneration::functions-generation-wanted
pulumi-python:dynamic/nvcf:KeyGeneration::samples-generation-reached
pulumi-python:dynamic/nvcf:KeyGeneration::samples-generation-wanted
pulumi-python:dynamic/nvcf:RegistryCredential::functions-credential
pulumi-python:dynamic/nvcf:RegistryCredential::ngc-credential
pulumi-python:dynamic/nvcf:RegistryCredential::samples-credential
pulumi:providers:kubernetes::cluster
"""


@dataclass(frozen=True)
class Environment:
    """A stack that is up, and the runs that followed.

    Attributes:
        stack: the stack.
        runs: the runs by name.
        calls: the NVCF calls that each of them made.
    """

    stack: EngineStack
    runs: dict[str, Run]
    calls: dict[str, list[str]]


@pytest.fixture(scope="module")
def whole(make_stack: MakeStack, nvcf: Nvcf) -> Environment:
    name = next_name()
    triton = {"name": "triton", "mutableTags": ["latest"], "keepImages": 3}
    stack = make_stack(
        name,
        registries=[
            private(name, artifactTypes=["CONTAINER", "HELM"], repositories=["echo", triton]),
            public(name, repositories=["hello"]),
            static(),
        ],
        pullSecrets=[pull_secret(name), pull_secret(name, "ngc")],
        cluster=CLUSTER,
    )
    stack.set_secret("registries[2].password", PASSWORD)
    runs: dict[str, Run] = {}
    calls: dict[str, list[str]] = {}
    operations = {"up": stack.up, "preview": stack.preview, "up again": stack.up, "refresh": stack.refresh}
    for run, operation in operations.items():
        with nvcf.calls() as calls[run]:
            runs[run] = operation()
    return Environment(stack, runs, calls)


@pytest.mark.parametrize(
    ("registry", "hostname", "kind", "types"),
    [
        ("functions", HOST, "AWS ECR Private Registry", ["CONTAINER", "HELM"]),
        ("samples", "public.ecr.aws", "AWS ECR Public Registry", ["CONTAINER"]),
        ("ngc", "nvcr.io", "NGC Private Registry", ["CONTAINER"]),
    ],
)
def test_nvcf_holds_the_declared_credential(
    whole: Environment, registry: str, hostname: str, kind: str, types: list[str]
) -> None:
    exported = whole.stack.registry(registry)
    credential = whole.stack.nvcf.credential(exported["credentialId"])
    assert credential is not None
    assert credential["registryHostname"] == hostname == exported["hostname"]
    assert credential["registryName"] == kind
    assert sorted(credential["artifactTypes"]) == types
    assert sorted(credential["tags"]) == ["managed-by=pulumi", f"stack=nvcf-registry:{whole.stack.name}"]
    user = exported.get("activeKeyId", "$oauthtoken")
    assert whole.stack.nvcf.secrets(registry) == [f"{user}:{whole.stack.credentials()[user]}"]


def test_repositories_have_the_declared_settings(whole: Environment, aws: Aws) -> None:
    prefix = f"{whole.stack.name}-functions"
    ecr = aws.client("ecr")
    found = ecr.describe_repositories(repositoryNames=[f"{prefix}/echo", f"{prefix}/triton"])["repositories"]
    settings = {each["repositoryName"].rpartition("/")[2]: each for each in found}
    assert settings["echo"]["imageTagMutability"] == "IMMUTABLE"
    assert settings["triton"]["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert all(each["imageScanningConfiguration"]["scanOnPush"] for each in found)
    rules = json.loads(ecr.get_lifecycle_policy(repositoryName=f"{prefix}/triton")["lifecyclePolicyText"])["rules"]
    assert [rule["selection"]["countNumber"] for rule in rules] == [14, 3]


def test_pull_secrets_are_in_the_cluster(whole: Environment, cluster: Cluster) -> None:
    name = whole.stack.name
    assert cluster.secret("default", f"{name}-functions") == {".dockerconfigjson": '{"auths": {}}'}
    kept = cluster.secret("default", f"{name}-ngc")
    assert kept is not None
    login = json.loads(kept[".dockerconfigjson"])["auths"]["nvcr.io"]
    assert (login["username"], login["password"]) == ("$oauthtoken", PASSWORD)


@pytest.mark.parametrize("run", ["preview", "up again", "refresh"])
def test_a_second_run_changes_nothing(whole: Environment, run: str) -> None:
    assert whole.runs[run].changes == {}
    assert whole.runs[run].steps == {}


def test_each_credential_is_written_exactly_once(whole: Environment) -> None:
    assert whole.calls["up"] == ["POST registry-credentials 200"] * 3


@pytest.mark.parametrize("run", ["preview", "up again"])
def test_a_run_without_changes_does_not_call_nvcf(whole: Environment, run: str) -> None:
    assert whole.calls[run] == []


def test_a_refresh_reads_each_credential_once(whole: Environment) -> None:
    ids = [whole.stack.registry(name)["credentialId"] for name in ("functions", "samples", "ngc")]
    assert sorted(whole.calls["refresh"]) == sorted(f"GET registry-credentials/{each} 200" for each in ids)


def test_types_and_names_are_those_that_stacks_of_users_hold(whole: Environment) -> None:
    found = {
        f"{each['type']}::{each['urn'].rpartition('::')[2].replace(f'{whole.stack.name}-', '')}"
        for each in whole.stack.resources()
    }
    ours = {
        each for each in found if not each.startswith(("pulumi:pulumi:Stack", "pulumi:providers:")) or "::cl" in each
    }
    assert ours == set(STATE.split())


def test_nvcf_gets_a_key_whose_policy_is_attached(whole: Environment) -> None:
    waits_for = {
        each["urn"].rpartition("::")[2]: {other.rpartition("::")[2] for other in each.get("dependencies", ())}
        for each in whole.stack.resources()
    }
    assert {"functions-attachment", "functions-generation-wanted"} <= waits_for["functions-key-b"]
    assert "functions-key-b" in waits_for["functions-credential"]


def test_exports_hold_what_the_documentation_promises(whole: Environment) -> None:
    functions = whole.stack.registry("functions")
    assert functions["generation"] == 1
    assert functions["previousKeyId"] is None
    assert functions["repositories"]["echo"] == f"{HOST}/{whole.stack.name}-functions/echo"
    assert functions["userArn"].endswith(f":user/nvcf/nvcf-registry-{whole.stack.name}-functions")
    pull_secrets = whole.stack.outputs()["pullSecrets"]
    assert [each["name"] for each in pull_secrets] == [f"{whole.stack.name}-functions", f"{whole.stack.name}-ngc"]
