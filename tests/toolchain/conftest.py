"""A toolchain in a temporary project, with programs that only exist in the test."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from toolchain.build import Builder
from toolchain.commands import Finished
from toolchain.download import Downloader
from toolchain.families import Family, Installer, ModuleFile, OnPath, Program
from toolchain.install import Installation, Source
from toolchain.layout import Layout
from toolchain.progress import Progress
from toolchain.versions import Version, VersionRange

FAMILY = Family(
    name="tool",
    purpose="the tool",
    version=Version(1, 2, 3),
    module="tool",
    programs=(Program("tool", "./cmd", (("main.version", "v1.2.3"),)),),
    files=(ModuleFile("example.test/sdk", "scripts/tool-exec"),),
    on_path=OnPath(
        ("tool", "version"),
        VersionRange(at_least=Version(1, 2, 3), below=Version(2, 0, 0)),
        needs=("tool-exec",),
    ),
    installer=Installer("https://installer.test", ("--root", "{directory}"), "bin"),
)


@dataclass
class FakeCommands:
    """Plays every program the toolchain may call, and records the calls."""

    sdk: Path
    programs: dict[str, str] = field(default_factory=lambda: {"go": "/usr/bin/go"})
    answers: dict[str, str] = field(
        default_factory=lambda: {"go version": "go version go1.26.0 linux/amd64", "go env GOTOOLCHAIN": "auto"}
    )
    build_code: int = 0
    on_build: Callable[[Path], None] = lambda _: None
    calls: list[list[str]] = field(default_factory=list)
    environments: list[Mapping[str, str]] = field(default_factory=list)

    @property
    def builds(self) -> list[list[str]]:
        return [call for call in self.calls if call[1:2] == ["build"]]

    def which(self, name: str, path: str) -> str | None:
        return self.programs.get(name) if path else None

    def ask(self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, timeout: float) -> Finished:
        self.calls.append(list(argv))
        self.environments.append(env)
        words = " ".join([Path(argv[0]).name, *argv[1:]])
        if words.startswith("go list -m"):
            return Finished(0, f"{self.sdk}\n")
        return Finished(0, self.answers[words]) if words in self.answers else Finished(127, "no such program")

    def work(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[str], None],
        timeout: float | None = None,
    ) -> int:
        self.calls.append(list(argv))
        self.environments.append(env)
        if argv[0] == "sh":
            root = Path(argv[argv.index("--root") + 1])
            (root / "bin").mkdir(parents=True)
            for name in FAMILY.provides:
                (root / "bin" / name).write_text("from the installer", encoding="utf-8")
                (root / "bin" / name).chmod(0o755)
            return 0
        on_line("go: downloading example.test/sdk v1.0.0")
        on_line("example.test/tool/cmd")
        output = Path(argv[argv.index("-o") + 1])
        self.on_build(output)
        if self.build_code == 0:
            output.write_text("built", encoding="utf-8")
            output.chmod(0o755)
        return self.build_code


@dataclass
class Project:
    """A project directory with one family, and the toolchain over it."""

    layout: Layout
    commands: FakeCommands
    out: io.StringIO
    script: bytes | None = None
    environ: dict[str, str] = field(default_factory=lambda: {"PATH": "/usr/bin", "GOPROXY": "https://mine.test"})

    def installation(self, source: Source = Source.AUTO) -> Installation:
        progress = Progress(self.out)
        return Installation(
            layout=self.layout,
            builder=Builder(self.commands, self.environ, self.layout, progress),
            downloader=Downloader(self.commands, self.environ, progress, fetch=lambda _: self.script),
            source=source,
        )

    def install(self, source: Source = Source.AUTO) -> None:
        self.installation(source).install([FAMILY])

    def installed(self) -> dict[str, str]:
        """File name to content of ``.toolchain/bin``."""
        return {path.name: path.read_text(encoding="utf-8") for path in self.layout.bin.iterdir()}

    def leftovers(self) -> list[str]:
        """What is in ``.toolchain`` and should not be."""
        known = {"bin", "lock", "logs", "stamps"}
        return [path.name for path in self.layout.state.iterdir() if path.name not in known]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    module = tmp_path / "toolchain" / "tool"
    (module / "cmd").mkdir(parents=True)
    (module / "go.mod").write_text("module example.test/tool\n\ngo 1.26.0\n", encoding="utf-8")
    (module / "cmd" / "main.go").write_text("package main\n", encoding="utf-8")
    sdk = tmp_path / "modcache" / "sdk"
    (sdk / "scripts").mkdir(parents=True)
    (sdk / "scripts" / "tool-exec").write_text("script", encoding="utf-8")
    (sdk / "scripts" / "tool-exec").chmod(0o444)
    return Project(Layout(tmp_path), FakeCommands(sdk), io.StringIO())
