"""Comparing property values."""

from collections.abc import Mapping
from itertools import zip_longest

from sandbox.plugins.protocol.messages import Change, ChangeKind
from sandbox.plugins.protocol.values import Value


def compare(old: Mapping[str, Value], new: Mapping[str, Value]) -> list[Change]:
    """List where `new` differs from `old`, as innermost paths, in their order.

    None and absent are the same. An unknown in `new` counts as an update of whatever was there. Keys that begin with
    two underscores are a plugin's own notes and never differ.
    """
    changes: list[Change] = []
    for key in sorted(old.keys() | new.keys()):
        if not key.startswith("__"):
            changes.extend(_compare(key, old.get(key), new.get(key)))
    return changes


def root(path: str) -> str:
    """Return the top-level property that a path begins with: `tags` for `tags.owner`."""
    return path.split(".", 1)[0].split("[", 1)[0]


def _compare(path: str, old: Value, new: Value) -> list[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [key for key in sorted(old.keys() | new.keys()) if not key.startswith("__")]
        pairs = [(path + _step(key), old.get(key), new.get(key)) for key in keys]
        return [change for pair in pairs for change in _compare(*pair)]
    if isinstance(old, list) and isinstance(new, list):
        items = zip_longest(old, new)
        return [
            change
            for index, (before, after) in enumerate(items)
            for change in _compare(f"{path}[{index}]", before, after)
        ]
    kind = _kind(old, new)
    return [] if kind is None else [Change(path, kind)]


def _kind(old: Value, new: Value) -> ChangeKind | None:
    if old is None:
        return None if new is None else ChangeKind.ADD
    if new is None:
        return ChangeKind.DELETE
    # bool is an int in Python, but true is not 1.
    same = old == new and isinstance(old, bool) == isinstance(new, bool)
    return None if same else ChangeKind.UPDATE


def _step(key: str) -> str:
    """Write a key as the engine's path syntax does: quoted when it holds a character that has a meaning there."""
    if any(character in key for character in '.[]"'):
        quoted = key.replace("\\", "\\\\").replace('"', '\\"')
        return f'["{quoted}"]'
    return f".{key}"
