"""The sandbox's Kubernetes control plane: the built program, started, used over HTTPS and stopped."""

from __future__ import annotations

import base64
import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from toolchain.layout import bin_directory

PROGRAM = bin_directory() / "sandbox-control-plane"
PATIENCE = 60.0


@dataclass
class ControlPlane:
    """A running control plane."""

    process: subprocess.Popen[str]
    directory: Path
    url: str

    def stop(self, how: signal.Signals) -> int:
        with self.process:  # closes the pipe
            self.process.send_signal(how)
            return self.process.wait(PATIENCE)


def start(directory: Path, port: int = 0, *extra: str) -> ControlPlane:
    process = subprocess.Popen(
        [PROGRAM, "--dir", directory, "--port", str(port), *extra], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith("ready https://127.0.0.1:"):
        with process:
            process.kill()
        raise AssertionError(f"no ready line but {line!r}")
    return ControlPlane(process, directory, line.split()[1])


@dataclass
class Client:
    """The Kubernetes API as seen with one token."""

    url: str
    authority: str
    token: str

    @classmethod
    def admin(cls, plane: ControlPlane) -> Client:
        config = yaml.safe_load((plane.directory / "admin.kubeconfig").read_text(encoding="utf-8"))
        cluster = config["clusters"][0]["cluster"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        return cls(cluster["server"], authority, config["users"][0]["user"]["token"])

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        context = ssl.create_default_context(cadata=self.authority)
        context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
        try:
            with urllib.request.urlopen(request, context=context, timeout=PATIENCE) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def create(self, path: str, kind: str, name: str, **fields: object) -> None:
        group = path.split("/")[2] + "/v1" if path.startswith("/apis/") else "v1"
        body = {"apiVersion": group, "kind": kind, "metadata": {"name": name}, **fields}
        status, answer = self.call("POST", path, body)
        assert status == 201, answer

    def token_for(self, namespace: str, account: str) -> Client:
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
        status, answer = self.call("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token", body)
        assert status == 201, answer
        return Client(self.url, self.authority, answer["status"]["token"])

    def until(self, path: str, condition: Callable[[int, Any], bool]) -> Any:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            status, answer = self.call("GET", path)
            if condition(status, answer):
                return answer
            time.sleep(0.05)
        raise AssertionError(f"{path} stayed {answer}")


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    plane = start(tmp_path_factory.mktemp("control-plane"))
    yield plane
    assert plane.stop(signal.SIGTERM) == 0


def test_a_deleted_namespace_disappears_with_what_is_in_it(plane: ControlPlane) -> None:
    admin = Client.admin(plane)
    admin.create("/api/v1/namespaces", "Namespace", "short-lived")
    admin.create("/api/v1/namespaces/short-lived/secrets", "Secret", "s", stringData={"a": "b"})

    admin.call("DELETE", "/api/v1/namespaces/short-lived")

    admin.until("/api/v1/namespaces/short-lived", lambda status, _: status == 404)


def test_a_namespace_gets_its_default_service_account(plane: ControlPlane) -> None:
    admin = Client.admin(plane)
    admin.create("/api/v1/namespaces", "Namespace", "with-account")

    admin.until("/api/v1/namespaces/with-account/serviceaccounts/default", lambda status, _: status == 200)


def test_a_service_account_may_do_what_its_role_says_and_nothing_else(plane: ControlPlane) -> None:
    admin = Client.admin(plane)
    namespace = "/api/v1/namespaces/guarded"
    rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/guarded"
    admin.create("/api/v1/namespaces", "Namespace", "guarded")
    admin.create(f"{namespace}/serviceaccounts", "ServiceAccount", "reader")
    for name in ("allowed", "other"):
        admin.create(f"{namespace}/secrets", "Secret", name, stringData={"a": "b"})
    rule = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["allowed"], "verbs": ["get"]}
    admin.create(f"{rbac}/roles", "Role", "read-one", rules=[rule])
    admin.create(
        f"{rbac}/rolebindings",
        "RoleBinding",
        "read-one",
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "read-one"},
        subjects=[{"kind": "ServiceAccount", "name": "reader", "namespace": "guarded"}],
    )

    reader = admin.token_for("guarded", "reader")

    reader.until(f"{namespace}/secrets/allowed", lambda status, _: status == 200)
    assert reader.call("GET", f"{namespace}/secrets/other")[0] == 403
    assert reader.call("DELETE", f"{namespace}/secrets/allowed")[0] == 403
    assert Client(plane.url, reader.authority, "made-up").call("GET", f"{namespace}/secrets/allowed")[0] == 401


