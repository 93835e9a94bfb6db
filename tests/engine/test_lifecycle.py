"""Up, nothing to do, refresh and destroy of a whole environment: private and public ECR, and a pull secret."""

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx

from tests.engine.cluster import Cluster
from tests.engine.conftest import MakeStack


def environment_of(unique: str) -> dict[str, Any]:
    """Return the configuration of an environment with one registry of each ECR kind and a pull secret."""
    return {
        "registries": [
            {
                "name": "functions",
                "kind": "ecr-private",
                "prefix": f"{unique}-nvcf",
                "artifactTypes": ["CONTAINER", "HELM"],
                "repositories": ["echo", {"name": "triton", "mutableTags": ["latest"], "keepImages": 3}],
            },
            {"name": "samples", "kind": "ecr-public", "prefix": f"{unique}-samples", "repositories": ["hello"]},
        ],
        "pullSecrets": [{"registry": "functions", "namespaces": [unique], "createNamespaces": True}],
        "cluster": {"kubeconfig": "$KUBECONFIG"},
    }


def test_from_nothing_to_a_registered_credential_and_back(
    make_stack: MakeStack, unique: str, aws: Callable[..., Any], nvcf: httpx.Client, cluster: Cluster
) -> None:
    stack = make_stack(**environment_of(unique))
    stack.up()
    functions = stack.registry("functions")

    credential = nvcf.get(f"/v2/nvcf/registry-credentials/{functions['credentialId']}").json()["registryCredential"]
    assert credential["registryHostname"] == functions["hostname"]
    assert sorted(credential["artifactTypes"]) == ["CONTAINER", "HELM"]
    names = [repository["repositoryName"] for repository in aws("ecr").describe_repositories()["repositories"]]
    assert {f"{unique}-nvcf/echo", f"{unique}-nvcf/triton"} <= set(names)
    assert cluster.secret(unique, "functions-pull") == {".dockerconfigjson": '{"auths": {}}'}

    assert stack.preview(expect_no_changes=True).changes == {}
    assert stack.up(expect_no_changes=True).changes == {}
    assert stack.refresh(expect_no_changes=True).changes == {}

    stack.destroy()
    assert nvcf.get(f"/v2/nvcf/registry-credentials/{functions['credentialId']}").status_code == 404
    iam = aws("iam")
    assert not [user for user in iam.list_users(PathPrefix="/nvcf/")["Users"] if stack.name in user["UserName"]]
    assert not [
        policy
        for policy in iam.list_policies(Scope="Local", PathPrefix="/nvcf/")["Policies"]
        if stack.name in policy["PolicyName"]
    ]
    left = [repository["repositoryName"] for repository in aws("ecr").describe_repositories()["repositories"]]
    assert not [name for name in left if name.startswith(unique)]
    assert cluster.get(f"/api/v1/namespaces/{unique}") is None
    assert stack.resources() == []


def test_no_secret_in_state_output_logs_or_events(
    make_stack: MakeStack, unique: str, environment: dict[str, str]
) -> None:
    stack = make_stack(**environment_of(unique))
    stack.preview()
    stack.up()
    stack.refresh()
    secrets = [environment["NVCF_TOKEN"], *stack.secret_values()]
    assert len(secrets) == 3, "the search must have something to find"
    searched = [json.dumps(stack.state()), *stack.transcript, json.dumps(stack.outputs(), default=str)]
    for secret in secrets:
        encoded = base64.b64encode(secret.encode()).decode()
        assert not [text for text in searched if secret in text or encoded in text]
