"""The user's Go: whether it is there and new enough, and how it is called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from toolchain.commands import Commands
from toolchain.errors import ToolchainError
from toolchain.versions import Version, find_version

# From this one on, Go fetches the version a go.mod asks for by itself (https://go.dev/doc/toolchain).
_FETCHES_NEWER = Version(1, 21, 0)
_GO_DIRECTIVE = re.compile(r"^go (\S+)$", re.MULTILINE)

# Neither debug information nor optimisation: a cold build takes half the time, and these programs mostly wait.
# The same flags for every program, else each would compile the standard library again.
COMPILER_FLAGS = "all=-dwarf=false -N -l"


def go_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Returns the environment for Go commands.

    The user's proxy, checksum database and caches stay as they are. Only what would change the result is set: no
    C compiler, no version control stamp, no ``go.work`` of a directory above.
    """
    flags = f"{environ.get('GOFLAGS', '')} -buildvcs=false".strip()
    return {**environ, "CGO_ENABLED": "0", "GOFLAGS": flags, "GOWORK": "off"}


def required_go(module: Path) -> Version:
    """Reads which Go a module asks for.

    Args:
        module: Directory with the ``go.mod``.

    Raises:
        ToolchainError: The ``go.mod`` names no version.
    """
    match = _GO_DIRECTIVE.search((module / "go.mod").read_text(encoding="utf-8"))
    version = find_version(match[1]) if match else None
    if version is None:
        raise ToolchainError(f"{module / 'go.mod'} has no line 'go <version>'")
    return version


def find_go(commands: Commands, environ: Mapping[str, str], module: Path, wanted_for: str) -> str:
    """Finds a Go that can build a module.

    Args:
        commands: Runs ``go``.
        environ: The user's environment.
        module: Directory with the ``go.mod``.
        wanted_for: What is to be built, for the message.

    Returns:
        The path of ``go``.

    Raises:
        ToolchainError: There is none or it is too old; the text says what to do.
    """
    needed = required_go(module)
    remedy = (
        f"Install Go {needed} or newer (https://go.dev/doc/install) so that 'go version' works in this shell, "
        "then run this command again."
    )
    go = commands.which("go", environ.get("PATH", ""))
    if go is None:
        raise ToolchainError(f"{wanted_for} has to be built from source, and there is no 'go' on PATH. {remedy}")
    env = go_environment(environ)
    answer = commands.ask([go, "version"], env=env, cwd=module.parent, timeout=30)
    have = find_version(answer.output) if answer.code == 0 else None
    if have is None:
        raise ToolchainError(
            f"{wanted_for} has to be built, but '{go} version' said {answer.output.strip()!r}. {remedy}"
        )
    if have >= needed:
        return go
    policy = commands.ask([go, "env", "GOTOOLCHAIN"], env=env, cwd=module.parent, timeout=30).output.strip()
    if have >= _FETCHES_NEWER and policy != "local":
        return go
    hint = f" (It may not fetch a newer one by itself: GOTOOLCHAIN={policy}.)" if have >= _FETCHES_NEWER else ""
    raise ToolchainError(f"{wanted_for} has to be built with Go {needed} or newer; {go} is {have}.{hint} {remedy}")
