"""The package schema, made from the kinds: enough for `pulumi import` to write code, and to say what this is."""

import json
from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws.fields import Field
from sandbox.plugins.aws.kind import Kind


def package_schema(version: str, description: str, kinds: Iterable[Kind], functions: Iterable[str]) -> str:
    """Return the schema as JSON text.

    Args:
        version: The version to report.
        description: What the package says of itself.
        kinds: The resource types.
        functions: The tokens of the functions, described without arguments.
    """
    types: dict[str, Any] = {}
    resources = {kind.token: _resource(kind, types) for kind in kinds}
    document = {
        "name": "aws",
        "version": version,
        "description": description,
        "config": {},
        "provider": {"type": "object"},
        "types": types,
        "resources": resources,
        "functions": {token: {"inputs": {"type": "object"}, "outputs": {"type": "object"}} for token in functions},
        "meta": {"moduleFormat": "(.*)(?:/[^/]*)"},
        "language": {"python": {"requires": {"pulumi": ">=3.165.0,<4.0.0"}}},
    }
    return json.dumps(document, separators=(",", ":"))


def _resource(kind: Kind, types: dict[str, Any]) -> dict[str, Any]:
    def properties(fields: Iterable[Field]) -> dict[str, Any]:
        return {field.name: _property(kind.token, field, types) for field in fields}

    return {
        "description": kind.label,
        "properties": properties(kind.fields),
        "inputProperties": properties(kind.inputs()),
        "requiredInputs": [field.name for field in kind.inputs() if field.required],
    }


def _property(owner: str, field: Field, types: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = {"type": field.type}
    if field.fields:
        module, _, name = owner.rpartition(":")
        folder = module.partition("/")[0]
        type_name = f"{name}{field.name[0].upper()}{field.name[1:]}"
        token = f"{folder}/{type_name}:{type_name}"
        types[token] = {
            "type": "object",
            "properties": {inner.name: _property(owner, inner, types) for inner in field.fields},
            "required": [inner.name for inner in field.fields if inner.required],
        }
        reference = {"$ref": f"#/types/{token}"}
        return {**spec, "items": reference} if field.type == "array" else reference
    if field.type == "array":
        spec["items"] = {"type": "string"}
    if field.type == "object":
        spec["additionalProperties"] = {"type": "string"}
    return {**spec, "secret": True} if field.secret else spec
