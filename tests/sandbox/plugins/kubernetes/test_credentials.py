import base64
import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from sandbox.plugins.kubernetes.credentials import Authenticator
from sandbox.plugins.kubernetes.kubeconfig import KubeconfigError, Target

NOW = datetime(2030, 1, 1, tzinfo=timezone.utc)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def target(user: dict[str, Any]) -> Target:
    return Target("https://kube.example.com", "default", {"certificate-authority-data": "Q0E="}, user)


def exec_user(program: str, **more: Any) -> dict[str, Any]:
    api = "client.authentication.k8s.io/v1beta1"
    return {"exec": {"apiVersion": api, "command": sys.executable, "args": ["-S", "-c", program], **more}}


def printing(status: dict[str, Any]) -> str:
    return f"print({json.dumps(json.dumps({'kind': 'ExecCredential', 'status': status}))})"


@pytest.mark.parametrize(
    ("user", "header"),
    [
        ({"token": "abc"}, "Bearer abc"),
        ({"username": "me", "password": "pw"}, "Basic " + base64.b64encode(b"me:pw").decode()),
        ({}, ""),
    ],
)
def test_what_is_written_in_the_kubeconfig(user: dict[str, Any], header: str) -> None:
    assert Authenticator(target(user)).credential().header == header


def test_a_client_certificate_inline_and_in_files(written: Any) -> None:
    inline = {"client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ"}
    files = {"client-certificate": written("crt", "CERT"), "client-key": written("key", "KEY")}
    for user in (inline, files):
        credential = Authenticator(target(user)).credential()
        assert (credential.certificate, credential.key) == ("CERT", "KEY")


def test_a_token_file_is_read_again_after_a_minute(written: Any) -> None:
    path = written("token", "first\n")
    clock = Clock()
    authenticator = Authenticator(target({"tokenFile": path}), now=clock)
    assert authenticator.credential().header == "Bearer first"
    Path(path).write_text("second")
    assert authenticator.credential().header == "Bearer first"
    clock.now += timedelta(minutes=1)
    assert authenticator.credential().header == "Bearer second"


def test_a_command_is_run_and_its_token_kept_until_it_expires(written: Any, path_environ: dict[str, str]) -> None:
    calls = written("calls", "")
    program = f"open({calls!r}, 'a').write('x')\n" + printing(
        {"token": "abc", "expirationTimestamp": (NOW + timedelta(minutes=15)).isoformat()}
    )
    clock = Clock()
    authenticator = Authenticator(target(exec_user(program)), path_environ, clock)
    assert {authenticator.credential().header for _ in range(3)} == {"Bearer abc"}
    assert Path(calls).read_text() == "x"
    clock.now += timedelta(minutes=15)
    authenticator.credential()
    assert Path(calls).read_text() == "xx"


def test_a_command_sees_its_environment_and_the_cluster(path_environ: dict[str, str]) -> None:
    program = (
        "import json, os\ninfo = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
        "token = ' '.join([os.environ['AWS_PROFILE'], info['apiVersion'], info['spec']['cluster']['server']])\n"
        "print(json.dumps({'status': {'token': token}}))"
    )
    user = exec_user(program, provideClusterInfo=True, env=[{"name": "AWS_PROFILE", "value": "dev"}])
    header = Authenticator(target(user), path_environ).credential().header
    assert header == "Bearer dev client.authentication.k8s.io/v1beta1 https://kube.example.com"


def test_only_a_credential_that_can_be_renewed_is_given_up_when_refused(path_environ: dict[str, str]) -> None:
    fixed = Authenticator(target({"token": "abc"}))
    assert not fixed.reject(fixed.credential())
    renewable = Authenticator(target(exec_user(printing({"token": "abc"}))), path_environ)
    first = renewable.credential()
    assert renewable.reject(first)
    assert renewable.credential() is not first


@pytest.mark.parametrize(
    ("user", "words"),
    [
        (exec_user("import sys; print('hush'); sys.exit('no session')"), "exit code 1: no session"),
        (exec_user("print('hush')"), "printed no ExecCredential"),
        (
            {"exec": {"command": "no-such-command", "installHint": "Install it from X."}},
            "not installed. Install it from X",
        ),
        ({"tokenFile": "/no/such/token"}, "/no/such/token"),
    ],
)
def test_what_goes_wrong_is_told_without_what_was_printed(
    user: dict[str, Any], words: str, path_environ: dict[str, str]
) -> None:
    with pytest.raises(KubeconfigError, match=words) as failure:
        Authenticator(target(user), path_environ).credential()
    assert "hush" not in str(failure.value)


def test_credentials_are_not_in_the_repr() -> None:
    assert "abc" not in repr(Authenticator(target({"token": "abc"})).credential())
