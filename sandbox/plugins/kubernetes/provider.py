"""The stand-in of the kubernetes provider: every API object as a Pulumi resource."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sandbox.plugins.kubernetes import kubeconfig, objects, problems, replacement
from sandbox.plugins.kubernetes.cluster import ApiError, Cluster, UnreachableError
from sandbox.plugins.kubernetes.kubeconfig import KubeconfigError
from sandbox.plugins.kubernetes.objects import ObjectId, TypeToken
from sandbox.plugins.kubernetes.operations import Operations
from sandbox.plugins.kubernetes.settings import Settings, overrides, settings, text
from sandbox.plugins.protocol.diffs import compare, root
from sandbox.plugins.protocol.errors import PluginError, UnsupportedError
from sandbox.plugins.protocol.messages import (
    Autonaming,
    Checked,
    CheckFailure,
    CheckRequest,
    Created,
    CreateRequest,
    DeleteRequest,
    Diff,
    DiffRequest,
    Found,
    Invoked,
    InvokeRequest,
    ReadRequest,
    Target,
    UpdateRequest,
)
from sandbox.plugins.protocol.plugin import Plugin
from sandbox.plugins.protocol.values import UNKNOWN, Properties, has_unknown

Warn = Callable[[str, str], None]
"""Shows the user a warning: the text, and the URN that it is about (may be empty)."""

_CLUSTER_ARGUMENTS = ("kubeconfig", "context", "cluster")


class KubernetesPlugin(Plugin):
    """Carries API objects to a cluster, with the official plugin's rules.

    Args:
        environ: where `KUBECONFIG` and `PULUMI_K8S_*` are looked up.
        warn: shows the user a warning.
    """

    name = "kubernetes"
    version = "4.34.2"

    def __init__(self, environ: Mapping[str, str], warn: Warn) -> None:
        self._environ = environ
        self._warn = warn
        self._cancelled = threading.Event()
        self._settings = Settings()
        self._operations: Operations | None = None
        self._unreachable = "the provider is not configured yet"

    @property
    def label(self) -> str:
        """One line that says what this is; shown on every run."""
        return (
            f"STAND-IN for the kubernetes provider plugin {self.version}: API objects by the same rules, but it waits "
            "for Jobs and deletions only, and knows no Helm, YAML or Kustomize. For the sandbox only."
        )

    def schema(self) -> str:
        """The least that is a schema: the stand-in goes by apiVersion and kind, and knows no list of types."""
        return json.dumps({"name": self.name, "version": self.version})

    def check_config(self, target: Target, inputs: Properties) -> Checked:
        """Refuse what would make the official plugin do something else altogether."""
        del target
        failures = []
        if inputs.get("renderYamlToDirectory"):
            failures.append(CheckFailure("renderYamlToDirectory", "not carried by the kubernetes plugin's stand-in"))
        if not settings(inputs, self._environ).server_side_apply:
            failures.append(CheckFailure("enableServerSideApply", "the stand-in knows server-side apply only"))
        return Checked(inputs, failures)

    def diff_config(self, request: DiffRequest) -> Diff:
        """Replace the provider, and with it all its resources, only for another cluster.

        The rules are the official plugin's: a `clusterIdentifier` that is set decides alone; else the
        cluster entry that the kubeconfig leads to does.
        """
        old, new = request.old_inputs or request.outputs, request.news
        replacing = replacing_arguments(old, new)
        changes = [replace(change, replace=root(change.path) in replacing) for change in compare(old, new)]
        return Diff(changes)

    def configure(self, inputs: Properties) -> None:
        """Connect to the cluster; one that cannot be reached fails the resources, not the provider."""
        self._settings = settings(inputs, self._environ)
        if any(inputs.get(name) is UNKNOWN for name in _CLUSTER_ARGUMENTS):
            self._unreachable = "its kubeconfig is not known yet"
            return
        try:
            cluster = Cluster(self._settings.target(self._environ), lambda warning: self._warn(warning, ""))
            cluster.version()
        except (KubeconfigError, UnreachableError, ApiError) as error:
            self._unreachable = str(error)
            return
        self._operations = Operations(cluster, self._settings, self._cancelled)

    def check(self, request: CheckRequest) -> Checked:
        """Bring inputs to normal form and fill in name and namespace."""
        if self._operations is None and self._settings.skip_update_unreachable and request.olds:
            self._warn("The cluster is unreachable; skipped, as skipUpdateUnreachable says.", request.target.urn)
            return Checked(objects.concealed(request.olds))
        token = TypeToken.parse(request.target.type)
        inputs = objects.normalized(request.news, token)
        failures = []
        metadata = inputs.setdefault("metadata", {})
        if isinstance(metadata, dict):
            failures += _named(inputs, request, token)
            if metadata.get("namespace") is None and self._operations and self._operations.namespaced(inputs):
                metadata["namespace"] = self._operations.default_namespace
        return Checked(objects.concealed(inputs), failures)

    def diff(self, request: DiffRequest) -> Diff:
        """Compare old and new inputs; what the cluster adds by itself is no change."""
        token = TypeToken.parse(request.target.type)
        old, new = objects.normalized(request.old_inputs, token), objects.normalized(request.news, token)
        where = ObjectId.of(request.outputs)
        _fill_namespace(old, where.namespace)
        _fill_namespace(new, where.namespace if not _has_metadata_unknown(new) else "")
        properties = replacement.replacing_properties(new, self._settings, patch=token.patch)
        changes = [
            change
            for change in replacement.changes(old, new, properties)
            if not any(replacement.is_within(change.path, ignored) for ignored in request.ignore_changes)
        ]
        first = any(change.replace for change in changes) and replacement.deletes_first(request.outputs, new)
        return Diff(changes, delete_before_replace=first)

    def create(self, request: CreateRequest) -> Created:
        """Create an object."""
        if request.preview:
            if self._operations is None or has_unknown(request.inputs):
                return Created("", request.inputs)
            return Created("", self._operations.preview_create(request))
        return self._reachable("create", request.target).create(request)

    def read(self, request: ReadRequest) -> Found | None:
        """Look an object up."""
        if self._operations is None:
            if self._settings.delete_unreachable:
                self._warn(f"Removed from state, as deleteUnreachable says: {self._unreachable}", request.target.urn)
                return None
            if self._settings.skip_update_unreachable:
                self._warn(f"Left as the state has it: {self._unreachable}", request.target.urn)
                return Found(request.id, request.outputs, request.inputs)
        operations = self._reachable("read", request.target)
        try:
            return operations.read(request)
        except UnreachableError as error:
            raise PluginError(problems.unreachable("cannot read", request.target, str(error))) from error

    def update(self, request: UpdateRequest) -> Properties:
        """Change an object in place."""
        if request.preview:
            if self._operations is None or has_unknown(request.news):
                return request.news
            return self._operations.preview_update(request)
        return self._reachable("update", request.target).update(request)

    def delete(self, request: DeleteRequest) -> None:
        """Delete an object."""
        if self._operations is None and self._settings.delete_unreachable:
            self._warn(f"Removed from state only, as deleteUnreachable says: {self._unreachable}", request.target.urn)
            return
        self._reachable("delete", request.target).delete(request)

    def invoke(self, request: InvokeRequest) -> Invoked:
        """The official plugin's functions render YAML, Helm charts and Kustomize; none is carried."""
        raise UnsupportedError(f"{request.token} is not carried by the kubernetes plugin's stand-in.")

    def cancel(self) -> None:
        """End all waiting."""
        self._cancelled.set()

    def _reachable(self, action: str, target: Target) -> Operations:
        if self._operations is None:
            raise PluginError(problems.unreachable(f"cannot {action}", target, self._unreachable))
        return self._operations


