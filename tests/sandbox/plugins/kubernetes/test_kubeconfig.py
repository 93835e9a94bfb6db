from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.plugins.kubernetes import kubeconfig
from sandbox.plugins.kubernetes.kubeconfig import KubeconfigError, Overrides

CONFIG: dict[str, Any] = {
    "current-context": "one",
    "contexts": [
        {"name": "one", "context": {"cluster": "c1", "user": "u1", "namespace": "team"}},
        {"name": "two", "context": {"cluster": "c2", "user": "u1"}},
    ],
    "clusters": [
        {"name": "c1", "cluster": {"server": "https://one.example.com/"}},
        {"name": "c2", "cluster": {"server": "https://two.example.com", "certificate-authority": "ca.pem"}},
    ],
    "users": [{"name": "u1", "user": {"token": "hush"}}],
}
TEXT = yaml.safe_dump(CONFIG)


@pytest.mark.parametrize(
    ("overrides", "server", "namespace"),
    [
        (Overrides(), "https://one.example.com", "team"),
        (Overrides(context="two"), "https://two.example.com", "default"),
        (Overrides(cluster="c2"), "https://two.example.com", "team"),
        (Overrides(namespace="other"), "https://one.example.com", "other"),
    ],
)
def test_overrides_win(overrides: Overrides, server: str, namespace: str) -> None:
    target = kubeconfig.resolve(kubeconfig.parse(TEXT), overrides)
    assert (target.server, target.namespace) == (server, namespace)
    assert target.user["token"] == "hush"


def test_contents_and_path_are_both_taken(written: Any) -> None:
    path = written("config", TEXT)
    assert kubeconfig.parse(path)["current-context"] == kubeconfig.parse(TEXT)["current-context"] == "one"


def test_paths_in_a_file_are_relative_to_it(written: Any, tmp_path: Path) -> None:
    config = kubeconfig.parse(written("config", TEXT))
    assert config["clusters"][1]["cluster"]["certificate-authority"] == str(tmp_path / "ca.pem")


def test_files_of_the_environment_are_merged_and_the_first_wins(written: Any) -> None:
    users = [{"name": "u1", "user": {"token": "first"}}]
    first = written("first", yaml.safe_dump({"current-context": "two", "users": users}))
    second = written("second", TEXT)
    config = kubeconfig.ambient({"KUBECONFIG": f"{first}:/missing:{second}"})
    target = kubeconfig.resolve(config, Overrides())
    assert target.user["token"] == "first"
    assert target.server == "https://two.example.com"


@pytest.mark.parametrize(
    ("text", "overrides", "words"),
    [
        (TEXT, Overrides(context="nope"), "no context 'nope' .*one, two"),
        (TEXT, Overrides(cluster="nope"), "no cluster 'nope'"),
        ("clusters: []\nusers: []\n", Overrides(), "no current-context"),
        ("- a\n- b\n", Overrides(), "is not a kubeconfig"),
    ],
)
def test_what_leads_nowhere_is_explained(text: str, overrides: Overrides, words: str) -> None:
    with pytest.raises(KubeconfigError, match=words):
        kubeconfig.resolve(kubeconfig.parse(text), overrides)


def test_broken_yaml_is_told_by_its_line_and_never_quoted() -> None:
    with pytest.raises(KubeconfigError) as failure:
        kubeconfig.parse("users:\n- token: hush\n  x: [\n")
    assert "line" in str(failure.value)
    assert "hush" not in str(failure.value)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(KubeconfigError, match="/no/such/config"):
        kubeconfig.parse("/no/such/config")
    with pytest.raises(KubeconfigError, match="set KUBECONFIG"):
        kubeconfig.ambient({"KUBECONFIG": "/no/such/config"})


def test_credentials_are_not_in_the_repr() -> None:
    assert "hush" not in repr(kubeconfig.resolve(kubeconfig.parse(TEXT), Overrides()))
