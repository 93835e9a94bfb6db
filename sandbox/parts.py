"""The parts of the sandbox: what each one is and how it is started."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.layout import Layout
from sandbox.options import Options, SandboxError

CONTROL_PLANE_BINARY = "sandbox-control-plane"
REGISTRY_BINARY = "sandbox-registry"


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
        SandboxError: the control plane or the registry is not built.
    """
    toolchain = Path(options.toolchain)
    own_cluster = options.kube == "own"
    cluster = (control_plane(toolchain / CONTROL_PLANE_BINARY, layout.control_plane),) if own_cluster else ()
    return (registry(toolchain / REGISTRY_BINARY, layout.registry), aws(options.propagation), nvcf(), *cluster)


def registry(binary: Path, directory: Path) -> Part:
    """The store of image layers behind the emulated AWS: a real registry that only AWS talks to.

    Args:
        binary: the registry, built by the toolchain.
        directory: where the layers go.

    Raises:
        SandboxError: the binary is not there.
    """
    if not binary.is_file():
        raise SandboxError(f"There is no registry at {binary}. Build it with `python -m toolchain install`.")
    command = (str(binary), "-dir", str(directory), "-port", "0", "-exit-with-parent")
    return Part("registry", "store of image layers", lambda _: command)


def aws(propagation: float, *, images: bool = True) -> Part:
    """AWS: moto with what it lacks, any state in memory.

    Args:
        propagation: seconds until a new access key is accepted.
        images: whether images can be pushed and pulled; then the part `registry` has to run as well.
    """
    delay = ("--propagation", str(propagation)) if propagation else ()

    def command(endpoints: Mapping[str, str]) -> Sequence[str]:
        store = ("--registry", endpoints["registry"]) if images else ()
        return (*_module("sandbox.aws"), *delay, *store)

    return Part("aws", "AWS emulator", command, needs=("registry",) if images else ())


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
