"""The executable that Pulumi's engine finds on PATH."""

import os
import subprocess
from pathlib import Path

import grpc  # type: ignore[import-untyped]  # grpcio ships no types
from google.protobuf import empty_pb2  # type: ignore[import-untyped]  # protobuf ships no types
from pulumi.runtime.proto import provider_pb2_grpc

from sandbox.layout import PLUGIN_STAND_INS


def test_it_serves_from_any_directory_and_reached_by_any_name(tmp_path: Path) -> None:
    linked = tmp_path / "bin"
    linked.mkdir()
    (linked / "pulumi-resource-kubernetes").symlink_to(PLUGIN_STAND_INS / "pulumi-resource-kubernetes")
    program = tmp_path / "program"
    program.mkdir()
    (program / "sandbox.py").write_text("raise SystemExit('the program was imported in place of the project')")
    environ = {"PATH": f"{linked}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    process = subprocess.Popen(
        ["pulumi-resource-kubernetes"],
        cwd=program,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            info = provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(empty_pb2.Empty(), timeout=20)
        assert info.version == "4.34.2"
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0
