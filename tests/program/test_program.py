"""What the program declares for a configuration, against Pulumi's mocks."""

import base64
import json
from typing import Any

import pulumi
import pytest

from tests.program.conftest import ACCOUNT, REGION, RunProgram

FUNCTIONS: dict[str, Any] = {
    "name": "functions",
    "kind": "ecr-private",
    "prefix": "nvcf",
    "artifactTypes": ["HELM", "CONTAINER"],
    "repositories": ["echo", {"name": "triton", "mutableTags": ["latest"], "keepImages": 5, "forceDelete": True}],
}
SAMPLES: dict[str, Any] = {
    "name": "samples",
    "kind": "ecr-public",
    "prefix": "samples",
    "repositories": [{"name": "hello", "catalog": {"description": "A first function"}}],
}
NGC: dict[str, Any] = {
    "name": "ngc",
    "kind": "ngc",
    "hostname": "nvcr.io",
    "username": "$oauthtoken",
    "password": "nvapi-marker",
}
HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"


def test_private_registry_end_to_end(run_program: RunProgram) -> None:
    outcome = run_program(registries=[FUNCTIONS])
    user = outcome.recorder.of_type("aws:iam/user:User")["functions-user"].inputs
    assert (user["name"], user["path"], user["forceDestroy"]) == ("nvcf-registry-test-functions", "/nvcf/", False)
    policy = json.loads(outcome.recorder.of_type("aws:iam/policy:Policy")["functions-policy"].inputs["policy"])
    assert [statement["Resource"] for statement in policy["Statement"]] == [
        ["*"],
        [f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/nvcf/*"],
    ]
    credential = outcome.recorder.of_type("pulumi-python:dynamic/nvcf:RegistryCredential")[
        "functions-credential"
    ].inputs
    assert credential["hostname"] == HOST
    assert credential["name"] == "functions"
    assert credential["artifactTypes"] == ["CONTAINER", "HELM"]
    assert credential["username"] == "functions-key-b-id"
    assert credential["tags"] == ["managed-by=pulumi", "stack=nvcf-registry:test"]
    exports = outcome.exports["registries"]["functions"]
    assert exports["credentialId"] == "id-of-functions-credential"
    assert exports["repositories"]["triton"] == f"{HOST}/nvcf/triton"
    assert exports["activeKeyId"] == "functions-key-b-id"


def test_repositories_have_safe_defaults(run_program: RunProgram) -> None:
    repositories = run_program(registries=[FUNCTIONS]).recorder.of_type("aws:ecr/repository:Repository")
    echo, triton = repositories["functions-echo"].inputs, repositories["functions-triton"].inputs
    assert echo["name"] == "nvcf/echo"
    assert echo["imageTagMutability"] == "IMMUTABLE"
    assert echo["imageScanningConfiguration"] == {"scanOnPush": True}
    assert echo["forceDelete"] is False
    assert triton["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert triton["imageTagMutabilityExclusionFilters"] == [{"filter": "latest", "filterType": "WILDCARD"}]
    assert triton["forceDelete"] is True


def test_public_repositories_live_in_us_east_1(run_program: RunProgram) -> None:
    outcome = run_program(registries=[SAMPLES])
    repository = outcome.recorder.of_type("aws:ecrpublic/repository:Repository")["samples-hello"].inputs
    assert repository["region"] == "us-east-1"
    assert repository["catalogData"] == {"description": "A first function"}
    policy = json.loads(outcome.recorder.of_type("aws:iam/policy:Policy")["samples-policy"].inputs["policy"])
    assert policy["Statement"][1]["Resource"] == [f"arn:aws:ecr-public::{ACCOUNT}:repository/samples/*"]
    assert outcome.exports["registries"]["samples"]["hostname"] == "public.ecr.aws"


@pytest.mark.parametrize(
    ("generation", "previous", "keys"),
    [
        (1, "active", {"b": "Active"}),
        (2, "active", {"a": "Active", "b": "Active"}),
        (3, "inactive", {"b": "Active", "a": "Inactive"}),
        (3, "absent", {"b": "Active"}),
    ],
)
def test_key_slots(run_program: RunProgram, generation: int, previous: str, keys: dict[str, str]) -> None:
    registry = {**FUNCTIONS, "keyGeneration": generation, "previousKey": previous}
    outcome = run_program(registries=[registry])
    made = outcome.recorder.of_type("aws:iam/accessKey:AccessKey")
    assert {name.removeprefix("functions-key-"): key.inputs["status"] for name, key in made.items()} == keys
    active = "ab"[generation % 2]
    assert outcome.exports["registries"]["functions"]["activeKeyId"] == f"functions-key-{active}-id"


def test_pull_secret_is_refreshed_in_the_cluster(run_program: RunProgram, tmp_path: Any) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text("{current-context: c, contexts: [{name: c}]}")
    outcome = run_program(
        registries=[FUNCTIONS],
        pullSecrets=[{"registry": "functions", "namespaces": ["backend"], "createNamespaces": True}],
        cluster={"kubeconfig": str(kubeconfig)},
    )
    recorder = outcome.recorder
    provider = recorder.of_type("pulumi:providers:kubernetes")["cluster"].inputs
    assert provider["enableSecretMutable"] == "true"
    assert provider["clusterIdentifier"] == "c"
    secrets = recorder.of_type("kubernetes:core/v1:Secret")
    seed = secrets["functions-functions-pull-backend-secret"].inputs
    assert json.loads(base64.b64decode(seed["data"][".dockerconfigjson"])) == {"auths": {}}
    role = recorder.of_type("kubernetes:rbac.authorization.k8s.io/v1:Role")
    (rule,) = role["functions-functions-pull-backend-role"].inputs["rules"]
    assert rule == {
        "apiGroups": [""],
        "resources": ["secrets"],
        "resourceNames": ["functions-pull"],
        "verbs": ["get", "patch"],
    }
    cron = recorder.of_type("kubernetes:batch/v1:CronJob")["functions-functions-pull-backend-cron"].inputs
    pod = cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    environment = {each["name"]: each.get("value") for each in pod["containers"][0]["env"]}
    assert environment["REGISTRY_HOSTS"] == HOST
    assert "AWS_SECRET_ACCESS_KEY" not in environment
    job = recorder.of_type("kubernetes:batch/v1:Job")["functions-functions-pull-backend-first"].inputs
    assert job["metadata"]["name"] == "functions-pull-refresh-g1"
    assert job["spec"]["template"]["spec"] == pod


def test_irsa_needs_no_key_in_the_cluster(run_program: RunProgram) -> None:
    outcome = run_program(
        registries=[FUNCTIONS],
        pullSecrets=[{"registry": "functions", "namespaces": ["backend"], "auth": "irsa"}],
        cluster={"eks": "c"},
    )
    recorder = outcome.recorder
    assert list(recorder.of_type("kubernetes:core/v1:Secret")) == ["functions-functions-pull-backend-secret"]
    role = recorder.of_type("aws:iam/role:Role")["functions-functions-pull-role"].inputs
    trust = json.loads(role["assumeRolePolicy"])["Statement"][0]
    issuer = f"oidc.eks.{REGION}.amazonaws.com/id/ABC"
    assert trust["Principal"] == {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"}
    assert trust["Condition"]["StringEquals"][f"{issuer}:sub"] == "system:serviceaccount:backend:functions-pull-refresh"
    account = recorder.of_type("kubernetes:core/v1:ServiceAccount")["functions-functions-pull-backend-account"]
    assert account.inputs["metadata"]["annotations"] == {
        "eks.amazonaws.com/role-arn": f"arn:aws:iam::{ACCOUNT}:role/nvcf/nvcf-registry-test-functions-functions-pull"
    }


def test_a_lasting_password_needs_nothing_that_runs(run_program: RunProgram, tmp_path: Any) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text("{current-context: c, contexts: [{name: c}]}")
    outcome = run_program(
        registries=[NGC],
        pullSecrets=[{"registry": "ngc", "namespaces": ["backend"]}],
        cluster={"kubeconfig": str(kubeconfig)},
    )
    assert not outcome.recorder.of_type("kubernetes:batch/v1:CronJob")
    assert not any(key.startswith("aws:") for key in outcome.recorder.resources)
    secret = outcome.recorder.of_type("kubernetes:core/v1:Secret")["ngc-ngc-pull-backend-secret"].inputs
    docker = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))
    assert docker["auths"]["nvcr.io"]["username"] == "$oauthtoken"


def test_mistakes_end_the_program_before_anything_is_declared(run_program: RunProgram) -> None:
    with pytest.raises(pulumi.RunError) as raised:
        run_program(registries=[{**FUNCTIONS, "prefix": "/nvcf"}, {**NGC, "username": "bob"}])
    text = str(raised.value)
    assert "2 mistakes in the configuration of stack test; nothing was changed" in text
    assert "nvcf-registry:registries[0].prefix" in text
    assert "nvcf-registry:registries[1].username" in text
    assert "nvapi-marker" not in text


def test_warnings_are_shown_beside_mistakes(run_program: RunProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", warnings.append)
    with pytest.raises(pulumi.RunError, match="1 mistake"):
        run_program(registries=[{**SAMPLES, "prefix": "a1b2c3d4"}, {**NGC, "username": "bob"}])
    assert ["alias" in warning for warning in warnings] == [True]


def test_an_adopted_credential_is_not_given_tags(run_program: RunProgram) -> None:
    adopt = {**FUNCTIONS, "adopt": "b6a2fa89-c265-4492-9495-2df4690994e8"}
    made = run_program(registries=[adopt]).recorder.of_type("pulumi-python:dynamic/nvcf:RegistryCredential")
    assert "tags" not in made["functions-credential"].inputs


def test_a_credential_is_marked_as_the_stacks_whatever_else_it_is_tagged_with(run_program: RunProgram) -> None:
    outcome = run_program(registries=[{**FUNCTIONS, "tags": ["team=a"]}, {**SAMPLES, "tags": []}])
    made = outcome.recorder.of_type("pulumi-python:dynamic/nvcf:RegistryCredential")
    mark = ["managed-by=pulumi", "stack=nvcf-registry:test"]
    assert made["functions-credential"].inputs["tags"] == [*mark, "team=a"]
    assert made["samples-credential"].inputs["tags"] == mark


def test_keys_wait_for_the_guard_of_their_generation(run_program: RunProgram) -> None:
    guards = run_program(registries=[{**FUNCTIONS, "keyGeneration": 2}]).recorder.of_type(
        "pulumi-python:dynamic/nvcf:KeyGeneration"
    )
    assert sorted(guards) == ["functions-generation-reached", "functions-generation-wanted"]
    assert {guard.inputs["generation"] for guard in guards.values()} == {2}


def test_a_key_made_elsewhere_asks_aws_nothing(run_program: RunProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.aws_identity.aws.get_caller_identity", None)
    by_hand = {"name": "x", "kind": "ecr-private", "hostname": HOST, "username": "AKIAIOSFODNN7EXAMPLE"}
    outcome = run_program(registries=[{**by_hand, "password": "a-secret-key"}])
    assert outcome.exports["registries"]["x"]["hostname"] == HOST


def test_an_eks_cluster_that_is_not_there(run_program: RunProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise RuntimeError(f"ResourceNotFoundException: No cluster found for name: {name}.")

    monkeypatch.setattr("components.cluster.aws.eks.get_cluster", refuse)
    with pytest.raises(
        pulumi.RunError, match=r"cluster\.eks: the EKS cluster 'c' cannot be looked up.*No cluster found"
    ):
        run_program(
            registries=[FUNCTIONS],
            pullSecrets=[{"registry": "functions", "namespaces": ["backend"]}],
            cluster={"eks": "c"},
        )


def test_exports_hold_no_secret(run_program: RunProgram) -> None:
    outcome = run_program(registries=[FUNCTIONS, SAMPLES, NGC])
    text = json.dumps(outcome.exports)
    assert "secret-of-" not in text
    assert "nvapi-marker" not in text


def test_settings_of_the_whole_stack_reach_every_resource(run_program: RunProgram) -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    recorder = run_program(
        registries=[FUNCTIONS, SAMPLES],
        tags={"team": "gpu", "nvcf-registry:stack": "another"},
        permissionsBoundary=boundary,
        nvcf={"account": "gpu-team", "propagationSeconds": 90},
    ).recorder
    for kind in ("aws:iam/user:User", "aws:iam/policy:Policy", "aws:ecr/repository:Repository"):
        for made in recorder.of_type(kind).values():
            assert made.inputs["tags"] == {
                "managed-by": "pulumi",
                "nvcf-registry:project": "nvcf-registry",
                "nvcf-registry:stack": "test",
                "team": "gpu",
            }
    assert {made.inputs["permissionsBoundary"] for made in recorder.of_type("aws:iam/user:User").values()} == {boundary}
    for made in recorder.of_type("pulumi-python:dynamic/nvcf:RegistryCredential").values():
        assert (made.inputs["account"], made.inputs["propagationSeconds"]) == ("gpu-team", 90)


def test_the_credentials_own_settings_reach_it(run_program: RunProgram) -> None:
    settings = {"credentialName": "gpu", "description": "For the functions", "onDestroy": "keep"}
    made = run_program(registries=[{**FUNCTIONS, **settings}]).recorder
    inputs = made.of_type("pulumi-python:dynamic/nvcf:RegistryCredential")["functions-credential"].inputs
    assert [inputs[key] for key in ("name", "description", "onDestroy")] == ["gpu", "For the functions", "keep"]


def test_every_wildcard_policy_is_asked_for(run_program: RunProgram) -> None:
    every = {**FUNCTIONS, "prefix": "*", "allowEveryRepository": True, "repositories": ["team/echo"]}
    recorder = run_program(registries=[every]).recorder
    policy = json.loads(recorder.of_type("aws:iam/policy:Policy")["functions-policy"].inputs["policy"])
    assert policy["Statement"][1]["Resource"] == [f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*"]
    assert recorder.of_type("aws:ecr/repository:Repository")["functions-team/echo"].inputs["name"] == "team/echo"


def test_components_have_the_types_that_stacks_hold(run_program: RunProgram, tmp_path: Any) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text("{current-context: c, contexts: [{name: c}]}")
    recorder = run_program(
        registries=[FUNCTIONS],
        pullSecrets=[{"registry": "functions", "namespaces": ["backend"]}],
        cluster={"kubeconfig": str(kubeconfig)},
    ).recorder
    components = {key for key in recorder.resources if key.startswith("nvcf-registry:")}
    assert components == {
        "nvcf-registry:index:EcrPuller::functions",
        "nvcf-registry:index:EcrRepositories::functions",
        "nvcf-registry:index:PullSecret::functions-functions-pull",
        "nvcf-registry:index:RegistryCredential::functions",
    }
