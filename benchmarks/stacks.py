"""Stacks of a given size for both programs, and the commands that are timed on them."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.process_tree import Usage, run_measured

PROJECT = Path(__file__).parents[1]
#: What the program consists of; the flat one shares only the virtual environment and the dynamic provider.
PROGRAM_FILES = (
    "Pulumi.yaml",
    "Pulumi.README.md",
    "__main__.py",
    "components",
    "nvcf",
    "policies",
    "settings",
    "stack",
)
FLAT_FILES = ("nvcf", "policies")

#: Resources of a registry besides its repositories: user, policy, attachment, key, credential.
PER_REGISTRY = 5
#: A repository and its lifecycle policy.
PER_REPOSITORY = 2
#: NVCF takes at most 25 credentials an account; eight leave room for any size that is measured.
MAX_REGISTRIES = 8


@dataclass(frozen=True)
class Size:
    """How many resources a stack declares, components and the stack itself not counted.

    Attributes:
        registries: how many registries.
        repositories: how many repositories each has.
    """

    registries: int
    repositories: int

    @property
    def resources(self) -> int:
        """How many resources that makes."""
        return self.registries * (PER_REGISTRY + PER_REPOSITORY * self.repositories)


def size_for(resources: int) -> Size:
    """Return the size that comes closest to a number of resources."""
    registries = min(MAX_REGISTRIES, max(1, resources // 100))
    repositories = max(1, round((resources / registries - PER_REGISTRY) / PER_REPOSITORY))
    return Size(registries, repositories)


@dataclass(frozen=True)
class Stack:
    """A program in a directory of its own, ready to be run.

    Attributes:
        directory: where the program lies.
        environment: environment variables of the sandbox.
    """

    directory: Path
    environment: Mapping[str, str]

    def run(self, *command: str) -> Usage:
        """Run a Pulumi command to its end and return what it took; raises RuntimeError when it fails."""
        return run_measured(["pulumi", *command, "--non-interactive"], self.directory, self.environment)


def prepare(directory: Path, program: str, size: Size, environment: Mapping[str, str]) -> Stack:
    """Make a stack of the program ("components" or "flat") with nothing deployed yet."""
    directory.mkdir(parents=True)
    if program == "flat":
        for name in ("Pulumi.yaml", "__main__.py"):
            shutil.copy(PROJECT / "benchmarks" / "flat" / name, directory)
    for name in FLAT_FILES if program == "flat" else PROGRAM_FILES:
        (directory / name).symlink_to(PROJECT / name)
    (directory / ".venv").symlink_to(PROJECT / ".venv")
    prefix = f"{program}-{size.resources}"
    config: dict[str, Any] = {
        "aws:region": "us-west-2",
        "nvcf-registry:registries": [
            {
                "name": f"{prefix}-{index}",
                "kind": "ecr-private",
                "prefix": f"{prefix}-{index}",
                "repositories": [f"repository-{number}" for number in range(size.repositories)],
            }
            for index in range(size.registries)
        ],
    }
    (directory / f"Pulumi.{program}.yaml").write_text(json.dumps({"config": config}), encoding="utf-8")
    stack = Stack(directory, {**os.environ, **environment})
    subprocess.run(
        ["pulumi", "stack", "init", program, "--non-interactive"],
        cwd=directory,
        env=stack.environment,
        check=True,
        capture_output=True,
    )
    return stack
