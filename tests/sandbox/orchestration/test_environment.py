import base64
import json
import os
import subprocess
from pathlib import Path

import pytest

from sandbox.environment import Environment, environment, nvcf_token
from sandbox.layout import PLUGIN_STAND_INS, Layout
from sandbox.options import Options, SandboxError, checked_options

ENDPOINTS = {"aws": "http://127.0.0.1:1", "nvcf": "http://127.0.0.1:2"}


def sourced(script: Path, base: dict[str, str], times: int = 1) -> dict[str, str]:
    """The environment of a shell that has sourced a script."""
    done = subprocess.run(
        ["/bin/sh", "-eu", "-c", f". '{script}'; " * times + "env -0"],
        env={"PATH": os.environ["PATH"], **base},
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(entry.split("=", 1) for entry in done.stdout.split("\0") if entry)


@pytest.fixture
def variables(tmp_path: Path) -> Environment:
    return environment(Options(toolchain="/tool chain/bin"), Layout.at(tmp_path / "it's $HOME"), ENDPOINTS)


def test_every_promised_variable_is_there(variables: Environment) -> None:
    promised = {
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_REGION",
        "NVCF_ENDPOINT",
    }
    promised |= {"NVCF_TOKEN", "KUBECONFIG", "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PATH"}
    assert promised <= variables.over({}).keys()


def test_the_shell_sees_what_python_sees(variables: Environment, tmp_path: Path) -> None:
    script = tmp_path / "env"
    script.write_text(variables.shell())
    base = {"PATH": os.environ["PATH"], "NO_PROXY": "example.com", "no_proxy": "example.com"}
    in_shell, in_python = sourced(script, base), variables.over(base)
    assert {name: in_shell[name] for name in in_python} == in_python


def test_sourcing_twice_changes_nothing_more_on_path(variables: Environment, tmp_path: Path) -> None:
    script = tmp_path / "env"
    script.write_text(variables.shell())
    assert sourced(script, {}, times=2)["PATH"] == sourced(script, {})["PATH"]


def test_a_users_real_credentials_and_profiles_do_not_get_in(variables: Environment, tmp_path: Path) -> None:
    stray = {
        "AWS_SESSION_TOKEN": "x",
        "AWS_PROFILE": "prod",
        "PULUMI_STACK": "prod",
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
    }
    script = tmp_path / "env"
    script.write_text(variables.shell())
    for result in (variables.over(stray), sourced(script, stray)):
        assert not {"AWS_SESSION_TOKEN", "AWS_PROFILE", "PULUMI_STACK"} & result.keys()
        assert result["AWS_ACCESS_KEY_ID"] == "AKIAIOSFODNN7EXAMPLE"
    assert "AWS_ENDPOINT_URL_IAM" not in variables.over({"AWS_ENDPOINT_URL_IAM": "https://elsewhere"})


def test_stand_ins_come_before_the_toolchain_and_the_users_path(variables: Environment) -> None:
    path = variables.over({"PATH": "/usr/bin"})["PATH"].split(os.pathsep)
    assert path == [str(PLUGIN_STAND_INS), "/tool chain/bin", "/usr/bin"]


def test_official_plugins_leave_the_stand_ins_out_and_downloads_on(tmp_path: Path) -> None:
    official = environment(Options(plugins="official"), Layout.at(tmp_path), ENDPOINTS).over({})
    assert str(PLUGIN_STAND_INS) not in official["PATH"]
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" not in official


def test_the_token_is_one_the_emulator_reads() -> None:
    prefix, _, claims = nvcf_token().partition(".")
    decoded = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert prefix == "dev"
    assert decoded["sub"] == "ncp"
    assert "manage_registry_credentials" in decoded["scopes"]


def test_secrets_are_not_in_the_repr(variables: Environment) -> None:
    assert "EXAMPLEKEY" not in repr(variables)
    assert nvcf_token() not in repr(variables)


def test_mine_takes_the_users_kubeconfig(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.touch()
    options = checked_options("mine", "standin", 0, {"KUBECONFIG": str(kubeconfig)})
    assert environment(options, Layout.at(tmp_path), ENDPOINTS).over({})["KUBECONFIG"] == str(kubeconfig)


@pytest.mark.parametrize("environ", [{}, {"KUBECONFIG": ""}, {"KUBECONFIG": "/no/such/file"}])
def test_mine_without_a_kubeconfig_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(SandboxError, match="KUBECONFIG"):
        checked_options("mine", "standin", 0, environ)


@pytest.mark.parametrize("propagation", [-1, float("nan"), float("inf")])
def test_a_propagation_that_is_no_time_is_refused(propagation: float) -> None:
    with pytest.raises(SandboxError, match="--propagation"):
        checked_options("own", "standin", propagation, {})
