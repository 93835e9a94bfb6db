"""`ops rotate`, `ops retire` and `ops status` on the real engine: what they do, and what they refuse to do."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.command_line import ops
from tests.engine.configurations import CLUSTER, PASSWORD, private, public, pull_secret, static
from tests.engine.conftest import MakeStack, next_name
from tests.engine.emulators import Aws, Nvcf
from tests.engine.stacks import EngineStack

#: In seconds; NVCF's caches are as fast here, so that nobody waits six minutes.
SOON = {"propagationSeconds": 1}
ANY_USE = ("--yes", "--unused-for", "0s")


@pytest.fixture
def stack(make_stack: MakeStack, unique: str) -> EngineStack:
    """Return a stack with one private registry, deployed."""
    made = make_stack(unique, nvcf=SOON, registries=[private(unique, repositories=["echo"])])
    made.up()
    return made


def login(stack: EngineStack, aws: Aws, name: str = "functions") -> str:
    """Return the key id that NVCF has, after ECR has taken the key."""
    key = stack.nvcf.login(name)
    assert aws.client("ecr", key).get_authorization_token()["authorizationData"]
    return key[0]


def test_rotations_and_retirements_through_three_generations(stack: EngineStack, aws: Aws) -> None:
    first = login(stack, aws)
    done = ops(stack, "rotate", *ANY_USE, "--json")
    assert done.exit_code == 0, done.stderr
    (rotated,) = done.registries
    second = login(stack, aws)
    assert rotated["outcome"] == "rotated"
    assert (rotated["generation"], rotated["deletesKey"], rotated["keyId"]) == (2, None, second)
    assert rotated["described"] == f"{stack.name}-functions/echo"
    assert aws.users(stack.name) == {f"nvcf-registry-{stack.name}-functions": [first, second]}

    done = ops(stack, "retire", *ANY_USE, "--json")
    assert done.exit_code == 0, done.stderr
    assert done.registries == [
        {"outcome": "switched off", "registry": "functions", "keyId": first, "previousKey": "inactive"}
    ]
    assert aws.key_status(stack.name) == {first: "Inactive", second: "Active"}

    assert ops(stack, "retire", "--undo", "--yes").exit_code == 0
    assert aws.key_status(stack.name) == {first: "Active", second: "Active"}

    for left in ({first: "Inactive", second: "Active"}, {second: "Active"}):
        assert ops(stack, "retire", *ANY_USE).exit_code == 0
        assert aws.key_status(stack.name) == left
    assert "it has no previous key" in ops(stack, "retire", *ANY_USE).stderr

    done = ops(stack, "rotate", *ANY_USE, "--json")
    assert done.exit_code == 0, done.stderr
    third = login(stack, aws)
    assert aws.key_status(stack.name) == {second: "Active", third: "Active"}
    assert stack.preview().steps == {}


def test_a_rotation_deletes_the_key_before_the_current_one(stack: EngineStack, aws: Aws) -> None:
    assert ops(stack, "rotate", *ANY_USE).exit_code == 0
    second = login(stack, aws)
    assert ops(stack, "rotate", *ANY_USE).exit_code == 0
    assert aws.key_status(stack.name) == {second: "Active", login(stack, aws): "Active"}


def test_a_key_that_was_used_lately_is_not_deleted(stack: EngineStack, aws: Aws) -> None:
    assert ops(stack, "rotate", *ANY_USE).exit_code == 0
    before = aws.key_status(stack.name)
    hostname = stack.registry()["hostname"]
    function = stack.nvcf.use(f"{hostname}/{stack.name}-functions/echo:1", deployed=True)
    for command in ("rotate", "retire"):
        refused = ops(stack, command, "--yes", "--json")
        assert refused.exit_code == 3
        (registry,) = refused.registries
        assert registry["outcome"] == "refused"
        assert "(ecr); a key must be out of use for 1d" in registry["problem"]
        assert f"function {function['id']}, version {function['versionId']}" in registry["problem"]
        assert "--unused-for 0s" in registry["remedy"]
    assert aws.key_status(stack.name) == before
    assert stack.preview().steps == {}, "the configuration was not touched"


def test_a_foreign_key_in_the_slot_is_named_and_nothing_is_touched(stack: EngineStack, aws: Aws) -> None:
    user = f"nvcf-registry-{stack.name}-functions"
    foreign = aws.client("iam").create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    refused = ops(stack, "rotate", *ANY_USE)
    assert refused.exit_code == 3
    assert f"has the access key {foreign}" in refused.stderr
    assert f"aws iam delete-access-key --user-name {user} --access-key-id {foreign}" in refused.stderr
    assert stack.preview().steps == {}


def test_a_credential_that_somebody_changed_is_not_rotated(stack: EngineStack, aws: Aws) -> None:
    credential, key = stack.registry()["credentialId"], stack.nvcf.login("functions")
    stack.nvcf.change(credential, "credentials", ":".join(key))
    refused = ops(stack, "rotate", *ANY_USE)
    assert refused.exit_code == 3
    assert "is called 'credentials' now, not 'functions'" in refused.stderr
    looked = ops(stack, "status", "--json")
    assert looked.exit_code == 4
    assert "is called 'credentials' now" in looked.registries[0]["problems"][0]
    stack.refresh()
    stack.up()
    assert ops(stack, "rotate", *ANY_USE).exit_code == 0


def test_a_rotation_that_failed_halfway_is_finished_by_running_it_again(
    stack: EngineStack, aws: Aws, nvcf: Nvcf, faults: None
) -> None:
    first = login(stack, aws)
    nvcf.fault("status", method="PATCH", path=stack.registry()["credentialId"], status=403, times=1)
    failed = ops(stack, "rotate", *ANY_USE, "--json")
    assert failed.exit_code == 1
    assert "NVCF registry credential 'functions'" in failed.report["stacks"][0]["error"]["problem"]
    assert login(stack, aws) == first, "what NVCF has still works"
    again = ops(stack, "rotate", *ANY_USE, "--json")
    assert again.exit_code == 0, again.stderr
    assert again.registries[0]["generation"] == 2, "it was not begun a second time"
    assert login(stack, aws) != first


@pytest.fixture
def faults(nvcf: Nvcf) -> Iterator[None]:
    """Forget planned faults afterwards."""
    yield
    nvcf.clear_faults()


def test_a_dry_run_touches_nothing(stack: EngineStack, aws: Aws) -> None:
    before = aws.key_status(stack.name)
    looked = ops(stack, "rotate", "--dry-run", "--unused-for", "0s")
    assert looked.exit_code == 0
    assert "functions: rotate to generation 2" in looked.stderr
    assert aws.key_status(stack.name) == before
    assert stack.preview().steps == {}


def test_nobody_to_ask_is_no_yes(stack: EngineStack, aws: Aws) -> None:
    before = aws.key_status(stack.name)
    refused = ops(stack, "rotate", "--unused-for", "0s")
    assert refused.exit_code != 0
    assert "Add --yes" in refused.stderr
    assert aws.key_status(stack.name) == before


def test_a_young_key_is_left_alone(stack: EngineStack, aws: Aws) -> None:
    before = aws.key_status(stack.name)
    skipped = ops(stack, "rotate", "--yes", "--if-older-than", "90d", "--json")
    assert skipped.exit_code == 0
    assert "due in 89d" in skipped.registries[0]["reason"]
    assert aws.key_status(stack.name) == before


def test_every_kind_in_one_stack(make_stack: MakeStack, aws: Aws, tmp_path: Any) -> None:
    name = next_name()
    stack = make_stack(
        name,
        nvcf=SOON,
        registries=[private(name), public(name), static()],
        pullSecrets=[pull_secret(name), pull_secret(name, "ngc")],
        cluster=CLUSTER,
    )
    stack.set_secret("registries[2].password", PASSWORD)
    stack.up()
    before = {each: stack.nvcf.login(each)[0] for each in ("functions", "samples")}
    done = ops(stack, "rotate", *ANY_USE, "--json")
    assert done.exit_code == 0, done.stderr
    assert [each["outcome"] for each in done.registries] == ["rotated", "rotated", "skipped"]
    assert all(stack.nvcf.login(each)[0] != key for each, key in before.items())

    stack.set_secret("registries[2].password", f"{PASSWORD}-2")
    assert stack.up().steps["ngc-credential"] == "update"
    assert stack.nvcf.login("ngc") == ("$oauthtoken", f"{PASSWORD}-2")

    metrics = tmp_path / "nvcf.prom"
    looked = ops(stack, "status", "--json", "--prometheus", str(metrics))
    functions, samples, ngc = looked.registries
    assert (functions["generation"], samples["generation"], ngc["generation"]) == (2, 2, None)
    assert [key["current"] for key in functions["keys"]] == [True, False]
    assert functions["pull_secrets"][0]["problem"].startswith("it holds no token yet")
    assert ngc["pull_secrets"][0]["problem"] is None
    assert f'nvcf_registry_key_generation{{registry="samples",stack="{name}"}} 2.0' in metrics.read_text()
    shown = ops(stack, "status")
    assert shown.exit_code == 4, "no Pod runs here, so no token was fetched"
    assert functions["credential_id"][:8] in shown.stdout
    secrets = [*stack.credentials().values(), PASSWORD]
    assert not [each for each in secrets if any(each in text for text in [*stack.transcript, metrics.read_text()])]


def test_several_stacks_at_once(make_stack: MakeStack, aws: Aws) -> None:
    names = [next_name() for _ in range(2)]
    stacks = [make_stack(name, nvcf=SOON, registries=[private(name)]) for name in names]
    for stack in stacks:
        stack.up()
        # Both through one program directory, as a user's checkout is.
        settings = f"Pulumi.{stack.name}.yaml"
        (stacks[0].directory / settings).write_text((stack.directory / settings).read_text())
        stacks[0].environment["NVCF_TOKEN"] = stacks[0].nvcf.token
    report = ops(stacks[0], "status", "--stack", names[1], "--json").report
    assert [each["stack"] for each in report["stacks"]] == names
    # Each has an NVCF account of its own here, and the command one token: the second's credential is not to be seen.
    assert "no longer exists in NVCF" in json.dumps(report["stacks"][1])
