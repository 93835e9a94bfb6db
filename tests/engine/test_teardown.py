"""Destroys that something stands in the way of: what stays, what goes, what is said, and that the next one ends it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from tests.engine.cluster import Cluster
from tests.engine.configurations import CLUSTER, PASSWORD, private, public, pull_secret, static
from tests.engine.conftest import MakeStack
from tests.engine.emulators import Aws

CONTINUE = ("destroy", "--yes", "--skip-preview", "--continue-on-error")


def test_with_continue_on_error_only_what_a_function_needs_stays(
    make_stack: MakeStack, unique: str, aws: Aws, cluster: Cluster
) -> None:
    stack = make_stack(
        unique,
        registries=[
            private(unique, repositories=["echo"]),
            private(unique, "charts", hostname="123456789012.dkr.ecr.eu-west-1.amazonaws.com"),
            public(unique),
            static(),
        ],
        pullSecrets=[pull_secret(unique), pull_secret(unique, "ngc")],
        cluster=CLUSTER,
    )
    stack.set_secret("registries[3].password", PASSWORD)
    stack.up()
    functions = stack.registry()
    key = functions["activeKeyId"], stack.credentials()[functions["activeKeyId"]]
    version = stack.nvcf.use(f"{functions['hostname']}/{unique}-functions/echo:1")

    refused = stack.fails(*CONTINUE).output
    assert f"function {version['id']}, version {version['versionId']}" in refused
    assert aws.client("ecr", key).get_authorization_token()["authorizationData"]
    user = f"nvcf-registry-{unique}-functions"
    assert aws.users(unique) == {user: [key[0]]}, "the other registries' users are gone, this one's key is not"
    assert [each["registryCredentialName"] for each in stack.nvcf.credentials()] == ["functions"]
    assert cluster.secret("default", f"{unique}-functions") is None
    assert cluster.secret("default", f"{unique}-ngc") is None

    stack.nvcf.stop_using(version["versionId"])
    stack.destroy()
    assert aws.left(unique) == []
    assert stack.nvcf.credentials() == []
    assert stack.resources() == []


def test_a_refused_destroy_of_several_registries_is_ended_by_the_next(
    make_stack: MakeStack, unique: str, aws: Aws
) -> None:
    stack = make_stack(unique, registries=[private(unique), public(unique)])
    stack.up()
    exported = {name: stack.registry(name) for name in ("functions", "samples")}
    secrets = stack.credentials()
    used = exported["functions"]["hostname"]
    version = stack.nvcf.use(f"{used}/{unique}-functions/echo:1")
    stack.fails("destroy", "--yes", "--skip-preview")
    # Whatever the engine had begun beside it: a credential that NVCF has still works.
    for each in stack.nvcf.credentials():
        key_id = stack.nvcf.login(each["registryCredentialName"])[0]
        service = "ecr-public" if each["registryHostname"] == "public.ecr.aws" else "ecr"
        region = "us-east-1" if service == "ecr-public" else "us-west-2"
        assert aws.client(service, (key_id, secrets[key_id]), region=region).get_authorization_token()
    stack.nvcf.stop_using(version["versionId"])
    stack.destroy()
    assert (aws.left(unique), stack.nvcf.credentials(), stack.resources()) == ([], [], [])


def test_a_repository_with_images_keeps_nothing_else_from_going(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    stack = make_stack(
        unique,
        registries=[private(unique, repositories=["echo", "empty"]), public(unique, repositories=["hello"])],
    )
    stack.up()
    repository = f"{unique}-functions/echo"
    aws.push(repository)
    refused = stack.fails(*CONTINUE).output
    assert f"ECR Repository ({repository}) not empty, consider using forceDelete" in refused
    assert aws.left(unique) == [repository]
    assert stack.nvcf.credentials() == []
    assert {name for name in stack.names() if not name.startswith("default")} == {"functions-echo"}

    aws.client("ecr").batch_delete_image(repositoryName=repository, imageIds=[{"imageTag": "latest"}])
    stack.destroy()
    assert (aws.left(unique), stack.resources()) == ([], [])


@contextmanager
def reachable(kubeconfig: Path, target: Path) -> Iterator[threading.Event]:
    """Write a kubeconfig that leads to the API server by a detour, which is closed when the event is set."""
    config = yaml.safe_load(kubeconfig.read_text())
    server = urlsplit(config["clusters"][0]["cluster"]["server"])
    closed = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{listener.getsockname()[1]}"
    target.write_text(yaml.safe_dump(config))
    open_sockets: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            if closed.is_set():
                near.close()
                continue
            far = socket.create_connection((server.hostname or "", server.port or 443))
            open_sockets.extend((near, far))
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_copy, args=(source, sink), daemon=True).start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield closed
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for each in open_sockets:
            each.close()
        accepting.join(timeout=5)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


@pytest.mark.parametrize("how", ["setting", "variable"])
def test_a_cluster_that_is_gone_is_passed_over_where_the_user_says_so(
    make_stack: MakeStack, unique: str, aws: Aws, cluster: Cluster, tmp_path: Path, how: str
) -> None:
    path = tmp_path / "kubeconfig"
    with reachable(cluster.kubeconfig, path) as closed:
        stack = make_stack(
            unique,
            registries=[private(unique)],
            pullSecrets=[pull_secret(unique, namespaces=[unique], createNamespaces=True)],
            cluster={"kubeconfig": str(path), "deleteUnreachable": how == "setting"},
        )
        stack.up()
        closed.set()
        if how == "variable":
            stack.environment["PULUMI_K8S_DELETE_UNREACHABLE"] = "true"
        said = stack.destroy().diagnostics
        assert "Removed from state only, as deleteUnreachable says" in said
        assert (aws.left(unique), stack.nvcf.credentials(), stack.resources()) == ([], [], [])
    assert cluster.get(f"/api/v1/namespaces/{unique}") is not None, "what nobody could reach is still there"
    cluster.delete(f"/api/v1/namespaces/{unique}")


def test_a_cluster_that_does_not_answer_stops_a_destroy_until_it_does(
    make_stack: MakeStack, unique: str, aws: Aws, cluster: Cluster, tmp_path: Path
) -> None:
    path = tmp_path / "kubeconfig"
    with reachable(cluster.kubeconfig, path) as closed:
        stack = make_stack(
            unique,
            registries=[private(unique), static()],
            pullSecrets=[pull_secret(unique)],
            cluster={"kubeconfig": str(path)},
        )
        stack.set_secret("registries[1].password", PASSWORD)
        stack.up()
        functions = stack.registry()
        key = functions["activeKeyId"], stack.credentials()[functions["activeKeyId"]]
        closed.set()
        refused = stack.fails(*CONTINUE).output
        assert "the configured Kubernetes cluster is unreachable" in refused
        assert "PULUMI_K8S_DELETE_UNREACHABLE=true" in refused
        # What the cluster's objects hold is not taken from under them; what has nothing to do with it is gone.
        assert aws.client("ecr", key).get_authorization_token()["authorizationData"]
        assert f"{unique}-functions" in "".join(stack.names())
        assert [each["registryCredentialName"] for each in stack.nvcf.credentials()] == []

        closed.clear()
        stack.destroy()
    assert (aws.left(unique), stack.nvcf.credentials(), stack.resources()) == ([], [], [])
    assert cluster.secret("default", f"{unique}-functions") is None
