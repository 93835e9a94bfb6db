"""What was installed and from what, so that a second run costs nothing and a changed source is built again."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from toolchain.families import Family
from toolchain.go import COMPILER_FLAGS


@dataclass(frozen=True)
class Stamp:
    """The record of one installation.

    Args:
        origin: ``build`` or ``installer``.
        version: Version of the family's main program.
        fingerprint: Of everything the installation was made from; see ``fingerprint``.
        files: File name in ``.toolchain/bin`` to its size in bytes.
    """

    origin: str
    version: str
    fingerprint: str
    files: Mapping[str, int]


def fingerprint(family: Family, module: Path) -> str:
    """Hashes what determines a build: sources, ``go.mod``, ``go.sum``, flags, the family's record, the platform.

    The Go version is left out on purpose: a new compiler does not make the old programs wrong.

    Args:
        family: What is built.
        module: The directory of its sources.
    """
    digest = hashlib.sha256()
    digest.update(repr((family, COMPILER_FLAGS, platform.system(), platform.machine())).encode())
    for source in sorted(path for path in module.rglob("*") if path.is_file()):
        if source.name.endswith("_test.go"):
            continue
        content = source.read_bytes()
        digest.update(f"\n{source.relative_to(module).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def read_stamp(path: Path) -> Stamp | None:
    """Reads a record; None if there is none or it cannot be understood."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        return Stamp(
            origin=str(fields["origin"]),
            version=str(fields["version"]),
            fingerprint=str(fields["fingerprint"]),
            files={str(name): int(size) for name, size in fields["files"].items()},
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def write_stamp(path: Path, stamp: Stamp) -> None:
    """Writes a record in one step: readers see the whole of it or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(stamp), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    partial.replace(path)


def is_intact(stamp: Stamp, directory: Path) -> bool:
    """Tells whether every recorded file is there, executable and as long as it was."""
    for name, size in stamp.files.items():
        path = directory / name
        try:
            if path.stat().st_size != size or not os.access(path, os.X_OK):
                return False
        except OSError:
            return False
    return True
