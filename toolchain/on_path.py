"""The user's own installation: used when it will do, explained when it will not."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from toolchain.commands import Commands
from toolchain.families import OnPath
from toolchain.versions import Version, find_version

_VERSION_TIMEOUT = 20.0


@dataclass(frozen=True)
class Found:
    """An installation that will do: the program and its version."""

    program: Path
    version: Version


@dataclass(frozen=True)
class Refused:
    """An installation that is there but will not do, and why."""

    reason: str


def look_on_path(wanted: OnPath, commands: Commands, environ: Mapping[str, str], ours: Path) -> Found | Refused | None:
    """Looks for the user's own installation.

    Args:
        wanted: What would be acceptable.
        commands: Looks up and runs programs.
        environ: The user's environment.
        ours: ``.toolchain/bin``. It is passed over, so that what was installed earlier is not taken for the user's.

    Returns:
        What was found, or None if there is nothing.
    """
    path = os.pathsep.join(
        entry for entry in environ.get("PATH", "").split(os.pathsep) if entry and Path(entry).absolute() != ours
    )
    name, *arguments = wanted.version_command
    program = commands.which(name, path)
    if program is None:
        return None
    env = {**environ, "PATH": path, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    answer = commands.ask([program, *arguments], env=env, cwd=ours.parent.parent, timeout=_VERSION_TIMEOUT)
    version = find_version(answer.output) if answer.code == 0 else None
    if version is None:
        return Refused(f"{program} does not tell a released version")
    if version not in wanted.accepts:
        return Refused(f"{program} is {version}, and {wanted.accepts} is needed")
    for companion in wanted.needs:
        if commands.which(companion, path) is None:
            return Refused(f"{program} is {version}, but there is no {companion} on PATH beside it")
    return Found(Path(program), version)
