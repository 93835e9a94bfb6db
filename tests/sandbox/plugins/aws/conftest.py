"""A moto server, and the stand-in plugin configured for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from moto.server import ThreadedMotoServer

from tests.sandbox.plugins.aws.driver import CONFIG, Engine, plugin


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    """The URL of a moto server; tests use names of their own."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def environment(aws_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the caller's AWS configuration, and every service at the moto server."""
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
