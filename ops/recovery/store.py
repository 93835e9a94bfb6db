"""Files of a backend that is a directory, which an engine killed while it wrote leaves unreadable.

Engine 3.259 keeps attributes of each file beside it, in `<file>.attrs`, and writes these in place: it creates the file
anew, then fills it (gocloud.dev, `blob/fileblob/attrs.go`). Killed in between, it leaves an empty one, and no command
reads the state any more: `failed to load checkpoint: EOF`. A file without attributes is read like any other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

ATTRIBUTES = ".attrs"


def root(backend: str, directory: Path) -> Path | None:
    """Return where a backend keeps its files; None where it is no directory of this machine.

    Args:
        backend: the backend's address.
        directory: the program's directory, which a relative address counts from.
    """
    if not backend.startswith("file://"):
        return None
    path = backend.removeprefix("file://").partition("?")[0]
    return (directory / Path(path).expanduser()).resolve() / ".pulumi"


def unreadable_attributes(root: Path, project: str, stack: str) -> tuple[Path, ...]:
    """Return a stack's files of attributes that cannot be read.

    Args:
        root: where the backend keeps its files.
        project: the project's name.
        stack: the stack's name.
    """
    return tuple(file for file in _attributes(root, project, stack) if not _is_readable(file))


def _attributes(root: Path, project: str, stack: str) -> Iterator[Path]:
    # The second of each is the layout of backends from before projects were told apart.
    for states in (root / "stacks" / project, root / "stacks"):
        yield from sorted(states.glob(f"{stack}.json*{ATTRIBUTES}"))
    for kind in ("history", "backups"):
        for entries in (root / kind / project / stack, root / kind / stack):
            yield from sorted(entries.glob(f"*{ATTRIBUTES}"))


def _is_readable(file: Path) -> bool:
    try:
        return isinstance(json.loads(file.read_text(encoding="utf-8")), dict)
    except FileNotFoundError:
        return True  # it has just gone, and its absence does no harm
    except ValueError:
        return False
