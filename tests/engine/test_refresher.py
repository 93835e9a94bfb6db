"""The refresher in the cluster: the very script, environment and ServiceAccount of its CronJob, run against real tools.

AWS is emulated; the API server is a real one.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.engine.cluster import Cluster
from tests.engine.configurations import CLUSTER, private, public, pull_secret
from tests.engine.conftest import MakeStack, next_name
from tests.engine.emulators import Aws
from tests.engine.refresher import ROLE_AUDIENCE, Refresher, login
from tests.engine.stacks import EngineStack

HOST = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
SECRETS = "/api/v1/namespaces/default/secrets"


@pytest.fixture(scope="module")
def issuer(aws: Aws, cluster: Cluster) -> str:
    """Make AWS trust the cluster's ServiceAccount tokens, and return the ARN of its OIDC provider."""
    url = cluster.get("/.well-known/openid-configuration")["issuer"]
    aws.trust_issuer(url, cluster.get("/openid/v1/jwks"))
    made = aws.client("iam").create_open_id_connect_provider(
        Url=url, ClientIDList=[ROLE_AUDIENCE], ThumbprintList=["0" * 40]
    )
    return str(made["OpenIDConnectProviderArn"])


def configuration(name: str, issuer: str, **functions: Any) -> dict[str, Any]:
    return {
        "registries": [private(name, **functions), public(name), private(name, "roles")],
        "pullSecrets": [
            pull_secret(name),
            pull_secret(name, "samples"),
            pull_secret(name, "roles", auth="irsa", oidcProvider=issuer),
        ],
        "cluster": CLUSTER,
    }


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack, issuer: str) -> EngineStack:
    name = next_name()
    stack = make_stack(name, **configuration(name, issuer))
    stack.up()
    return stack


@pytest.fixture
def refresher(stack: EngineStack, cluster: Cluster, tmp_path: Path, aws: Aws) -> Callable[[str], Refresher]:
    def of(registry: str) -> Refresher:
        name = f"{stack.name}-{registry}-refresh"
        return Refresher(cluster, "default", name, tmp_path / registry, aws.endpoint)

    return of


@pytest.mark.parametrize(
    ("registry", "host", "owner"),
    [
        ("functions", HOST, "user/nvcf/nvcf-registry-{}-functions"),
        ("samples", "public.ecr.aws", "user/nvcf/nvcf-registry-{}-samples"),
        # With a role, and no key in the cluster.
        ("roles", HOST, "assumed-role/nvcf-registry-{0}-roles-{0}-roles/"),
    ],
)
def test_the_pull_secret_gets_a_token_that_aws_takes(
    stack: EngineStack,
    refresher: Callable[[str], Refresher],
    cluster: Cluster,
    aws: Aws,
    registry: str,
    host: str,
    owner: str,
) -> None:
    run = refresher(registry).run()
    assert run.returncode == 0, run.stderr
    assert f"pull secret default/{stack.name}-{registry} refreshed for {host}, valid until " in run.stdout
    password = login(cluster, "default", f"{stack.name}-{registry}", host)
    assert owner.format(stack.name) in aws.owner_of_token(password)["principal"]
    assert password not in run.stdout + run.stderr


def test_pulumi_leaves_a_fresh_token_alone(
    stack: EngineStack, refresher: Callable[[str], Refresher], cluster: Cluster
) -> None:
    assert refresher("functions").run().returncode == 0
    password = login(cluster, "default", f"{stack.name}-functions", HOST)
    assert stack.up("--refresh").steps == {}
    assert login(cluster, "default", f"{stack.name}-functions", HOST) == password
    assert password not in stack.state_text()


@pytest.mark.parametrize("verb", ["get", "list", "patch", "delete", "create"])
def test_the_service_account_reaches_no_other_secret(
    stack: EngineStack, refresher: Callable[[str], Refresher], verb: str
) -> None:
    other = f"{SECRETS}/{stack.name}-samples"
    with refresher("functions").service_account() as account:
        own = account.get(f"{SECRETS}/{stack.name}-functions")
        assert own["type"] == "kubernetes.io/dockerconfigjson"
        calls: dict[str, Callable[[], Any]] = {
            "get": lambda: account.get(other),
            "list": lambda: account.get(SECRETS),
            "patch": lambda: account.patch(other, {"metadata": {"labels": {"x": "y"}}}),
            "delete": lambda: account.delete(f"{SECRETS}/{stack.name}-functions"),
            "create": lambda: account.post(SECRETS, {"metadata": {"name": f"{stack.name}-more"}}),
        }
        with pytest.raises(httpx.HTTPStatusError, match="403 Forbidden"):
            calls[verb]()


def test_after_a_rotation_the_new_key_fetches_the_token(
    make_stack: MakeStack, unique: str, cluster: Cluster, aws: Aws, tmp_path: Path
) -> None:
    def configured(**functions: Any) -> dict[str, Any]:
        return {"registries": [private(unique, **functions)], "pullSecrets": [pull_secret(unique)], "cluster": CLUSTER}

    stack = make_stack(unique, **configured())
    stack.up()
    old = stack.registry()["activeKeyId"]
    refresher = Refresher(cluster, "default", f"{unique}-functions-refresh", tmp_path / "pod", aws.endpoint)
    assert refresher.run().returncode == 0
    assert aws.owner_of_token(login(cluster, "default", f"{unique}-functions", HOST))["key_id"] == old

    stack.configure(**configured(keyGeneration=2))
    stack.up()
    run = refresher.run()
    assert run.returncode == 0, run.stderr
    new = aws.owner_of_token(login(cluster, "default", f"{unique}-functions", HOST))["key_id"]
    assert new == stack.registry()["activeKeyId"] != old
