"""The sandbox's AWS as a process of its own, and its administrator."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.aws.account import ADMIN_KEY_ID, ADMIN_SECRET
from tests.least_privilege.aws_client import client


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Run the sandbox's AWS as its own process."""
    command = [sys.executable, "-m", "sandbox.aws", "--port", "0", "--exit-with-parent"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = process.stdout.readline().split()
        assert ready[:1] == ["ready"], process.communicate()[1]
        yield ready[1]
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture
def admin(endpoint: str) -> Any:
    return client("iam", endpoint, (ADMIN_KEY_ID, ADMIN_SECRET))
