"""The SDK's provider process, started through a shell as the engine does, when the engine is gone."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]  # grpcio ships no types
import pytest
from google.protobuf import struct_pb2  # type: ignore[import-untyped]  # protobuf ships no types
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc
from typing_extensions import Self

from components.key_generation import KeyGenerationProvider
from nvcf.provider import RegistryCredentialProvider

ROOT = Path(__file__).parents[2]
WAIT = 20
#: Not the last command, so that the shell stays and is the parent.
COMMAND = '"$0" -u -m pulumi.dynamic "$1"; exit $?'

CREDENTIAL = {
    "hostname": "nvcr.io",
    "name": "ngc",
    "username": "$oauthtoken",
    "password": "nvapi-of-the-tests",
    "artifactTypes": ["CONTAINER"],
}


def properties(provider: ResourceProvider, values: dict[str, Any]) -> struct_pb2.Struct:
    packed = struct_pb2.Struct()
    packed.update({**values, "__provider": serialize_provider(provider)})
    return packed


class Process:
    """A provider process and the server of the engine that it belongs to."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.engine = socket.create_server(("127.0.0.1", 0))
        address = f"127.0.0.1:{self.engine.getsockname()[1]}"
        self.shell = subprocess.Popen(
            ["sh", "-c", COMMAND, sys.executable, address],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert self.shell.stdout is not None
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.shell.stdout.readline().strip()}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.close()
        self.channel.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.shell.pid, signal.SIGKILL)
        self.shell.communicate()

    def check(self, provider: ResourceProvider, values: dict[str, Any]) -> None:
        self.stub.Check(provider_pb2.CheckRequest(news=properties(provider, values)), timeout=WAIT)

    def has_ended(self) -> bool:
        try:
            return self.shell.wait(WAIT) == 0
        except subprocess.TimeoutExpired:
            return False


@pytest.mark.parametrize(
    ("provider", "values"),
    [
        (RegistryCredentialProvider(), CREDENTIAL),
        (KeyGenerationProvider(), {"generation": 1, "previousKey": "active"}),
    ],
)
def test_it_ends_with_the_engine_and_not_before(provider: ResourceProvider, values: dict[str, Any]) -> None:
    with Process({"PYTHONPATH": str(ROOT)}) as process:
        process.check(provider, values)
        connection, _ = process.engine.accept()
        connection.close()
        # What says nothing is hung up on after a while, and comes again.
        process.engine.accept()[0].close()
        process.check(provider, values)
        process.engine.close()
        assert process.has_ended()


def test_a_write_on_its_way_is_finished_first() -> None:
    arrived, go_on = threading.Event(), threading.Event()
    finished: list[str] = []

    class Nvcf(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            arrived.set()
            go_on.wait(WAIT)
            # An answer after which an engine that lives would be made to try again.
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()
            finished.append(self.command)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Nvcf) as nvcf:
        threading.Thread(target=nvcf.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{nvcf.server_address[1]}"
        environment = {"PYTHONPATH": str(ROOT), "NVCF_ENDPOINT": endpoint, "NVCF_TOKEN": "a-token"}
        with Process(environment) as process:
            request = provider_pb2.CreateRequest(properties=properties(RegistryCredentialProvider(), CREDENTIAL))
            # Kept: a call that nobody holds is cancelled.
            creation = process.stub.Create.future(request)
            assert arrived.wait(WAIT)
            process.engine.close()
            with pytest.raises(subprocess.TimeoutExpired):
                process.shell.wait(1.5)
            go_on.set()
            assert process.has_ended()
            assert finished == ["POST"]
            assert creation.exception(WAIT) is not None
        nvcf.shutdown()