def replacing_arguments(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """The provider's arguments whose change means another cluster."""
    old_id, new_id = old.get("clusterIdentifier"), new.get("clusterIdentifier")
    if new_id and old_id == new_id:
        return set()
    replacing = {"clusterIdentifier"} if old_id and new_id else set()
    unknown = {name for name in _CLUSTER_ARGUMENTS if new.get(name) is UNKNOWN}
    if unknown:
        return replacing | unknown
    before = kubeconfig.active_cluster(text(old, "kubeconfig"), overrides(old))
    after = kubeconfig.active_cluster(text(new, "kubeconfig"), overrides(new))
    if before and after and before != after:
        replacing.update(_CLUSTER_ARGUMENTS)
    return replacing


def _named(inputs: Properties, request: CheckRequest, token: TypeToken) -> list[CheckFailure]:
    """See to it that an object has a name.

    Returns:
        Why it cannot have one.
    """
    if inputs["metadata"].get("generateName"):
        reason = "not supported with server-side apply: leave the name out, and Pulumi makes one"
        return [CheckFailure("metadata.generateName", reason)]
    if objects.has_name(inputs):
        return []
    if token.patch:
        return [CheckFailure("metadata.name", "a patch resource must name the object that it changes")]
    if objects.is_true(request.olds, objects.AUTONAMED) and objects.name_of(request.olds):
        objects.autoname(inputs, objects.name_of(request.olds))
    elif request.autonaming is Autonaming.DISABLE:
        return [CheckFailure("metadata.name", "missing, and automatic names are switched off: give the object a name")]
    elif request.proposed_name:
        objects.autoname(inputs, request.proposed_name)
    elif not request.olds:
        objects.autoname(inputs, f"{request.target.name}-{objects.random_suffix(request.seed)}")
    return []


def _fill_namespace(obj: Properties, namespace: str) -> None:
    """A namespace that neither program nor provider gives is the one where the object is."""
    metadata = obj.get("metadata")
    if namespace and isinstance(metadata, dict) and not metadata.get("namespace"):
        metadata["namespace"] = namespace


def _has_metadata_unknown(obj: Properties) -> bool:
    return obj.get("metadata") is UNKNOWN
