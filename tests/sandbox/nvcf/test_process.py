"""The emulator as a process of its own."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.sandbox.nvcf.emulator import ECR, PATH, USER, body
from tests.sandbox.nvcf.replay import DATA

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "sandbox.nvcf", "--port", "0"]


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [*COMMAND, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        word, url = process.stdout.readline().split()
        assert word == "ready"
        yield process, url
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_answers_and_ends_cleanly(number: signal.Signals) -> None:
    with running() as (process, url):
        assert httpx.get(f"{url}/health", trust_env=False).json() == {"status": "UP"}
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 0
        assert errors.startswith("NVCF emulator (not NVIDIA's server) on 127.0.0.1")
        assert errors.count("\n") == 1


def test_the_configuration_file_counts() -> None:
    with running("--config", str(DATA / "nvcf-server-config.json")) as (_, url):
        bad = body("n", "AKIAUNKNOWN000000000:secret", ECR)
        response = httpx.post(f"{url}{PATH}", json=bad, headers={"Authorization": USER}, trust_env=False)
        assert response.status_code == 400
        assert "UnrecognizedClientException" in response.json()["detail"]
        assert response.headers["transfer-encoding"] == "chunked"
        assert "server" not in response.headers


@pytest.mark.parametrize(("when", "left"), [("before", 0), ("after", 1)])
def test_a_cut_connection_is_cut_on_the_wire(when: str, left: int) -> None:
    with running() as (process, url), httpx.Client(base_url=url, trust_env=False) as client:
        fault = {"action": "cut", "method": "POST", "path": PATH, "when": when}
        assert client.post("/__sandbox/faults", json=fault).status_code == 200
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            client.post(PATH, json=body(host="docker.io"), headers={"Authorization": USER})
        listed = client.get(PATH, headers={"Authorization": USER}).json()
        assert len(listed["registryCredentials"]) == left
        process.terminate()
        assert "Traceback" not in process.communicate(timeout=20)[1]


def test_an_empty_content_type_gets_through() -> None:
    with running() as (_, url):
        host = url.removeprefix("http://")
        connection = http.client.HTTPConnection(host)
        connection.request("POST", PATH, b"{}", {"Authorization": USER, "Content-Type": ""})
        assert connection.getresponse().status == 415
        connection.close()


def test_it_ends_with_its_parent() -> None:
    """The emulator shares its parent's stdout: the pipe ends when both are gone."""
    command = [*COMMAND, "--exit-with-parent"]
    parent = f"import subprocess, sys; subprocess.Popen({command!r}); sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", parent],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    _, url = process.stdout.readline().split()
    assert httpx.get(f"{url}/health", trust_env=False).status_code == 200
    process.kill()
    process.communicate(timeout=20)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/health", trust_env=False)


def test_a_bad_configuration_is_explained(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"logins": {"u:p": {}}}')
    command = [*COMMAND, "--config", str(file)]
    process = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert process.returncode == 1
    assert f"{file}: not a configuration of the NVCF emulator: KeyError('status')" in process.stderr
    assert "Traceback" not in process.stderr
