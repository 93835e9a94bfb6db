"""Where a family comes from: the user's PATH, the official installer, a build."""

from __future__ import annotations

import pytest

from tests.toolchain.conftest import FAMILY, Project
from toolchain.download import fetch_https
from toolchain.families import FAMILIES, PULUMI
from toolchain.install import Source
from toolchain.versions import Version, find_version


def _have_tool(project: Project, version: str, *, companion: bool = True) -> None:
    project.commands.programs["tool"] = "/usr/bin/tool"
    project.commands.answers["tool version"] = version
    if companion:
        project.commands.programs["tool-exec"] = "/usr/bin/tool-exec"


@pytest.mark.parametrize("version", ["v1.2.3", "1.9.0", "Client Version: v1.2.4\nOther: v9.0.0"])
def test_the_users_own_is_used_and_nothing_installed(project: Project, version: str) -> None:
    _have_tool(project, version)

    project.install()

    assert project.installed() == {}
    assert project.commands.builds == []
    assert "yours: /usr/bin/tool" in project.out.getvalue()
    assert project.installation().status([FAMILY])[0].ready


@pytest.mark.parametrize(
    ("version", "companion", "reason"),
    [
        ("v1.2.2", True, "is 1.2.2, and 1.2.3 or newer, before 2.0.0 is needed"),
        ("v2.0.0", True, "is 2.0.0, and 1.2.3 or newer, before 2.0.0 is needed"),
        ("v1.3.0-alpha.1", True, "does not tell a released version"),
        ("unknown", True, "does not tell a released version"),
        ("v1.2.3", False, "there is no tool-exec on PATH beside it"),
    ],
)
def test_the_users_own_that_will_not_do_is_explained(
    project: Project, version: str, companion: bool, reason: str
) -> None:
    _have_tool(project, version, companion=companion)

    project.install()

    assert reason in project.out.getvalue()
    assert project.installed()["tool"] == "built"


def test_ours_makes_way_for_the_users_own(project: Project) -> None:
    project.install()
    assert project.installed()["tool"] == "built"
    _have_tool(project, "v1.5.0")

    project.install()

    assert project.installed() == {}


def test_our_own_directory_on_path_is_not_the_users_own(project: Project) -> None:
    project.environ["PATH"] = str(project.layout.bin)
    _have_tool(project, "v1.2.3")

    assert not project.installation().status([FAMILY])[0].ready


def test_the_official_installer_comes_before_a_build(project: Project) -> None:
    project.script = b"#!/bin/sh\n"

    project.install()

    assert project.installed() == {"tool": "from the installer", "tool-exec": "from the installer"}
    assert project.commands.builds == []
    project.commands.calls.clear()
    project.install()
    assert [call for call in project.commands.calls if call[0] == "sh"] == []


def test_an_installer_out_of_reach_costs_one_line(project: Project) -> None:
    project.install()

    assert "official installer for tool 1.2.3: not available here, 0 s" in project.out.getvalue()
    assert project.installed()["tool"] == "built"


def test_asking_for_a_build_passes_over_everything_else(project: Project) -> None:
    _have_tool(project, "v1.2.3")
    project.script = b"#!/bin/sh\n"

    project.install(Source.BUILD)

    assert project.installed()["tool"] == "built"
    assert "installer" not in project.out.getvalue()


@pytest.mark.parametrize("url", ["http://installer.test", "file:///etc/hostname", "ftp://installer.test"])
def test_nothing_but_https_is_fetched(url: str) -> None:
    assert fetch_https(url) is None


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v3.259.0\n", Version(3, 259, 0)),
        ("go version go1.26 linux/amd64", Version(1, 26, 0)),
        ("v1.33.5-eks-1234", Version(1, 33, 5)),
        ("v1.35.0+k3s1", Version(1, 35, 0)),
        ("3.260.0-alpha.1", None),
        ("go1.27rc1", None),
        ("command not found", None),
        ("", None),
    ],
)
def test_versions_as_programs_print_them(text: str, version: Version | None) -> None:
    assert find_version(text) == version


def test_the_engine_is_not_older_than_the_sdk_and_of_its_major_version() -> None:
    assert PULUMI.on_path is not None
    accepts = PULUMI.on_path.accepts
    assert Version(3, 259, 0) in accepts
    assert Version(3, 300, 1) in accepts
    assert Version(3, 258, 9) not in accepts
    assert Version(4, 0, 0) not in accepts


def test_families_have_names_and_files_of_their_own() -> None:
    provided = [name for family in FAMILIES for name in family.provides]
    assert len(provided) == len(set(provided))
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
