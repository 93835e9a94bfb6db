"""The server as a process of its own."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import textwrap
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from sandbox.aws.account import ADMIN_KEY_ID, ADMIN_SECRET

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "sandbox.aws", "--port", "0"]


@contextlib.contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with subprocess.Popen(
        [*COMMAND, *arguments], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            word, _, url = process.stdout.readline().strip().partition(" ")
            assert word == "ready"
            yield process, url
        finally:
            process.kill()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_says_what_it_is_serves_and_ends(end: signal.Signals) -> None:
    with started("--propagation", "60") as (process, url):
        sts = boto3.client(
            "sts",
            region_name="us-west-2",
            endpoint_url=url,
            aws_access_key_id=ADMIN_KEY_ID,
            aws_secret_access_key=ADMIN_SECRET,
            config=Config(retries={"total_max_attempts": 1}),
        )
        # The connection stays open: the server must end all the same.
        assert sts.get_caller_identity()["Account"] == "123456789012"
        with urllib.request.urlopen(f"{url}/__sandbox/health") as response:
            assert b'"propagationSeconds": 60.0' in response.read()
        process.send_signal(end)
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 0
        assert errors.startswith("stand-in for AWS")
        assert ADMIN_SECRET not in errors
        assert "Traceback" not in errors


def test_it_ends_with_its_parent() -> None:
    parent = textwrap.dedent(
        f"""
        import subprocess, sys
        child = subprocess.Popen({[*COMMAND, "--exit-with-parent"]!r}, stdout=subprocess.PIPE, text=True)
        child.stdout.readline()
        print(child.pid, flush=True)
        """
    )
    reader, writer = os.pipe()
    # The pipe's other end closes when the last holder of it, the orphaned server, has ended.
    made = subprocess.run(
        [sys.executable, "-c", parent], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=writer, check=True
    )
    os.close(writer)
    try:
        while select.select([reader], [], [], 20)[0]:
            if not os.read(reader, 4096):
                return
    finally:
        os.close(reader)
    os.kill(int(made.stdout), signal.SIGKILL)
    pytest.fail("the server outlived its parent")


def test_a_taken_port_is_said() -> None:
    with started() as (_, url):
        port = url.rpartition(":")[2]
        second = subprocess.run(
            [sys.executable, "-m", "sandbox.aws", "--port", port], cwd=ROOT, text=True, capture_output=True, check=False
        )
    assert second.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in second.stderr
    assert "choose another --port" in second.stderr


def test_a_registry_that_has_no_address_is_said() -> None:
    command = [*COMMAND, "--registry", "somewhere"]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
    assert done.returncode == 1
    assert "--registry: the registry's address must look like http://127.0.0.1:PORT" in done.stderr
