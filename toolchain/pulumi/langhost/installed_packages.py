"""Prints, as JSON, the Pulumi packages that this Python can import.

Run by the language host with the program's interpreter. One object per package that carries a
``pulumi-plugin.json``: ``name`` and ``version`` of the distribution, and the file's ``path``.
"""

import importlib.metadata
import importlib.util
import json
import pathlib
import re
import sys
from collections.abc import Iterator
from typing import Optional

PLUGIN_FILE = "pulumi-plugin.json"


def normalized(name: str) -> str:
    """Gives the one spelling of a distribution's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def plugin_files() -> Iterator[tuple[str, pathlib.Path]]:
    """Yields (import name, path) for packages in the directories Python imports from."""
    seen = set()
    for entry in sys.path:
        if not entry:
            continue
        for path in sorted(pathlib.Path(entry).glob("*/" + PLUGIN_FILE)):
            if path.parent.name not in seen:
                seen.add(path.parent.name)
                yield path.parent.name, path


def editable_plugin_file(name: str) -> Optional[pathlib.Path]:  # noqa: UP045 - any Python may run this
    """Finds the file of a package that an import hook, not a directory, leads to."""
    try:
        spec = importlib.util.find_spec(name.replace("-", "_"))
    except (ImportError, ValueError):
        return None
    for location in (spec.submodule_search_locations or []) if spec else []:
        path = pathlib.Path(location, PLUGIN_FILE)
        if path.is_file():
            return path
    return None


def main() -> None:
    """Looks through the distributions, then through packages that belong to none."""
    files = {normalized(name): path for name, path in plugin_files()}
    found = {}
    for distribution in importlib.metadata.distributions():
        name = normalized(distribution.metadata["Name"] or "")
        path = files.pop(name, None)
        if path is None and name.startswith("pulumi-") and name not in found:
            path = editable_plugin_file(name)
        if path is not None:
            found[name] = {"name": name, "version": distribution.version, "path": str(path)}
    for name, path in files.items():  # on the path, but not installed: a generated SDK beside the program
        found.setdefault(name, {"name": name, "version": "", "path": str(path)})
    json.dump([found[name] for name in sorted(found)], sys.stdout)


main()
