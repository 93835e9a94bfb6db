"""The parts of the sandbox: what each one is and how it is started."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.layout import Layout
from sandbox.options import Options, SandboxError

CONTROL_PLANE_BINARY = "sandbox-control-plane"


@dataclass(frozen=True)
class Part:
    """One server of the sandbox, a process that prints `ready URL` once it answers.

    Args:
        name: short and unique; names the log too.
        title: what it is, in words that say it is not the real thing.
        command: its argument vector, from the endpoints of the parts it needs.
        needs: names of the parts whose endpoint it must know.
    """

    name: str
    title: str
    command: Callable[[Mapping[str, str]], Sequence[str]]
    needs: tuple[str, ...] = ()


def standard_parts(options: Options, layout: Layout) -> tuple[Part, ...]:
    """The parts that `options` ask for.

    Raises:
        SandboxError: the control plane is not built.
    """
    parts = [aws(options.propagation), nvcf()]
    if options.kube == "own":
        parts.append(control_plane(Path(options.toolchain) / CONTROL_PLANE_BINARY, layout.control_plane))
    return tuple(parts)


def aws(propagation: float) -> Part:
    """AWS: moto with what it lacks, any state in memory.

    Args:
        propagation: seconds until a new access key is accepted.
    """
    arguments = ("--propagation", str(propagation)) if propagation else ()
    return Part("aws", "AWS emulator", lambda _: (*_module("sandbox.aws"), *arguments))


def nvcf() -> Part:
    """NVCF: the registry-credential API; logins to ECR go to the emulated AWS."""
    return Part(
        "nvcf",
        "NVCF emulator",
        lambda endpoints: (*_module("sandbox.nvcf"), "--aws-endpoint", endpoints["aws"]),
        needs=("aws",),
    )


def control_plane(binary: Path, directory: Path) -> Part:
    """Kubernetes: a real API server, etcd and controllers, without any node.

    Args:
        binary: the control plane, built by the toolchain.
        directory: where its database and its kubeconfigs go.

    Raises:
        SandboxError: the binary is not there.
    """
    if not binary.is_file():
        raise SandboxError(
            f"There is no control plane at {binary}. Build it with `python -m toolchain install`, "
            "or use a cluster of your own: export KUBECONFIG and add `--kube mine`."
        )
    command = (str(binary), "-dir", str(directory), "-port", "0", "-exit-with-parent")
    return Part("kubernetes", "Kubernetes API server without nodes", lambda _: command)


def _module(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name, "--port", "0", "--exit-with-parent")
