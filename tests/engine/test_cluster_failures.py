"""What happens when the cluster cannot do as asked: a clear error, nothing lost from state, and convergence."""

from pathlib import Path

import yaml

from tests.engine.cluster import Cluster
from tests.engine.configurations import PASSWORD, pull_secret, static
from tests.engine.conftest import MakeStack


def test_a_cluster_that_does_not_answer_is_explained(
    make_stack: MakeStack, unique: str, cluster: Cluster, tmp_path: Path
) -> None:
    dead = yaml.safe_load(cluster.kubeconfig.read_text())
    dead["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:9"
    unreachable = tmp_path / "kubeconfig"
    unreachable.write_text(yaml.safe_dump(dead))
    registries, pull_secrets = [static()], [pull_secret(unique, "ngc")]
    stack = make_stack(
        unique, registries=registries, pullSecrets=pull_secrets, cluster={"kubeconfig": str(unreachable)}
    )
    stack.set_secret("registries[0].password", PASSWORD)
    said = stack.fails().diagnostics
    assert "configured Kubernetes cluster is unreachable" in said
    assert "correct the provider's kubeconfig or KUBECONFIG" in said
    # The engine begins nothing more after a failure, so the credential may or may not have been made by then.
    assert len(stack.nvcf.credentials()) == ("ngc-credential" in stack.names())

    unreachable.write_text(cluster.kubeconfig.read_text())
    assert f"ngc-{unique}-ngc-default-secret" in stack.up().steps
    assert len(stack.nvcf.credentials()) == 1


def test_a_kubeconfig_that_is_not_there_is_named(make_stack: MakeStack, unique: str) -> None:
    stack = make_stack(
        unique,
        registries=[static()],
        pullSecrets=[pull_secret(unique, "ngc")],
        cluster={"kubeconfig": "/nowhere/kubeconfig"},
    )
    stack.set_secret("registries[0].password", PASSWORD)
    said = stack.fails("preview").diagnostics
    assert "nvcf-registry:cluster: the kubeconfig /nowhere/kubeconfig cannot be read" in said
    assert "Name a readable file in nvcf-registry:cluster.kubeconfig" in said
