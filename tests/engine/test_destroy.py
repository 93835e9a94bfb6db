"""A destroy leaves nothing behind, and takes nothing away that is still in use."""

from typing import Any

import pytest

from tests.engine.cluster import Cluster
from tests.engine.configurations import CLUSTER, PASSWORD, private, public, pull_secret, static
from tests.engine.conftest import MakeStack
from tests.engine.emulators import Aws
from tests.engine.stacks import EngineError

OURS = "app.kubernetes.io/name=nvcf-registry-pull-secret"


def test_nothing_of_the_stack_is_left(make_stack: MakeStack, unique: str, aws: Aws, cluster: Cluster) -> None:
    stack = make_stack(
        unique,
        registries=[
            private(unique, repositories=["echo"], keyGeneration=2),
            public(unique, repositories=["hello"]),
            static(),
        ],
        pullSecrets=[
            pull_secret(unique, namespaces=[unique], createNamespaces=True),
            pull_secret(unique, "ngc"),
            pull_secret(unique, "samples"),
        ],
        cluster=CLUSTER,
    )
    stack.set_secret("registries[2].password", PASSWORD)
    stack.up()
    assert aws.left(unique)
    assert len(stack.nvcf.credentials()) == 3
    stack.destroy()
    assert aws.left(unique) == []
    assert stack.nvcf.credentials() == []
    assert cluster.get(f"/api/v1/namespaces/{unique}") is None
    assert [each for each in ours(cluster, "default") if each.startswith(f"{unique}-")] == []
    assert stack.resources() == []


def ours(cluster: Cluster, namespace: str) -> list[str]:
    """Return the names of all objects of the project in a namespace."""
    kinds = (
        *(f"/api/v1/namespaces/{namespace}/{kind}" for kind in ("secrets", "configmaps", "serviceaccounts", "pods")),
        *(f"/apis/batch/v1/namespaces/{namespace}/{kind}" for kind in ("jobs", "cronjobs")),
        *(f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/{kind}" for kind in ("roles", "rolebindings")),
    )
    found = [each for kind in kinds for each in cluster.get(f"{kind}?labelSelector={OURS}")["items"]]
    return [str(each["metadata"]["name"]) for each in found]


def test_a_key_lives_as_long_as_a_function_uses_its_registry(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    stack = make_stack(unique, registries=[private(unique)])
    stack.up()
    functions = stack.registry()
    key = functions["activeKeyId"], stack.credentials()[functions["activeKeyId"]]
    version = stack.nvcf.use(f"{functions['hostname']}/{unique}-functions/echo:1")

    refused = stack.fails("destroy", "--yes", "--skip-preview").output
    assert f"NVCF registry credential 'functions' for {functions['hostname']}" in refused
    assert f"function {version['id']}, version {version['versionId']}" in refused
    assert "Delete these function versions first" in refused
    assert aws.client("ecr", key).get_authorization_token()["authorizationData"]
    assert stack.nvcf.credential(functions["credentialId"]) is not None
    assert {"functions-user", "functions-policy", "functions-attachment", "functions-key-b"} <= stack.names()
    # All that has gone is the note that the key is in use (`components.key_generation`).
    assert stack.preview().steps == {"functions-generation-reached": "create"}

    stack.nvcf.stop_using(version["versionId"])
    stack.destroy()
    assert aws.left(unique) == []
    assert stack.nvcf.credentials() == []


def test_images_are_destroyed_only_when_asked_for(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    def registries(**settings: Any) -> list[dict[str, Any]]:
        return [private(unique, repositories=[{"name": "echo", **settings}])]

    stack = make_stack(unique, registries=registries())
    stack.up()
    repository = f"{unique}-functions/echo"
    aws.push(repository)
    with pytest.raises(EngineError, match=f"RepositoryNotEmpty.*{repository}|{repository}.*RepositoryNotEmpty"):
        stack.destroy()
    assert aws.client("ecr").describe_images(repositoryName=repository)["imageDetails"]

    stack.configure(registries=registries(forceDelete=True))
    stack.up()
    stack.destroy()
    assert aws.left(unique) == []
