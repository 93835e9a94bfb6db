"""The Go tests of this project's own Go programs, with the flags the build uses.

With other flags Go would compile every dependency a second time, which takes minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from toolchain.commands import Commands
from toolchain.errors import ToolchainError
from toolchain.go import COMPILER_FLAGS, find_go, go_environment
from toolchain.layout import Layout
from toolchain.progress import Progress


@dataclass(frozen=True)
class GoTests:
    """Runs ``go vet`` and ``go test`` over modules.

    Args:
        commands: Runs Go.
        environ: The user's environment.
        layout: Where the sources are.
        progress: Gets what Go prints.
    """

    commands: Commands
    environ: Mapping[str, str]
    layout: Layout
    progress: Progress

    def run(self, module: str, *, vet: bool) -> None:
        """Tests one module, if it has tests.

        Args:
            module: Directory under ``toolchain/``.
            vet: Whether to run ``go vet`` as well. It reads all dependencies too: minutes, the first time.

        Raises:
            ToolchainError: No suitable Go, or something did not pass.
        """
        directory = self.layout.sources / module
        go = find_go(self.commands, self.environ, directory, wanted_for=f"the tests of {module}")
        verbs = [["vet"]] if vet else []
        if any(directory.rglob("*_test.go")):
            # go test would vet first, dependencies and all.
            verbs.append(["test", "-vet=off"])
        for verb in verbs:
            self.progress.say(f"go {' '.join(verb)}, in {directory}")
            argv = [go, *verb, f"-gcflags={COMPILER_FLAGS}", "./..."]
            env = go_environment(self.environ)
            code = self.commands.work(argv, env=env, cwd=directory, on_line=self.progress.say)
            if code != 0:
                raise ToolchainError(f"go {verb[0]} failed in {directory}; what it says is above")
