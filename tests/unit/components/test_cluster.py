"""Which context of a kubeconfig is meant, and what EKS's own kubeconfig holds."""

import json
from pathlib import Path

import pulumi
import pytest

from components.cluster import kubeconfig_context
from components.kubeconfig import EksCluster, eks_kubeconfig, kubeconfig_path

CONFIG = """
contexts: [{name: a, context: {}}, {name: b, context: {}}]
current-context: a
users: [{name: u, user: {token: the-token}}]
"""
PATH = Path("/home/x/.kube/config")


@pytest.mark.parametrize(("context", "expected"), [(None, "a"), ("b", "b")])
def test_the_configured_context_or_the_current_one(context: str | None, expected: str) -> None:
    assert kubeconfig_context(CONFIG, context, PATH) == expected


@pytest.mark.parametrize(
    ("text", "context", "wrong"),
    [
        (CONFIG, "c", "has no context 'c'.*it has a, b"),
        ("", None, "has no current context.*it has none"),
        ("contexts: []", None, "has no current context"),
        ("- the-token", None, "has no current context"),
        ("{ the-token", None, "has no current context"),
    ],
)
def test_a_kubeconfig_without_the_context_is_an_error(text: str, context: str | None, wrong: str) -> None:
    with pytest.raises(pulumi.RunError, match=wrong) as raised:
        kubeconfig_context(text, context, PATH)
    assert str(PATH) in str(raised.value)
    assert "the-token" not in str(raised.value)


def test_where_the_kubeconfig_is() -> None:
    assert kubeconfig_path("$WHERE/config", {"WHERE": "/x"}) == Path("/x/config")
    assert kubeconfig_path(None, {"KUBECONFIG": "/a:/b"}) == Path("/a")
    assert kubeconfig_path(None, {}) == Path("~/.kube/config").expanduser()


def test_the_kubeconfig_of_eks_holds_no_credential() -> None:
    cluster = EksCluster("c", "arn:aws:eks:eu-west-1:123456789012:cluster/c", "https://c", "Q0E=", "https://issuer")
    user = json.loads(eks_kubeconfig(cluster))["users"][0]["user"]
    assert list(user) == ["exec"]
    assert user["exec"]["args"][:2] == ["--region", "eu-west-1"]
    assert (cluster.region, cluster.account) == ("eu-west-1", "123456789012")
