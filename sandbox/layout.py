"""Where the project keeps things, and where one sandbox keeps its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
"""The project's root: the directory that holds `sandbox/`."""

PLUGIN_STAND_INS = PROJECT / "sandbox" / "plugins" / "bin"
"""Executables named as Pulumi's provider plugins that run the stand-ins."""

TOOLCHAIN = PROJECT / ".toolchain" / "bin"
"""Binaries the toolchain builds: the engine, its language host and the control plane."""


@dataclass(frozen=True)
class Layout:
    """The files of one sandbox.

    Args:
        root: the sandbox's directory, absolute; made with mode 0700 because it holds credentials.
    """

    root: Path

    @classmethod
    def at(cls, directory: Path | None) -> Layout:
        """The layout of `directory`, or of the project's own `.sandbox/`."""
        return cls((directory or PROJECT / ".sandbox").absolute())

    @property
    def environment(self) -> Path:
        """The shell-sourceable file of environment variables."""
        return self.root / "env"

    @property
    def lock(self) -> Path:
        """Locked for as long as a supervisor lives; holds its process id."""
        return self.root / "supervisor.lock"

    @property
    def status(self) -> Path:
        """What runs, as the supervisor last knew it."""
        return self.root / "status.json"

    @property
    def logs(self) -> Path:
        """One log a part."""
        return self.root / "logs"

    def backend(self, kube: str) -> Path:
        """Pulumi's state, a file backend: one for each choice of cluster.

        The state of a sandbox of one's own is thrown away with it; that of the user's cluster must outlive both.
        """
        return self.root / "backend" / kube

    @property
    def pulumi_home(self) -> Path:
        """Pulumi's own directory, so that the user's log-in and plugins are neither used nor changed."""
        return self.root / "pulumi-home"

    @property
    def control_plane(self) -> Path:
        """The control plane's database, certificates and kubeconfigs."""
        return self.root / "control-plane"

    @property
    def registry(self) -> Path:
        """Layers of the images pushed to the emulated AWS."""
        return self.root / "registry"

    @property
    def kubeconfig(self) -> Path:
        """The control plane's administrator."""
        return self.control_plane / "admin.kubeconfig"

    def log(self, part: str) -> Path:
        """The log of one part."""
        return self.logs / f"{part}.log"

    def make(self) -> None:
        """Make the directories, readable by the user alone."""
        for directory in (self.root, self.logs, self.pulumi_home):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root.chmod(0o700)
