import json
from typing import Any

import pytest
import yaml

from sandbox.plugins.kubernetes.provider import KubernetesPlugin
from sandbox.plugins.kubernetes.settings import settings
from sandbox.plugins.protocol.messages import DiffRequest, Target
from sandbox.plugins.protocol.values import UNKNOWN

TARGET = Target("urn:pulumi:dev::p::pulumi:providers:kubernetes::k", "pulumi:providers:kubernetes", "k")


def config(server: str, token: str = "a", namespace: str = "default") -> str:
    return yaml.safe_dump(
        {
            "current-context": "x",
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": namespace}}],
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "u", "user": {"token": token}}],
        }
    )


ONE, TWO = config("https://one"), config("https://two")


@pytest.mark.parametrize(
    ("old", "new", "changed", "replacing"),
    [
        ({"kubeconfig": ONE}, {"kubeconfig": ONE}, set(), set()),
        ({"kubeconfig": ONE}, {"kubeconfig": config("https://one", "b")}, {"kubeconfig"}, set()),
        ({"kubeconfig": ONE}, {"kubeconfig": TWO}, {"kubeconfig"}, {"kubeconfig"}),
        ({"kubeconfig": ONE}, {"kubeconfig": json.dumps(yaml.safe_load(ONE))}, {"kubeconfig"}, set()),
        ({"kubeconfig": ONE}, {"kubeconfig": UNKNOWN}, {"kubeconfig"}, {"kubeconfig"}),
        ({"kubeconfig": ONE}, {"kubeconfig": ONE, "enableSecretMutable": "true"}, {"enableSecretMutable"}, set()),
        ({}, {"kubeconfig": ONE}, {"kubeconfig"}, set()),
        (
            {"kubeconfig": ONE, "clusterIdentifier": "a"},
            {"kubeconfig": TWO, "clusterIdentifier": "a"},
            {"kubeconfig"},
            set(),
        ),
        (
            {"kubeconfig": ONE, "clusterIdentifier": "a"},
            {"kubeconfig": UNKNOWN, "clusterIdentifier": "a"},
            {"kubeconfig"},
            set(),
        ),
        (
            {"kubeconfig": ONE, "clusterIdentifier": "a"},
            {"kubeconfig": ONE, "clusterIdentifier": "b"},
            {"clusterIdentifier"},
            {"clusterIdentifier"},
        ),
        ({"kubeconfig": ONE}, {"kubeconfig": ONE, "clusterIdentifier": "b"}, {"clusterIdentifier"}, set()),
    ],
)
def test_only_another_cluster_replaces_the_provider(
    old: dict[str, Any], new: dict[str, Any], changed: set[str], replacing: set[str]
) -> None:
    plugin = KubernetesPlugin({}, lambda message, urn: None)
    diff = plugin.diff_config(DiffRequest(TARGET, "id", old, old, new))
    assert {change.path for change in diff.changes} == changed
    assert {change.path for change in diff.changes if change.replace} == replacing


@pytest.mark.parametrize(
    ("arguments", "environ", "mutable"),
    [
        ({}, {}, False),
        ({"enableSecretMutable": "true"}, {}, True),
        ({"enableSecretMutable": True}, {}, True),
        ({}, {"PULUMI_K8S_ENABLE_SECRET_MUTABLE": "true"}, True),
        ({"enableSecretMutable": "false"}, {"PULUMI_K8S_ENABLE_SECRET_MUTABLE": "true"}, False),
    ],
)
def test_arguments_win_over_the_environment(arguments: dict[str, Any], environ: dict[str, str], mutable: bool) -> None:
    assert settings(arguments, environ).secret_mutable is mutable


def test_the_kubeconfig_is_not_in_the_repr() -> None:
    assert "token" not in repr(settings({"kubeconfig": ONE}, {}))


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"renderYamlToDirectory": "out"}, "renderYamlToDirectory"),
        ({"enableServerSideApply": "false"}, "enableServerSideApply"),
    ],
)
def test_what_the_stand_in_does_not_carry_is_refused(arguments: dict[str, Any], path: str) -> None:
    checked = KubernetesPlugin({}, lambda message, urn: None).check_config(TARGET, arguments)
    assert [failure.path for failure in checked.failures] == [path]


def test_the_label_says_stand_in() -> None:
    assert "STAND-IN" in KubernetesPlugin({}, lambda message, urn: None).label
