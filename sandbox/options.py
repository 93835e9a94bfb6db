"""What a sandbox is asked to be."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from sandbox.layout import TOOLCHAIN

Kube = Literal["own", "mine"]
Plugins = Literal["standin", "official"]


class SandboxError(Exception):
    """The sandbox cannot do what was asked; the text says what is wrong and what to do."""


@dataclass(frozen=True)
class Options:
    """The choices of `python -m sandbox up`.

    Args:
        kube: `own` runs a control plane; `mine` uses the cluster of the user's `KUBECONFIG`.
        plugins: `standin` puts the stand-ins of the aws and kubernetes provider plugins first on PATH;
            `official` leaves it to Pulumi to download the official ones.
        propagation: seconds until AWS's emulator accepts a new access key; real IAM takes a while to spread
            one.
        kubeconfig: for `mine`, the value of the user's `KUBECONFIG`.
        toolchain: directory of the binaries the toolchain builds.
    """

    kube: Kube = "own"
    plugins: Plugins = "standin"
    propagation: float = 0.0
    kubeconfig: str = ""
    toolchain: str = str(TOOLCHAIN)

    def as_dict(self) -> dict[str, str | float]:
        """The choices as JSON can hold them."""
        return asdict(self)


def checked_options(
    kube: Kube,
    plugins: Plugins,
    propagation: float,
    environ: Mapping[str, str],
    toolchain: Path = TOOLCHAIN,
) -> Options:
    """Options that can work here.

    Raises:
        SandboxError: `mine` without a kubeconfig, or a propagation that is no time.
    """
    if not math.isfinite(propagation) or propagation < 0:
        raise SandboxError(f"--propagation {propagation}: give seconds, zero or more.")
    kubeconfig = ""
    if kube == "mine":
        kubeconfig = _user_kubeconfig(environ)
    return Options(kube, plugins, propagation, kubeconfig, str(toolchain.absolute()))


def _user_kubeconfig(environ: Mapping[str, str]) -> str:
    """The user's `KUBECONFIG` with absolute paths.

    Only the variable counts: `~/.kube/config` may well be a cluster that nobody meant to try things on.
    """
    paths = [Path(entry).expanduser().absolute() for entry in environ.get("KUBECONFIG", "").split(os.pathsep) if entry]
    if not paths:
        raise SandboxError(
            "--kube mine uses the cluster of KUBECONFIG, and KUBECONFIG is not set. "
            "Export it (a cluster for trying things on), or leave --kube out to have one made here."
        )
    if not any(path.is_file() for path in paths):
        raise SandboxError(
            f"--kube mine: no file that KUBECONFIG names exists ({', '.join(map(str, paths))}). Correct it."
        )
    return os.pathsep.join(map(str, paths))
