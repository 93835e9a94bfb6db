"""The sandbox and stacks for tests on the real engine. AWS and NVCF are emulators, the plugins stand-ins."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from sandbox.options import Options
from sandbox.running import Sandbox
from tests.engine.cluster import Cluster
from tests.engine.stacks import EngineStack

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Return a sandbox of the tests' own, with free ports."""
    with Sandbox(tmp_path_factory.mktemp("sandbox"), Options()) as running:
        yield running


@pytest.fixture(scope="session")
def environment(sandbox: Sandbox) -> dict[str, str]:
    """Return the environment variables that reach the sandbox."""
    return sandbox.env


@pytest.fixture(scope="session", autouse=True)
def _pulumi_on_path(environment: dict[str, str]) -> Iterator[None]:
    """Let the Automation API find the engine, which it looks for on this process's own PATH."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", environment["PATH"])
        yield


@pytest.fixture
def unique() -> str:
    """Return a short name that no other test of this session uses: stacks, prefixes and namespaces are shared."""
    return f"t{next(_numbers)}"


MakeStack = Callable[..., EngineStack]


@pytest.fixture
def make_stack(tmp_path: Path, environment: dict[str, str], unique: str) -> Iterator[MakeStack]:
    """Return a function that makes a stack with a configuration; every stack is destroyed after the test."""
    made: list[EngineStack] = []

    def make(suffix: str = "", /, **config: Any) -> EngineStack:
        directory = tmp_path / f"program{suffix}"
        directory.mkdir()
        stack = EngineStack(directory, f"{unique}{suffix}", dict(environment))
        stack.configure(config)
        made.append(stack)
        return stack

    yield make
    for stack in made:
        stack.destroy()
        stack.stack.workspace.remove_stack(stack.name)


@pytest.fixture
def aws(environment: dict[str, str]) -> Callable[..., Any]:
    """Return a function that makes a client of the emulated AWS, for the administrator or a given key."""

    def client(service: str, *, region: str = "us-west-2", key: str | None = None, secret: str | None = None) -> Any:
        return boto3.client(  # type: ignore[call-overload]
            service,
            region_name=region,
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=key or environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=secret or environment["AWS_SECRET_ACCESS_KEY"],
        )

    return client


@pytest.fixture
def nvcf(environment: dict[str, str]) -> Iterator[httpx.Client]:
    """Return a plain HTTP client for NVCF's emulator, with the administrator's token."""
    token = environment["NVCF_TOKEN"]
    with httpx.Client(
        base_url=environment["NVCF_ENDPOINT"], headers={"Authorization": f"Bearer {token}"}, trust_env=False
    ) as client:
        yield client


@pytest.fixture
def cluster(environment: dict[str, str]) -> Iterator[Cluster]:
    """Return a client for the sandbox's API server."""
    with Cluster(Path(environment["KUBECONFIG"])) as client:
        yield client
