"""Building a family from Go modules."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from toolchain.commands import Commands
from toolchain.errors import ToolchainError
from toolchain.families import Family, ModuleFile, Program
from toolchain.go import COMPILER_FLAGS, find_go, go_environment
from toolchain.layout import Layout
from toolchain.progress import Progress, Step

_LINES_SHOWN_ON_FAILURE = 20
_QUERY_TIMEOUT = 600.0


@dataclass(frozen=True)
class Builder:
    """Builds with the user's Go.

    Args:
        commands: Runs Go.
        environ: The user's environment.
        layout: Where sources and logs are.
        progress: Told what is being done.
    """

    commands: Commands
    environ: Mapping[str, str]
    layout: Layout
    progress: Progress

    def build(self, family: Family, into: Path) -> None:
        """Builds a family's programs and copies its files.

        Args:
            family: What to build.
            into: An existing directory for the results.

        Raises:
            ToolchainError: No suitable Go, or the build failed.
        """
        module = self.layout.sources / family.module
        go = find_go(self.commands, self.environ, module, wanted_for=family.purpose)
        log = self.layout.log(family.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w", encoding="utf-8"):
            pass  # what is below appends
        for program in family.programs:
            self._compile(go, program, module, into, log)
        for file in family.files:
            self._copy(go, file, module, into)

    def _compile(self, go: str, program: Program, module: Path, into: Path, log: Path) -> None:
        # Without symbols a third smaller; the variables are the only thing that differs between programs.
        link = " ".join(["-s -w", *(f"-X {name}={value}" for name, value in program.variables)])
        argv = [
            *(go, "build", "-v", f"-gcflags={COMPILER_FLAGS}", f"-ldflags={link}"),
            *("-o", str(into / program.name), program.package),
        ]
        with self.progress.step(f"building {program.name}") as step, log.open("a", encoding="utf-8") as record:
            last: deque[str] = deque(maxlen=_LINES_SHOWN_ON_FAILURE)
            counts = _Counts(step)

            def on_line(line: str) -> None:
                record.write(f"{line}\n")
                last.append(line)
                counts.add(line)

            code = self.commands.work(argv, env=go_environment(self.environ), cwd=module, on_line=on_line)
        if code != 0:
            said = "\n".join(f"    {line}" for line in last)
            raise ToolchainError(
                f"go build of {program.name} failed with exit code {code}; its last lines were:\n{said}\n"
                f"The whole output is in {log}. If modules could not be fetched, check GOPROXY ('go env GOPROXY')."
            )

    def _copy(self, go: str, file: ModuleFile, module: Path, into: Path) -> None:
        answer = self.commands.ask(
            [go, "list", "-m", "-f", "{{.Dir}}", file.module],
            env=go_environment(self.environ),
            cwd=module,
            timeout=_QUERY_TIMEOUT,
        )
        source = Path(answer.output.strip()) / file.path
        if answer.code != 0 or not source.is_file():
            raise ToolchainError(f"{file.path} is not in Go module {file.module}: {answer.output.strip()}")
        target = into / file.name
        shutil.copyfile(source, target)
        target.chmod(0o755)  # module caches are read-only and keep no executable bit


class _Counts:
    """Turns Go's verbose output into a few words: it names modules as it fetches and packages as it compiles them."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._fetched = 0
        self._compiled = 0

    def add(self, line: str) -> None:
        if line.startswith("go: downloading"):
            self._fetched += 1
        elif line and not line.startswith("go: "):
            self._compiled += 1
        fetched = f"{self._fetched} modules fetched, " if self._fetched else ""
        self._step.note = self._step.result = f"{fetched}{self._compiled} packages compiled"
