"""No secret is readable in state, exports, what is printed, the event stream, or the engine's log, failing runs too.

One exception is pinned here, since it is the engine's own: at its most verbose level, 9, it writes every value that it
sends to a plugin into its log, secret or not.
"""

import base64
import re
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from tests.engine.cluster import Cluster
from tests.engine.configurations import CLUSTER, PASSWORD, private, pull_secret, static
from tests.engine.conftest import MakeStack, next_name
from tests.engine.stacks import EngineStack

TO_STDERR = ("--logtostderr", "--logflow", "--debug")


@dataclass(frozen=True)
class Searched:
    """Where secrets are searched, by what it is, and the secrets by theirs."""

    texts: dict[str, str]
    secrets: dict[str, str]

    def found(self, place: str) -> list[str]:
        """Return what is readable in a text, or in what is base64 in it: which secrets, and how they are written."""
        text = self.texts[place]
        searched = [text, *map(decoded, set(re.findall(r"[A-Za-z0-9+/]{24,}={0,2}", text)))]
        return [what for what, secret in self.secrets.items() if any(secret in each for each in searched)]


def decoded(encoded: str) -> str:
    """Return what a text may be base64 of."""
    whole = encoded.rstrip("=")
    return base64.b64decode(whole[: len(whole) // 4 * 4]).decode(errors="replace")


def test_the_search_finds_what_is_hidden_in_a_larger_text() -> None:
    docker = base64.b64encode(b'{"auths": {"nvcr.io": {"password": "a-secret"}}}').decode()
    assert Searched({"here": f'"data": "{docker}"'}, {"it": "a-secret", "other": "another"}).found("here") == ["it"]


def forms(what: str, user: str, password: str) -> dict[str, str]:
    """Return a password as it is, and as base64 of it alone and with its user name, without padding."""
    pair = f"{user}:{password}"
    encoded = {
        f"base64 of {name}": base64.b64encode(text.encode()).decode().rstrip("=")
        for name, text in (("it", password), ("the pair", pair))
    }
    return {what: password, **{f"{what}, {name}": value for name, value in encoded.items()}}


@pytest.fixture(scope="module")
def searched(make_stack: MakeStack, cluster: Cluster) -> Searched:
    name = next_name()
    texts: dict[str, str] = {}

    def configure(**functions: Any) -> None:
        stack.configure(
            registries=[static(), private(name, **functions)],
            pullSecrets=[pull_secret(name), pull_secret(name, "ngc")],
            cluster=CLUSTER,
        )
        stack.set_secret("registries[0].password", PASSWORD)

    def note(place: str) -> None:
        texts[place] = "\n".join(stack.transcript)
        stack.transcript.clear()

    stack: EngineStack = make_stack(name)
    configure()
    texts["configuration"] = (stack.directory / f"Pulumi.{name}.yaml").read_text()
    stack.preview("--diff")
    note("preview")
    stack.up("--verbose=8", *TO_STDERR)
    note("up, log level 8")
    texts["first state"] = stack.state_text()
    configure(keyGeneration=2)
    stack.up("--diff")
    note("rotation")
    stack.refresh("--diff")
    note("refresh")
    token = stack.environment["NVCF_TOKEN"]
    stack.environment["NVCF_TOKEN"] = f"{token}-refused"
    stack.fails("refresh", "--yes", "--skip-preview", "--verbose=8", *TO_STDERR)
    note("failing refresh, log level 8")
    stack.environment["NVCF_TOKEN"] = token
    texts["state"] = stack.state_text()
    texts["outputs"] = stack.pulumi("stack", "output", "--json")
    texts["export"] = stack.pulumi("stack", "export")

    secrets = forms("static password", "$oauthtoken", PASSWORD)
    secrets |= {"NVCF token": token}
    secrets |= {"kubeconfig token": yaml.safe_load(cluster.kubeconfig.read_text())["users"][0]["user"]["token"]}
    secrets |= {"deployer's key": stack.environment["AWS_SECRET_ACCESS_KEY"]}
    for key_id, secret in stack.credentials().items():
        secrets |= forms(f"access key {key_id}", key_id, secret) if key_id != "$oauthtoken" else {}
    assert len(secrets) == 3 * 3 + 3
    stack.preview("--verbose=9", *TO_STDERR)
    note("log level 9")
    return Searched(texts, secrets)


@pytest.mark.parametrize(
    "place",
    [
        "configuration",
        "preview",
        "up, log level 8",
        "rotation",
        "refresh",
        "failing refresh, log level 8",
        "first state",
        "state",
        "outputs",
        "export",
    ],
)
def test_no_secret_is_readable(searched: Searched, place: str) -> None:
    assert searched.texts[place]
    assert searched.found(place) == []


def test_the_log_was_really_written(searched: Searched) -> None:
    assert '"v":7' in searched.texts["up, log level 8"]
    assert '"v":7' in searched.texts["failing refresh, log level 8"]


def test_the_engine_itself_logs_values_at_level_9(searched: Searched) -> None:
    """Pins what docs/testing.md warns of; when this fails, the engine has become more careful and the text is wrong."""
    found = searched.found("log level 9")
    assert "static password" in found
    assert "kubeconfig token" in found
