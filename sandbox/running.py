"""A running sandbox, owned by the process that made it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from sandbox.environment import Environment, environment, is_stray
from sandbox.layout import PROJECT, Layout
from sandbox.options import Options
from sandbox.parts import Part, standard_parts
from sandbox.processes import Processes, Ready, inherited_environment

START_TIMEOUT = 180.0
"""Seconds for all parts together; a few are usual, a cold and busy machine takes longer."""


class Sandbox:
    """A sandbox of one's own: its own ports, data and processes, gone when the block ends.

        with Sandbox(tmp_path) as sandbox:
            subprocess.run(["pulumi", "up", "--yes"], env=sandbox.env)

    Args:
        directory: where its data and logs go.
        options: what it is made of; a control plane and the plugin stand-ins by default.
        parts: other parts than the ones `options` ask for.
        announce: called with each part that becomes ready.
        timeout: seconds for all parts to become ready.
    """

    def __init__(
        self,
        directory: Path,
        options: Options | None = None,
        *,
        parts: Sequence[Part] | None = None,
        announce: Callable[[Ready], None] = lambda _: None,
        timeout: float = START_TIMEOUT,
    ) -> None:
        self.layout = Layout.at(directory)
        self.options = options or Options()
        self._chosen = parts
        self._announce = announce
        self._timeout = timeout
        own = {name: value for name, value in inherited_environment().items() if not is_stray(name)}
        self.processes = Processes(PROJECT, self.layout.log, {**own, "NO_PROXY": "127.0.0.1,localhost"})
        self.parts: tuple[Part, ...] = ()

    @property
    def endpoints(self) -> dict[str, str]:
        """URL by part name."""
        return dict(self.processes.endpoints)

    @property
    def environment(self) -> Environment:
        """The variables that reach this sandbox."""
        return environment(self.options, self.layout, self.endpoints)

    @property
    def env(self) -> dict[str, str]:
        """A whole environment for a child process that is to use this sandbox."""
        return self.environment.over(os.environ)

    def start(self) -> None:
        """Start every part and wait until all answer.

        Raises:
            SandboxError: a part is missing or failed; none is left running.
        """
        self.layout.make()
        self._discard_old_data()
        self.parts = tuple(self._chosen) if self._chosen is not None else standard_parts(self.options, self.layout)
        try:
            self.processes.start(self.parts, self._timeout, self._announce)
            write_private(self.layout.environment, self.environment.shell())
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every part."""
        self.processes.stop()
        self.layout.environment.unlink(missing_ok=True)
        # Layers may take gigabytes, and what they belong to was in memory.
        shutil.rmtree(self.layout.registry, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _discard_old_data(self) -> None:
        """Start from nothing: AWS's and NVCF's state was in memory; what refers to it is useless without.

        A cluster of the user's own outlives the sandbox, and so does the state that says what is in it.
        """
        backend = self.layout.backend(self.options.kube)
        shutil.rmtree(self.layout.logs)
        shutil.rmtree(self.layout.registry, ignore_errors=True)
        if self.options.kube == "own":
            shutil.rmtree(self.layout.control_plane, ignore_errors=True)
            shutil.rmtree(backend, ignore_errors=True)
        self.layout.make()
        backend.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step; only the user can read it, at no moment anyone else."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
