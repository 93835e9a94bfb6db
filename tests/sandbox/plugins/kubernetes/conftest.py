"""A real API server, and a small engine that calls the plugin as Pulumi's does."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sandbox.layout import TOOLCHAIN
from sandbox.parts import CONTROL_PLANE_BINARY, control_plane
from sandbox.plugins.kubernetes import kubeconfig
from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.provider import KubernetesPlugin
from sandbox.plugins.protocol.messages import (
    CheckRequest,
    CreateRequest,
    DeleteRequest,
    Diff,
    DiffRequest,
    ReadRequest,
    Target,
    UpdateRequest,
)
from sandbox.plugins.protocol.values import Properties, reveal
from sandbox.running import Sandbox


@pytest.fixture(scope="session")
def admin_kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The administrator of a control plane that runs for all tests here."""
    directory = tmp_path_factory.mktemp("control-plane")
    part = control_plane(TOOLCHAIN / CONTROL_PLANE_BINARY, directory / "control-plane")
    with Sandbox(directory, parts=[part]) as sandbox:
        yield sandbox.layout.kubeconfig.read_text()


@pytest.fixture
def admin(admin_kubeconfig: str) -> Cluster:
    """The API server as somebody outside Pulumi sees it."""
    return Cluster(kubeconfig.resolve(kubeconfig.parse(admin_kubeconfig), kubeconfig.Overrides()))


@pytest.fixture
def namespace(admin: Cluster) -> str:
    """A namespace of the test's own."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    admin.create(admin.kind("v1", "Namespace"), "", body, "test", dry_run=False)
    return name


@dataclass
class Resource:
    """One resource as the engine's state has it, and what the engine does to it."""

    plugin: KubernetesPlugin
    target: Target
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)

    def check(self, news: Properties) -> Properties:
        checked = self.plugin.check(CheckRequest(self.target, self.inputs, news, seed=b"seed"))
        assert not checked.failures
        result: Properties = reveal(checked.inputs)
        return result

    def create(self, news: Properties, timeout: float = 0.0) -> Properties:
        self.inputs = self.check(news)
        created = self.plugin.create(CreateRequest(self.target, self.inputs, preview=False, timeout=timeout))
        self.id, self.outputs = created.id, reveal(created.outputs)
        return self.outputs

    def preview(self, news: Properties) -> Properties:
        created = self.plugin.create(CreateRequest(self.target, self.check(news), preview=True))
        assert created.id == ""
        result: Properties = reveal(created.outputs)
        return result

    def diff(self, news: Properties, ignored: Sequence[str] = ()) -> Diff:
        request = DiffRequest(self.target, self.id, self.outputs, self.inputs, self.check(news), ignored)
        return self.plugin.diff(request)

    def update(self, news: Properties, *, preview: bool = False, ignored: Sequence[str] = ()) -> Properties:
        checked = self.check(news)
        outputs: Properties = reveal(
            self.plugin.update(
                UpdateRequest(self.target, self.id, self.outputs, self.inputs, checked, preview, ignore_changes=ignored)
            )
        )
        if not preview:
            self.inputs, self.outputs = checked, outputs
        return outputs

    def refresh(self) -> bool:
        found = self.plugin.read(ReadRequest(self.target, self.id, self.outputs, self.inputs))
        if found is None:
            return False
        self.inputs, self.outputs = reveal(found.inputs), reveal(found.outputs)
        return True

    def import_(self, object_id: str) -> bool:
        self.id = object_id
        return self.refresh()

    def delete(self, timeout: float = 0.0) -> None:
        self.plugin.delete(DeleteRequest(self.target, self.id, self.outputs, self.inputs, timeout))


class Provider:
    """A configured plugin."""

    def __init__(self, arguments: Properties, environ: dict[str, str]) -> None:
        self.warnings: list[str] = []
        self.plugin = KubernetesPlugin(environ, lambda message, urn: self.warnings.append(message))
        self.plugin.configure(arguments)

    def resource(self, token: str, name: str = "res") -> Resource:
        urn = f"urn:pulumi:dev::project::{token}::{name}"
        return Resource(self.plugin, Target(urn, token, name))


@pytest.fixture
def configured() -> type[Provider]:
    """Makes a configured plugin from arguments and environment."""
    return Provider


@pytest.fixture
def provider(admin_kubeconfig: str, namespace: str) -> Provider:
    """A plugin on the API server, with the test's namespace as default."""
    return Provider({"kubeconfig": admin_kubeconfig, "namespace": namespace, "enableSecretMutable": "true"}, {})


@pytest.fixture
def live(admin: Cluster, namespace: str) -> Any:
    """Reads an object as it is on the API server."""

    def read(api_version: str, kind: str, name: str) -> dict[str, Any]:
        return admin.get(admin.kind(api_version, kind), namespace, name)

    return read


@pytest.fixture
def path_environ() -> dict[str, str]:
    return {"PATH": os.environ["PATH"]}


@pytest.fixture
def written(tmp_path: Path) -> Any:
    """Writes a file and gives its path."""

    def write(name: str, text: str) -> str:
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write
