"""A policy pack written in Python judges the stack: the engine runs it through the language host's RunPlugin."""

from pathlib import Path

import pytest

from tests.engine.configurations import private
from tests.engine.conftest import MakeStack
from tests.engine.stacks import PROJECT

PACK = '''"""Refuses IAM users outside one path."""
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy


def below_path(args, report):
    if args.resource_type == "aws:iam/user:User" and args.props.get("path") != "{path}":
        report("an IAM user must be below {path}")


PolicyPack(
    name="users",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[ResourceValidationPolicy(name="path", description="Where IAM users may be", validate=below_path)],
)
'''


def pack(directory: Path, path: str) -> str:
    """Write a policy pack that allows IAM users below one path, and return its directory."""
    directory.mkdir()
    (directory / ".venv").symlink_to(PROJECT / ".venv")
    (directory / "PulumiPolicy.yaml").write_text(
        "runtime:\n  name: python\n  options: {toolchain: pip, virtualenv: .venv}\n", encoding="utf-8"
    )
    (directory / "__main__.py").write_text(PACK.format(path=path), encoding="utf-8")
    return str(directory)


@pytest.mark.parametrize(("path", "allowed"), [("/nvcf/", True), ("/elsewhere/", False)])
def test_a_pack_allows_or_refuses_the_stack(
    make_stack: MakeStack, unique: str, tmp_path: Path, path: str, allowed: bool
) -> None:
    stack = make_stack(unique, registries=[private(unique)])
    operation = ("preview", "--policy-pack", pack(tmp_path / "pack", path))
    run = stack.run(*operation) if allowed else stack.fails(*operation)
    assert ("an IAM user must be below" in run.output) is not allowed
    assert "users" in run.output
