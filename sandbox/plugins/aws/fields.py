"""The properties of a resource type: what the Terraform schema says of each, and how two values compare."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sandbox.plugins.protocol.diffs import compare
from sandbox.plugins.protocol.messages import Change
from sandbox.plugins.protocol.values import UNKNOWN, Properties, Value, has_unknown

_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "object": dict,
    "array": list,
}


@dataclass(frozen=True)
class Field:
    """One property.

    Attributes:
        name: Its wire name.
        type: `string`, `boolean`, `integer`, `object` (a map of strings unless `fields` is given) or `array` (of
            strings, or of objects with `fields`).
        required: Whether the program has to give it.
        default: What it is when the program does not.
        replaces: Whether a change takes a new resource ("ForceNew").
        computed: Whether it is an output only.
        keeps: Whether it stays as it is when the program does not give it ("optional and computed").
        secret: Whether it is secret by its own nature.
        values: If not empty, the only values there are.
        problem: Says what is wrong with a known value, or None.
        same: Tells whether two values mean the same although they differ ("DiffSuppressFunc").
        fields: The properties of a nested object, by their names.
    """

    name: str
    type: str = "string"
    required: bool = False
    default: Value = None
    replaces: bool = False
    computed: bool = False
    keeps: bool = False
    secret: bool = False
    values: tuple[str, ...] = ()
    problem: Callable[[Value], str | None] | None = None
    same: Callable[[Value, Value], bool] | None = None
    fields: tuple["Field", ...] = ()

    def complaint(self, value: Value) -> str | None:
        """Say what is wrong with a given value; unknown values are never wrong."""
        if value is UNKNOWN:
            return None
        expected = _TYPES[self.type]
        if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
            return f"{self.name} must be of type {self.type}, not {type(value).__name__}"
        if self.values and value not in self.values:
            return f"expected {self.name} to be one of {list(self.values)}, got {value}"
        if self.problem and not has_unknown(value):
            return self.problem(value)
        return None

    def changes(self, old: Value, new: Value) -> list[Change]:
        """List how the wanted value `new` differs from `old`, the state's; absent, false, 0 and empty are the same."""
        if is_empty(new) and (self.keeps or is_empty(old)):
            return []
        if self.same and not has_unknown(new) and not is_empty(old) and not is_empty(new) and self.same(old, new):
            return []
        found = compare({self.name: None if is_empty(old) else old}, {self.name: new})
        return [replace(change, replace=self.replaces) for change in found]


def is_empty(value: Value) -> bool:
    """Tell whether a value is what Terraform takes for "not set"."""
    if isinstance(value, (list, dict)):
        return not value
    return value in (None, False, "", 0)


def tag_fields() -> tuple[Field, Field]:
    """Return the two tag properties that every taggable type has."""
    return Field("tags", "object"), Field("tagsAll", "object", computed=True)


def region_field() -> Field:
    """Return the per-resource region of pulumi-aws 7."""
    return Field("region", keeps=True, replaces=True)


def only_known(values: Properties) -> Properties:
    """Drop what is None, as the wire does."""
    return {name: value for name, value in values.items() if value is not None}
