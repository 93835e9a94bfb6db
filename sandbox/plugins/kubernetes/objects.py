"""Kubernetes objects as Pulumi resources: identity, names, annotations, and the inputs' normal form. All pure."""

from __future__ import annotations

import base64
import copy
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.plugins.protocol.errors import UnsupportedError
from sandbox.plugins.protocol.values import UNKNOWN, Properties, Secret, has_unknown

AUTONAMED = "pulumi.com/autonamed"
SKIP_AWAIT = "pulumi.com/skipAwait"
PATCH_FORCE = "pulumi.com/patchForce"
PATCH_FIELD_MANAGER = "pulumi.com/patchFieldManager"
TIMEOUT_SECONDS = "pulumi.com/timeoutSeconds"
DELETION_PROPAGATION = "pulumi.com/deletionPropagationPolicy"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""What `kubectl apply` leaves on an object: a copy of it, a Secret's data included."""

FIELD_MANAGER = "__fieldManager"
"""Key of the outputs under which the name that owns the object's fields is kept, as in the official plugin."""

INITIAL_API_VERSION = "__initialApiVersion"

_SERVER_METADATA = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
"""What only the API server writes."""


@dataclass(frozen=True)
class ObjectId:
    """Where an object is: `namespace/name`, or `name` for one outside namespaces."""

    namespace: str
    name: str

    @classmethod
    def parse(cls, text: str) -> ObjectId:
        """Read a resource id."""
        namespace, _, name = text.rpartition("/")
        return cls(namespace, name)

    @classmethod
    def of(cls, obj: Mapping[str, Any]) -> ObjectId:
        """The id of an object."""
        metadata = obj.get("metadata") or {}
        return cls(metadata.get("namespace") or "", metadata.get("name") or "")

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True)
class TypeToken:
    """A resource type such as `kubernetes:core/v1:Secret`.

    Args:
        api_version: as in an object, `v1` or `batch/v1`.
        kind: as in an object.
        patch: whether it is a type that manages some fields of an object somebody else made, such as
            `SecretPatch`.
    """

    api_version: str
    kind: str
    patch: bool = False

    @classmethod
    def parse(cls, token: str) -> TypeToken:
        """Read a type token.

        Raises:
            UnsupportedError: it is no Kubernetes object, such as a Helm release.
        """
        _, module, name = token.split(":", 2)
        group, _, version = module.rpartition("/")
        if not group or group.startswith(("helm.sh", "yaml", "kustomize")):
            raise UnsupportedError(f"{token} is not carried by the kubernetes plugin's stand-in, only API objects are.")
        if name.endswith("List"):
            raise UnsupportedError(f"{token}: lists cannot be created; declare the objects in it.")
        patch = name.endswith("Patch") and name != "Patch"
        return cls(version if group == "core" else f"{group}/{version}", name.removesuffix("Patch"), patch)


def annotation(obj: Mapping[str, Any], name: str) -> str:
    """An annotation's value; empty when there is none or it is not known yet."""
    metadata = obj.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    value = annotations.get(name) if isinstance(annotations, dict) else None
    return value if isinstance(value, str) else ""


def is_true(obj: Mapping[str, Any], name: str) -> bool:
    """Whether an annotation says `true`."""
    return annotation(obj, name) == "true"


def name_of(obj: Mapping[str, Any]) -> str:
    """The name in an object's metadata; empty when there is none or it is not known yet."""
    metadata = obj.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else ""


def has_name(obj: Mapping[str, Any]) -> bool:
    """Whether an object's metadata gives a name, be it one that is not known yet."""
    metadata = obj.get("metadata")
    return metadata is UNKNOWN or (isinstance(metadata, dict) and bool(metadata.get("name")))


def namespace_of(obj: Mapping[str, Any]) -> str:
    """The namespace in an object's metadata; empty when there is none or it is not known yet."""
    metadata = obj.get("metadata")
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    return namespace if isinstance(namespace, str) else ""


def autoname(inputs: Properties, name: str) -> None:
    """Give an object a name that the program left out, and note that it did."""
    metadata = inputs.setdefault("metadata", {})
    metadata["name"] = name
    annotations = metadata.setdefault("annotations", {})
    if isinstance(annotations, dict):
        annotations[AUTONAMED] = "true"


def random_suffix(seed: bytes) -> str:
    """Eight hexadecimal digits, the same for the same seed, so that a preview foretells the name."""
    return hashlib.sha256(seed).hexdigest()[:8] if seed else secrets.token_hex(4)


def normalized(inputs: Mapping[str, Any], token: TypeToken) -> Properties:
    """Inputs in the form that the API server will show them in: nothing null, no read-only field, no `stringData`.

    An input with unknowns keeps `stringData`: what it will be in base64 is not known.
    """
    result: Properties = _without_null(copy.deepcopy(dict(inputs)))
    result.setdefault("apiVersion", token.api_version)
    result.setdefault("kind", token.kind)
    metadata = result.get("metadata")
    if isinstance(metadata, dict):
        for name in _SERVER_METADATA:
            metadata.pop(name, None)
    result.pop("status", None)
    if is_secret(result) and not has_unknown(result) and result.get("stringData"):
        data = result.setdefault("data", {})
        for key, value in result.pop("stringData").items():
            data[key] = base64.b64encode(str(value).encode()).decode()
    return result


def is_secret(obj: Mapping[str, Any]) -> bool:
    """Whether an object is a core Secret."""
    return obj.get("kind") == "Secret" and obj.get("apiVersion") in ("v1", "core/v1")


def concealed(obj: Mapping[str, Any]) -> Properties:
    """An object with what is secret by nature marked so: a Secret's data, and kubectl's copy of it."""
    result = dict(obj)
    if not is_secret(obj):
        return result
    for key in ("data", "stringData"):
        if result.get(key) is not None:
            result[key] = Secret(result[key])
    if annotation(obj, LAST_APPLIED):
        metadata = dict(result["metadata"])
        metadata["annotations"] = {**metadata["annotations"], LAST_APPLIED: Secret(annotation(obj, LAST_APPLIED))}
        result["metadata"] = metadata
    return result


def outputs(live: Mapping[str, Any], manager: str) -> Properties:
    """A resource's outputs: the live object, and what this plugin has to remember.

    `managedFields` are left out: long, never of use to a program, and different after every touch by anybody.
    """
    result = concealed(live)
    metadata = dict(result["metadata"])
    metadata.pop("managedFields", None)
    return {**result, "metadata": metadata, FIELD_MANAGER: manager, INITIAL_API_VERSION: live.get("apiVersion", "")}


def imported_inputs(live: Mapping[str, Any]) -> Properties:
    """Inputs that would make a live object what it is; for an import, where no earlier inputs are known."""
    result: Properties = copy.deepcopy(dict(live))
    result.pop("status", None)
    metadata = result.get("metadata", {})
    for name in _SERVER_METADATA:
        metadata.pop(name, None)
    annotations = metadata.get("annotations", {})
    annotations.pop(LAST_APPLIED, None)
    annotations.pop("deployment.kubernetes.io/revision", None)
    if "annotations" in metadata and not annotations:
        del metadata["annotations"]
    return result


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_null(item) for item in value]
    return value
