"""The sandbox and stacks for tests on the real engine. AWS and NVCF are emulators, the plugins stand-ins.

What a test leaves behind goes with the sandbox, since a destroy after each test would double the time. Every name is
one of the test's own, so nothing meets. That a destroy leaves nothing is a test of its own.
"""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.options import Options
from sandbox.running import Sandbox
from tests.engine.cluster import Cluster
from tests.engine.emulators import Aws, Nvcf
from tests.engine.stacks import EngineStack

_numbers = itertools.count(1)

MakeStack = Callable[..., EngineStack]


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Return a sandbox of the tests' own, with free ports."""
    with Sandbox(tmp_path_factory.mktemp("sandbox"), Options()) as running:
        yield running


@pytest.fixture(scope="session")
def environment(sandbox: Sandbox) -> dict[str, str]:
    """Return the environment variables that reach the sandbox."""
    return sandbox.env


@pytest.fixture
def unique() -> str:
    """Return a short name that no other test of this session uses."""
    return next_name()


def next_name() -> str:
    """Return the next name for a stack, its prefixes and its credentials."""
    return f"t{next(_numbers)}"


@pytest.fixture(scope="session")
def make_stack(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str], nvcf: Nvcf) -> MakeStack:
    """Return a function that makes a stack with a name and a configuration, and an NVCF account for it."""
    directory = tmp_path_factory.mktemp("stacks")

    def make(name: str, **config: Any) -> EngineStack:
        account = nvcf.account(name)
        stack = EngineStack(directory / name, name, {**environment, "NVCF_TOKEN": account.token}, account)
        stack.configure(**config)
        return stack

    return make


@pytest.fixture(scope="session")
def nvcf(environment: dict[str, str]) -> Iterator[Nvcf]:
    """Return the emulated NVCF."""
    with Nvcf(environment["NVCF_ENDPOINT"]) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def aws(environment: dict[str, str]) -> Aws:
    """Return the emulated AWS."""
    key = environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
    return Aws(environment["AWS_ENDPOINT_URL"], key)


@pytest.fixture(scope="session")
def cluster(environment: dict[str, str]) -> Iterator[Cluster]:
    """Return a client for the sandbox's API server."""
    with Cluster(Path(environment["KUBECONFIG"])) as client:
        yield client