def test_a_token_secret_is_filled(plane: ControlPlane) -> None:
    admin = Client.admin(plane)
    admin.create(
        "/api/v1/namespaces/default/secrets",
        "Secret",
        "token",
        type="kubernetes.io/service-account-token",
        metadata={"name": "token", "annotations": {"kubernetes.io/service-account.name": "default"}},
    )

    secret = admin.until(
        "/api/v1/namespaces/default/secrets/token", lambda _, answer: "token" in answer.get("data", {})
    )

    holder = Client(admin.url, admin.authority, base64.b64decode(secret["data"]["token"]).decode())
    assert holder.call("GET", "/api/v1/namespaces/default/secrets")[0] == 403  # known, but without rights


def test_what_an_owner_leaves_is_collected(plane: ControlPlane) -> None:
    admin = Client.admin(plane)
    maps = "/api/v1/namespaces/default/configmaps"
    admin.create(maps, "ConfigMap", "owner")
    uid = admin.call("GET", f"{maps}/owner")[1]["metadata"]["uid"]
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid}
    admin.create(maps, "ConfigMap", "owned", metadata={"name": "owned", "ownerReferences": [owner]})

    admin.call("DELETE", f"{maps}/owner")

    admin.until(f"{maps}/owned", lambda status, _: status == 404)


def test_a_job_gets_its_pod(plane: ControlPlane) -> None:
    admin = Client.admin(plane)
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "example.test/image"}]}
    admin.create("/apis/batch/v1/namespaces/default/jobs", "Job", "once", spec={"template": {"spec": pod}})

    admin.until(
        "/api/v1/namespaces/default/pods?labelSelector=job-name%3Donce", lambda _, answer: len(answer["items"]) == 1
    )


def test_two_do_not_share_a_directory_or_a_port(plane: ControlPlane, tmp_path: Path) -> None:
    port = plane.url.rsplit(":", 1)[1]

    same_directory = subprocess.run(
        [PROGRAM, "--dir", plane.directory], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    same_port = subprocess.run(
        [PROGRAM, "--dir", tmp_path / "other", "--port", port],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert same_directory.returncode == 1
    assert "is in use by another control plane" in same_directory.stderr
    assert same_port.returncode == 1
    assert f"port {port} of 127.0.0.1 cannot be used" in same_port.stderr


def test_a_restart_keeps_data_and_credentials(tmp_path: Path) -> None:
    first = start(tmp_path / "plane")
    admin = Client.admin(first)
    admin.create("/api/v1/namespaces/default/configmaps", "ConfigMap", "kept")
    account = admin.token_for("default", "default")
    kubeconfig = (first.directory / "admin.kubeconfig").read_bytes()
    assert first.stop(signal.SIGTERM) == 0

    second = start(tmp_path / "plane", int(first.url.rsplit(":", 1)[1]))

    try:
        assert (second.directory / "admin.kubeconfig").read_bytes() == kubeconfig
        assert admin.call("GET", "/api/v1/namespaces/default/configmaps/kept")[0] == 200
        assert account.call("GET", "/api/v1/namespaces/default/configmaps/kept")[0] == 403  # known
    finally:
        assert second.stop(signal.SIGINT) == 0


def test_credentials_are_the_owners_alone(plane: ControlPlane) -> None:
    open_to_others = [path.name for path in plane.directory.iterdir() if path.stat().st_mode & 0o077]

    assert [name for name in open_to_others if name != "etcd.log"] == []


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    # A parent that starts it, passes its line on and waits to be killed.
    source = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)\n"
        "print(child.stdout.readline().split()[0], child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    argv = [sys.executable, "-c", source, str(PROGRAM), "--dir", str(tmp_path / "plane"), "--exit-with-parent"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        word, pid = parent.stdout.readline().split()
        parent.kill()

    assert word == "ready"
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and _runs(int(pid)):
        time.sleep(0.05)
    assert not _runs(int(pid))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(") ", 1)[1][0] != "Z"
    except OSError:
        return False
