"""The sandbox's AWS as a process, and the stand-in plugin configured for it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from tests.sandbox.plugins.aws.driver import CONFIG, Engine, plugin

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    """The URL of the sandbox's AWS; tests use names of their own."""
    command = [sys.executable, "-m", "sandbox.aws", "--port", "0", "--exit-with-parent"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        assert words[:1] == ["ready"], words
        yield words[1]
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


@pytest.fixture(autouse=True)
def environment(aws_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the caller's AWS configuration, and every service at the sandbox's AWS."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_url)


@pytest.fixture
def engine(environment: None) -> Iterator[Engine]:
    """The engine's side of a configured plugin."""
    with plugin() as side:
        side.configure()
        yield side


@pytest.fixture
def cloud(aws_url: str) -> Any:
    """AWS clients by service name, to look at and change what the plugin has made."""
    session = botocore.session.Session()

    def client(service: str, region: str = "us-west-2") -> Any:
        return session.create_client(
            service,
            region_name=region,
            endpoint_url=aws_url,
            aws_access_key_id=CONFIG["accessKey"],
            aws_secret_access_key=CONFIG["secretKey"],
        )

    return client


@pytest.fixture
def hook(aws_url: str) -> Callable[..., Any]:
    """Calls a hook of the sandbox's AWS, such as `hook("POST", "faults", action="iam:CreateUser")`."""

    def call(method: str, name: str, **params: Any) -> Any:
        request = urllib.request.Request(
            f"{aws_url}/__sandbox/{name}", method=method, data=json.dumps(params).encode() if params else None
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    return call


@pytest.fixture
def fail(hook: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Makes the next calls of an action fail: `fail("iam:GetUser", status=403, code="AccessDenied")`."""

    def arm(action: str, **fault: Any) -> None:
        hook("POST", "faults", action=action, **fault)

    yield arm
    hook("DELETE", "faults")
