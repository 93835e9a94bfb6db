"""Keys rotate without one failed pull; what would fail does, so that the proof can.

AWS knows a new key only after a while here, and NVCF's second replica hands out what it has in its caches. Both are
scaled down: seconds for minutes. Real pulls: the image's manifest and layers, by HTTP, from a registry that decides by
the key's policies.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.environment import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY
from sandbox.layout import TOOLCHAIN
from sandbox.parts import REGISTRY_BINARY, aws, nvcf, registry
from sandbox.running import Sandbox
from tests.engine.command_line import ops
from tests.engine.configurations import private
from tests.engine.emulators import Aws, Nvcf
from tests.engine.stacks import EngineStack
from tests.registry_client import RegistryClient
from tests.rotation.pulling import Place, Puller, login_token

ROTATIONS = 20
#: Seconds until AWS knows a new key.
PROPAGATION = 1.0
#: Seconds that NVCF's second replica goes on with an old secret; five minutes in earnest.
CACHED = 2.0
#: Seconds that the stack is told this takes, with the margin that the default of six minutes has.
WAIT = 3

PROJECT = "name: replacing\nruntime: {name: python, options: {toolchain: pip, virtualenv: .venv}}\n"
#: The obvious program: one key, replaced, and the credential given the new one in the same run.
REPLACING = """
import pulumi
import pulumi_aws as aws

from nvcf.provider import RegistryCredentialResource
from policies.ecr_pull import private_pull

repository = aws.ecr.Repository("r", name="NAME-functions/echo")
user = aws.iam.User("u", name="replacing-NAME")
rights = private_pull(account="123456789012", region="us-west-2", prefix="NAME-functions").to_json()
policy = aws.iam.Policy("p", name="replacing-NAME", policy=rights)
attached = aws.iam.UserPolicyAttachment("a", user=user.name, policy_arn=policy.arn)
key = aws.iam.AccessKey(
    "k", user=user.name, opts=pulumi.ResourceOptions(replacement_trigger=GENERATION, depends_on=[attached])
)
login = {"username": key.id, "password": key.secret}
place = {"hostname": "123456789012.dkr.ecr.us-west-2.amazonaws.com", "name": "functions"}
RegistryCredentialResource("c", {**place, **login, "artifactTypes": ["CONTAINER"], "propagationSeconds": 30})
pulumi.export("registries", {"functions": {"hostname": place["hostname"]}})
"""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Return a sandbox without a cluster, whose AWS learns keys late and whose NVCF has a second replica."""
    directory = tmp_path_factory.mktemp("sandbox")
    parts = [registry(TOOLCHAIN / REGISTRY_BINARY, directory / "registry"), aws(PROPAGATION), nvcf()]
    with Sandbox(directory, parts=parts) as running:
        cache(running, CACHED)
        yield running


def cache(sandbox: Sandbox, seconds: float) -> None:
    """Set how long NVCF's second replica goes on with what it has read; it counts from the next read."""
    url = f"{sandbox.endpoints['nvcf']}/__sandbox/caches"
    httpx.put(url, json={"rows": seconds / 2, "secrets": seconds}, trust_env=False).raise_for_status()


def place_of(stack: EngineStack, sandbox: Sandbox) -> Place:
    """Push an image as its administrator, and return where it is."""
    place = Place(
        nvcf=sandbox.endpoints["nvcf"],
        aws=sandbox.endpoints["aws"],
        account=stack.nvcf.name,
        hostname=stack.registry()["hostname"],
        repository=f"{stack.name}-functions/echo",
        region=REGION,
    )
    token = login_token(place, (ACCESS_KEY_ID, SECRET_ACCESS_KEY))
    with RegistryClient(place.aws, token=token, host=place.hostname) as registry_client:
        registry_client.push_image(place.repository, "v1", [b"a layer of the image", b"another" * 1000])
    return place


def test_twenty_rotations_without_one_failed_pull(sandbox: Sandbox, tmp_path: Path) -> None:
    with Nvcf(sandbox.endpoints["nvcf"]) as nvcf_emulator:
        account = nvcf_emulator.account("rotating")
        stack = EngineStack(tmp_path / "rotating", "rotating", {**sandbox.env, "NVCF_TOKEN": account.token}, account)
        stack.configure(nvcf={"propagationSeconds": WAIT}, registries=[private("rotating", repositories=["echo"])])
        stack.up()
        keys = Aws(sandbox.endpoints["aws"], (ACCESS_KEY_ID, SECRET_ACCESS_KEY))
        with Puller(place_of(stack, sandbox)) as puller:
            for generation in range(2, ROTATIONS + 2):
                # The function still runs with the key before the current one's successor: its slot must be let be.
                puller.await_pulls(2)
                done = ops(stack, "rotate", "--yes", "--unused-for", "1s", "--json")
                assert done.exit_code == 0, done.stderr
                assert done.registries[0]["generation"] == generation
                assert puller.failures == []
                puller.await_pulls(2)
                puller.redeploy()
                assert len(keys.key_status("rotating")) == 2
            puller.await_pulls(2)
    assert puller.failures == []
    assert len(puller.keys) == ROTATIONS + 1, "every generation was pulled with"
    assert min(puller.pulls.values()) > 5 * ROTATIONS, puller.pulls


def test_replacing_the_key_in_one_go_fails_pulls(sandbox: Sandbox, tmp_path: Path) -> None:
    """Shows that the harness can see a failed pull: create, PATCH, delete, as any program does without two slots."""
    with Nvcf(sandbox.endpoints["nvcf"]) as nvcf_emulator:
        account = nvcf_emulator.account("replacing")
        program = REPLACING.replace("NAME", "replacing")
        files = {"__main__.py": program.replace("GENERATION", "1"), "Pulumi.yaml": PROJECT}
        usual = {**sandbox.env, "NVCF_TOKEN": account.token}
        stack = EngineStack(tmp_path / "replacing", "replacing", usual, account, ("nvcf", "policies", ".venv"), files)
        stack.up()
        # Longer than any machine takes from the new secret to the old key's end: minutes and a moment in earnest.
        cache(sandbox, 60)
        with Puller(place_of(stack, sandbox)) as puller:
            puller.await_pulls(2)
            assert puller.failures == []
            (stack.directory / "__main__.py").write_text(program.replace("GENERATION", "2"), encoding="utf-8")
            stack.up()
            puller.await_pulls(10)
        cache(sandbox, CACHED)
    assert {each.who for each in puller.failures} == {"launch", "running"}
    assert "UnrecognizedClientException" in puller.failures[0].cause
