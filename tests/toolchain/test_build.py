"""Building from source: what is run, what is left behind, what is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.toolchain.conftest import FAMILY, Project
from toolchain.errors import ToolchainError
from toolchain.install import Source


def test_a_build_puts_programs_and_scripts_into_the_bin_directory(project: Project) -> None:
    project.install(Source.BUILD)

    assert project.installed() == {"tool": "built", "tool-exec": "script"}
    assert all(os.access(path, os.X_OK) for path in project.layout.bin.iterdir())
    assert project.leftovers() == []


def test_go_gets_the_family_flags_and_keeps_the_users_settings(project: Project) -> None:
    project.environ["GOFLAGS"] = "-p=1"

    project.install(Source.BUILD)

    (build,) = project.commands.builds
    env = project.commands.environments[project.commands.calls.index(build)]
    assert "-gcflags=all=-dwarf=false -N -l" in build
    assert "-ldflags=-s -w -X main.version=v1.2.3" in build
    assert (env["CGO_ENABLED"], env["GOFLAGS"], env["GOWORK"]) == ("0", "-p=1 -buildvcs=false", "off")
    assert env["GOPROXY"] == "https://mine.test"
    assert not {"GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GOCACHE", "GOTOOLCHAIN"} & env.keys()


def test_a_second_run_builds_nothing(project: Project) -> None:
    project.install(Source.BUILD)
    project.commands.calls.clear()

    project.install(Source.BUILD)

    assert project.commands.calls == []
    assert "1.2.3, built from source" in project.out.getvalue()


@pytest.mark.parametrize("change", ["source", "go.mod", "new file", "binary gone", "binary truncated", "stamp broken"])
def test_what_changed_is_built_again(project: Project, change: str) -> None:
    project.install(Source.BUILD)
    module = project.layout.sources / "tool"
    match change:
        case "source":
            (module / "cmd" / "main.go").write_text("package main // changed\n", encoding="utf-8")
        case "go.mod":
            (module / "go.mod").write_text("module example.test/tool\n\ngo 1.25.0\n", encoding="utf-8")
        case "new file":
            (module / "cmd" / "more.go").write_text("package main\n", encoding="utf-8")
        case "binary gone":
            (project.layout.bin / "tool").unlink()
        case "binary truncated":
            (project.layout.bin / "tool").write_text("bu", encoding="utf-8")
        case "stamp broken":
            project.layout.stamp("tool").write_text("{", encoding="utf-8")

    project.install(Source.BUILD)

    assert len(project.commands.builds) == 2
    assert project.installed() == {"tool": "built", "tool-exec": "script"}


def test_a_changed_go_test_is_no_reason_to_build(project: Project) -> None:
    project.install(Source.BUILD)
    (project.layout.sources / "tool" / "cmd" / "main_test.go").write_text("package main\n", encoding="utf-8")

    project.install(Source.BUILD)

    assert len(project.commands.builds) == 1


def test_an_interrupted_build_leaves_nothing_half_made(project: Project) -> None:
    def interrupt(output: Path) -> None:
        output.write_text("bui", encoding="utf-8")
        raise KeyboardInterrupt

    project.commands.on_build = interrupt
    with pytest.raises(KeyboardInterrupt):
        project.install(Source.BUILD)

    assert project.installed() == {}
    assert project.leftovers() == []
    assert not project.installation(Source.BUILD).status([FAMILY])[0].ready


def test_an_interrupted_rebuild_keeps_what_was_there(project: Project) -> None:
    project.install(Source.BUILD)
    (project.layout.sources / "tool" / "cmd" / "main.go").write_text("package main // changed\n", encoding="utf-8")

    def interrupt(_: Path) -> None:
        raise KeyboardInterrupt

    project.commands.on_build = interrupt
    with pytest.raises(KeyboardInterrupt):
        project.install(Source.BUILD)

    assert project.installed() == {"tool": "built", "tool-exec": "script"}
    assert not project.installation(Source.BUILD).status([FAMILY])[0].ready


def test_what_a_killed_run_left_is_removed(project: Project) -> None:
    left = project.layout.state / ".installing-abc" / "bin"
    left.mkdir(parents=True)

    project.install(Source.BUILD)

    assert project.leftovers() == []


def test_a_failed_build_shows_its_end_and_where_the_rest_is(project: Project) -> None:
    project.commands.build_code = 2

    with pytest.raises(ToolchainError) as caught:
        project.install(Source.BUILD)

    assert "go build of tool failed with exit code 2" in str(caught.value)
    assert "    example.test/tool/cmd" in str(caught.value)
    assert str(project.layout.log("tool")) in str(caught.value)
    assert project.layout.log("tool").read_text(encoding="utf-8").endswith("example.test/tool/cmd\n")
    assert project.installed() == {}


def test_a_missing_go_says_what_to_do(project: Project) -> None:
    del project.commands.programs["go"]

    with pytest.raises(ToolchainError) as caught:
        project.install(Source.BUILD)

    assert "there is no 'go' on PATH" in str(caught.value)
    assert "Install Go 1.26.0 or newer (https://go.dev/doc/install)" in str(caught.value)


@pytest.mark.parametrize(
    ("version", "policy", "enough"),
    [
        ("go1.26.0", "local", True),
        ("go1.27.1", "local", True),
        ("go1.25.9", "auto", True),  # fetches 1.26.0 by itself
        ("go1.25.9", "local", False),
        ("go1.20.4", "", False),  # knows nothing of other versions
        ("go1.26rc1", "local", False),
    ],
)
def test_which_go_is_enough(project: Project, version: str, policy: str, enough: bool) -> None:
    project.commands.answers["go version"] = f"go version {version} linux/amd64"
    project.commands.answers["go env GOTOOLCHAIN"] = policy

    if enough:
        project.install(Source.BUILD)
        assert len(project.commands.builds) == 1
    else:
        with pytest.raises(ToolchainError, match=r"Go 1\.26\.0 or newer"):
            project.install(Source.BUILD)
        assert project.commands.builds == []


def test_a_log_gets_two_lines_for_a_step(project: Project) -> None:
    project.install(Source.BUILD)

    assert project.out.getvalue().splitlines() == [
        "building tool ...",
        "building tool: 1 modules fetched, 1 packages compiled, 0 s",
    ]
