"""Which changes take a replacement. A table of the official plugin's rules, and how paths are matched against it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sandbox.plugins.kubernetes.objects import AUTONAMED, has_name, is_true, name_of, namespace_of
from sandbox.plugins.kubernetes.settings import Settings
from sandbox.plugins.protocol.diffs import compare
from sandbox.plugins.protocol.messages import Change, ChangeKind

IDENTITY = ("metadata.name", "metadata.namespace")

_SELECTOR = ("spec.selector",)
_JOB = ("spec.completions", "spec.parallelism", "spec.selector", "spec.template")
_STATEFUL_SET = (
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
)
_VOLUME_SOURCES = [
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "csi",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "glusterfs",
    "hostPath",
    "iscsi",
    "local",
    "nfs",
    "photonPersistentDisk",
    "portworxVolume",
    "quobyte",
    "rbd",
    "scaleIO",
    "storageos",
    "vsphereVolume",
]
_POD_FIELDS = [
    "affinity",
    "automountServiceAccountToken",
    "dnsConfig",
    "dnsPolicy",
    "enableServiceLinks",
    "hostAliases",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostname",
    "imagePullSecrets",
    "nodeName",
    "nodeSelector",
    "overhead",
    "preemptionPolicy",
    "priority",
    "priorityClassName",
    "readinessGates",
    "restartPolicy",
    "runtimeClassName",
    "schedulerName",
    "securityContext",
    "serviceAccount",
    "serviceAccountName",
    "shareProcessNamespace",
    "subdomain",
    "terminationGracePeriodSeconds",
    "volumes",
]
_CONTAINER_FIELDS = [
    "args",
    "command",
    "env",
    "image",
    "imagePullPolicy",
    "lifecycle",
    "livenessProbe",
    "ports",
    "readinessProbe",
    "resources",
    "securityContext",
    "stdin",
    "stdinOnce",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "tty",
    "volumeDevices",
    "volumeMounts",
    "workingDir",
]
_POD = (
    *(f"spec.{name}" for name in _POD_FIELDS),
    *(f"spec.{group}[*].{name}" for group in ("containers", "initContainers") for name in _CONTAINER_FIELDS),
)

RULES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("apps/v1", "DaemonSet"): _SELECTOR,
    ("apps/v1", "Deployment"): _SELECTOR,
    ("apps/v1", "StatefulSet"): _STATEFUL_SET,
    ("batch/v1", "Job"): _JOB,
    ("batch/v1beta1", "Job"): _JOB,
    ("policy/v1beta1", "PodDisruptionBudget"): ("spec",),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): ("roleRef",),
    ("storage.k8s.io/v1", "StorageClass"): ("parameters", "provisioner"),
    ("v1", "PersistentVolume"): tuple(f"spec.{name}" for name in _VOLUME_SOURCES),
    ("v1", "PersistentVolumeClaim"): (
        "spec.accessModes",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeName",
    ),
    ("v1", "Pod"): _POD,
    ("v1", "ResourceQuota"): ("spec.scopes",),
    ("v1", "Secret"): ("type",),
    ("v1", "Service"): ("spec.clusterIP",),
}
"""Properties that cannot change in place, by apiVersion and kind; `[*]` is any item of a list.

From the official plugin's own table (`provider/pkg/provider/diff.go` of pulumi/pulumi-kubernetes, 4.x).
"""


def replacing_properties(inputs: Mapping[str, Any], settings: Settings, *, patch: bool = False) -> tuple[str, ...]:
    """The properties of an object whose change takes a replacement.

    Args:
        inputs: the new object.
        settings: whether Secrets and ConfigMaps may change in place.
        patch: whether the resource only manages fields of somebody else's object; then all but identity may
            change.
    """
    if patch:
        return IDENTITY
    key = (str(inputs.get("apiVersion")), str(inputs.get("kind")))
    immutable = inputs.get("immutable") is True
    rules = RULES.get(key, ())
    if key == ("v1", "Secret") and (immutable or not settings.secret_mutable):
        rules = ("type", "stringData", "data")
    if key == ("v1", "ConfigMap") and (immutable or not settings.config_map_mutable):
        rules = ("binaryData", "data")
    return (*IDENTITY, *rules)


def changes(old: Mapping[str, Any], new: Mapping[str, Any], properties: Iterable[str]) -> list[Change]:
    """Where two objects differ, and which of the differences take a replacement."""
    rules = [_steps(path) for path in properties]
    return [replace(change, replace=True) if _replaces(change, new, rules) else change for change in compare(old, new)]


def deletes_first(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether the old object has to go before the new one can be: both have the same name, fixed by the program."""
    return (
        has_name(new)
        and not is_true(new, AUTONAMED)
        and name_of(new) == name_of(old)
        and namespace_of(new) == namespace_of(old)
    )


def is_within(path: str, outer: str) -> bool:
    """Whether a property path is another one, or below it."""
    inner, steps = _steps(path), _steps(outer)
    return len(inner) >= len(steps) and all(_same(ours, theirs) for ours, theirs in zip(inner, steps, strict=False))


def _replaces(change: Change, new: Mapping[str, Any], rules: Iterable[list[str]]) -> bool:
    path = _steps(change.path)
    for rule in rules:
        depth = min(len(path), len(rule))
        if not all(_same(ours, theirs) for ours, theirs in zip(path, rule, strict=False)):
            continue
        if len(path) >= len(rule):
            return True
        # The change is above the rule's property, such as a whole `spec`: it counts if that property comes with it.
        if change.kind is not ChangeKind.DELETE and _holds(new, path, rule[depth:]):
            return True
    return False


def _same(step: str, rule: str) -> bool:
    return step == rule or (rule == "*" and step.isdigit())


def _holds(new: Mapping[str, Any], path: list[str], rest: list[str]) -> bool:
    value: Any = new
    for step in (*path, *rest):
        if isinstance(value, list):
            if step == "*":
                return bool(value)
            value = value[int(step)] if step.isdigit() and int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
        if value is None:
            return False
    return True


def _steps(path: str) -> list[str]:
    """Split a property path: `a.b[0]["c.d"]` gives a, b, 0, c.d."""
    found = re.findall(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.\[\]]+)', path)
    return [quoted.replace('\\"', '"').replace("\\\\", "\\") or index or name for quoted, index, name in found]
