"""`pulumi-resource-aws` as the engine starts it."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]  # grpcio ships no types
import pytest
from google.protobuf import empty_pb2  # type: ignore[import-untyped]  # protobuf ships no types
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as wire

from tests.sandbox.plugins.aws.driver import Engine

BIN = Path(__file__).resolve().parents[4] / "sandbox/plugins/bin"


class Log(engine_pb2_grpc.EngineServicer):
    """The engine's log, kept."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    def Log(self, request: engine_pb2.LogRequest, context: Any) -> Any:  # noqa: N802  # gRPC's name
        self.messages.append(request)
        return empty_pb2.Empty()


@pytest.fixture
def start(tmp_path: Path) -> Any:
    """Starts the plugin by its name on PATH, from another directory."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> tuple[subprocess.Popen[str], int]:
        environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        program = shutil.which("pulumi-resource-aws", path=environment["PATH"])
        assert program
        process = subprocess.Popen(
            [program, *arguments],
            cwd=tmp_path,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        running.append(process)
        assert process.stdout is not None
        return process, int(process.stdout.readline())

    yield start
    for process in running:
        process.kill()
        process.communicate()


def test_it_shows_its_label_once_through_the_engine_and_ends_when_interrupted(start: Any) -> None:
    log = Log()
    server = grpc.server(futures.ThreadPoolExecutor(1))
    engine_pb2_grpc.add_EngineServicer_to_server(log, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()

    process, port = start("--logtostderr", "-v=9", address)
    engine = Engine(port)
    engine.call("Handshake", wire.ProviderHandshakeRequest(engine_address=address))
    engine.configure(skipCredentialsValidation="true")
    engine.configure(skipCredentialsValidation="true")
    engine.close()
    server.stop(None).wait()
    assert len(log.messages) == 1
    assert log.messages[0].message.startswith("STAND-IN for the aws provider plugin 7.51.1")
    assert log.messages[0].severity == engine_pb2.INFO

    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert errors == ""


def test_without_an_engine_the_label_goes_to_stderr(start: Any) -> None:
    process, port = start()
    engine = Engine(port)
    engine.configure(skipCredentialsValidation="true")
    engine.close()
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert errors.startswith("STAND-IN for the aws provider plugin")


def test_it_ends_when_the_engine_is_gone(tmp_path: Path) -> None:
    # A parent that starts the plugin and waits to be killed; the plugin's stdout stays open as long as it lives.
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import subprocess, time; subprocess.Popen(['{BIN}/pulumi-resource-aws']); time.sleep(600)",
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert parent.stdout is not None
    with parent:
        assert parent.stdout.readline().strip().isdigit()
        parent.kill()
        parent.wait(timeout=30)
        ready, _, _ = select.select([parent.stdout], [], [], 30)
        assert ready
        assert parent.stdout.read() == b""


def test_a_missing_virtual_environment_says_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "sandbox/plugins/bin"
    folder.mkdir(parents=True)
    copy = shutil.copy(BIN / "pulumi-resource-aws", folder)
    result = subprocess.run([copy], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "run 'make up'" in result.stderr
