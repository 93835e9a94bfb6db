"""`ops recover` on the real engine: what a run leaves that was cut off, and that a plain `up` is clean afterwards."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ops.recovery.locks import locks_in_message
from tests.engine.cluster import Cluster
from tests.engine.command_line import OpsRun, ops
from tests.engine.configurations import CLUSTER, private, public, pull_secret
from tests.engine.conftest import MakeStack, next_name
from tests.engine.emulators import Aws
from tests.engine.interruptions import Emulator, forget, keys, kill_group, locks, pending, plugin_of, running, until
from tests.engine.stacks import EngineStack, Run

OIDC = "arn:aws:iam::123456789012:oidc-provider/oidc.example.com/id/CUTOFF"


@pytest.fixture
def aws_holds(environment: dict[str, str]) -> Iterator[Emulator]:
    with Emulator(environment["AWS_ENDPOINT_URL"]) as emulator:
        yield emulator


@pytest.fixture
def nvcf_holds(environment: dict[str, str]) -> Iterator[Emulator]:
    with Emulator(environment["NVCF_ENDPOINT"]) as emulator:
        yield emulator


def recovered(stack: EngineStack, *options: str) -> list[dict[str, Any]]:
    """Recover, and return the actions that were taken."""
    run = ops(stack, "recover", "--yes", "--json", *options)
    assert run.exit_code == 0, run.stderr
    (report,) = run.report["stacks"]
    assert len(report["done"]) >= len(report["actions"])
    return list(report["actions"])


def kinds(actions: list[dict[str, Any]]) -> list[str]:
    return [str(each["kind"]) for each in actions]


@dataclass(frozen=True)
class CutOff:
    """A first deployment that was killed while it made something of every kind.

    Attributes:
        before: what a dry run said.
        untouched: whether state, lock, AWS and the cluster were afterwards as before.
        first: the recovery.
        second: another one after it.
        up: the run after them.
    """

    stack: EngineStack
    begun: list[str]
    before: OpsRun
    untouched: bool
    first: OpsRun
    second: OpsRun
    up: Run


@pytest.fixture(scope="module")
def cut_off(make_stack: MakeStack, environment: dict[str, str], aws: Aws) -> CutOff:
    unique = next_name()
    stack = make_stack(
        unique,
        registries=[
            private(unique, repositories=["echo"]),
            public(unique, repositories=["demo"]),
        ],
        pullSecrets=[
            pull_secret(unique, namespaces=[f"{unique}-made"], createNamespaces=True),
            {"registry": "functions", "namespaces": ["default"], "name": f"{unique}-irsa", "auth": "irsa"}
            | {"oidcProvider": OIDC},
        ],
        cluster=CLUSTER,
    )
    with running(stack, "up") as engine:
        with Emulator(environment["AWS_ENDPOINT_URL"]) as emulator:
            for action in ("iam:CreateUser", "iam:CreateRole"):
                emulator.hold("after", action=action, resource=f".*{unique}-functions.*", hold=True)
            emulator.held(2)
            secret = f"functions-{unique}-functions-{unique}-made-secret"
            until(stack.names, lambda names: names >= {"functions-echo", "samples-demo", secret})
            engine.kill()
        # More than these cannot stand still: the plugin does four things at once, and the API server is a real one.
        begun = forget(stack, _is_found_again)
        seen = (stack.state_text(), locks(stack), sorted(aws.left(unique)))
        before = ops(stack, "recover", "--dry-run", "--json")
        untouched = seen == (stack.state_text(), locks(stack), sorted(aws.left(unique)))
        first = ops(stack, "recover", "--yes", "--json")
        second = ops(stack, "recover", "--yes", "--json")
    return CutOff(stack, begun, before, untouched, first, second, stack.up())


def _is_found_again(resource: dict[str, Any]) -> bool:
    kind, name = resource["type"], resource["urn"].rpartition("::")[2]
    return kind.startswith("kubernetes:") or "epository:" in kind or name == "functions-policy"


def test_a_dry_run_says_what_is_to_be_done_and_does_nothing(cut_off: CutOff) -> None:
    assert cut_off.before.exit_code == 4, cut_off.before.stderr
    assert cut_off.untouched
    (report,) = cut_off.before.report["stacks"]
    assert kinds(report["actions"]) == ["release-lock", "refresh", "import", "forget-pending"]
    assert report["done"] == []


def test_what_a_killed_run_made_is_taken_into_state(cut_off: CutOff) -> None:
    assert cut_off.first.exit_code == 0, cut_off.first.stderr
    stack = cut_off.stack
    (report,) = cut_off.first.report["stacks"]
    (taken,) = [each["text"] for each in report["actions"] if each["kind"] == "import"]
    name = f"nvcf-registry-{stack.name}-functions"
    for what in (
        f"the IAM user {name},",
        f"the IAM policy {name},",
        f"the IAM role {name}-{stack.name}-irsa",
        f"the ECR repository {stack.name}-functions/echo",
        f"the public ECR repository {stack.name}-samples/demo",
        f"the Namespace {stack.name}-made in the cluster",
        f"the Secret {stack.name}-made/{stack.name}-functions in the cluster",
        f"the Role default/{stack.name}-irsa-refresh in the cluster",
    ):
        assert what in f"{taken},", taken
    assert len(cut_off.begun) >= 6


def test_running_it_again_does_nothing(cut_off: CutOff) -> None:
    assert cut_off.second.exit_code == 0, cut_off.second.stderr
    (report,) = cut_off.second.report["stacks"]
    assert (report["actions"], report["refused"], report["notes"]) == ([], [], [])


def test_a_plain_up_is_clean_afterwards(cut_off: CutOff, aws: Aws) -> None:
    stack, steps = cut_off.stack, cut_off.up.steps
    taken = {*cut_off.begun, "functions-user", "functions-policy"}
    # What can be put again without harm is.
    assert {name for name in taken if steps.get(name) == "create"} == {"functions-echo-lifecycle"}
    assert pending(stack) == []
    assert stack.preview().steps == {}
    assert len(stack.nvcf.credentials()) == 2
    assert sorted(map(len, aws.users(stack.name).values())) == [1, 1]


def test_nothing_secret_is_said(cut_off: CutOff) -> None:
    stack = cut_off.stack
    secrets = [*stack.credentials().values(), stack.environment["NVCF_TOKEN"]]
    assert not [each for each in secrets if any(each in text for text in stack.transcript)]


def test_a_run_at_work_is_left_alone(make_stack: MakeStack, unique: str, aws_holds: Emulator, aws: Aws) -> None:
    stack = make_stack(unique, registries=[private(unique)])
    aws_holds.hold("before", action="iam:CreateUser", resource=f".*{unique}.*", hold=True)
    with running(stack, "up") as engine:
        aws_holds.held(1)
        (lock,) = locks(stack)
        run = ops(stack, "recover", "--yes")
        assert run.exit_code == 3
        assert f"A run is at work on the stack '{unique}': process {engine.pid} of" in run.stderr
        assert locks(stack) == [lock]
        # Where the backend is no directory, the engine is asked.
        said = subprocess.run(
            ["pulumi", "stack", "rename", unique, "--stack", unique, "--non-interactive"],
            cwd=stack.directory,
            env=stack.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert [each.pid for each in locks_in_message(said.stderr)] == [engine.pid]

        content = json.loads(lock.read_text())
        lock.write_text(json.dumps({**content, "hostname": "elsewhere"}))
        run = ops(stack, "recover", "--yes")
        assert run.exit_code == 3
        assert "is locked from another machine" in run.stderr
        assert "pulumi cancel" in run.stderr
        lock.write_text(json.dumps(content))

        aws_holds.release()
        assert engine.wait() == 0


def test_a_key_that_nobody_knows_is_deleted_and_no_other(
    make_stack: MakeStack, unique: str, aws_holds: Emulator, aws: Aws
) -> None:
    stack, user, iam = (
        make_stack(unique, registries=[private(unique)]),
        f"nvcf-registry-{unique}-functions",
        aws.client("iam"),
    )
    aws_holds.hold("after", action="iam:CreateAccessKey", resource=f".*{unique}.*", hold=True)
    with running(stack, "up") as engine:
        aws_holds.held(1)
        used = iam.create_access_key(UserName=user)["AccessKey"]
        aws.client("sts", (used["AccessKeyId"], used["SecretAccessKey"])).get_caller_identity()
        engine.kill()
    (orphan,) = set(keys(aws, stack)) - {used["AccessKeyId"]}
    # As people do first: release the lock by hand, and repeat the run.
    stack.pulumi("cancel", "--yes")
    assert "LimitExceeded" in stack.fails().diagnostics
    (deleted,) = [each for each in recovered(stack) if each["kind"] == "delete-key"]
    # The run that was cut off made it, or the one that failed just afterwards: the times do not tell them apart.
    assert (deleted["key"], deleted["reason"].partition(",")[0]) in [
        (orphan, "a run was cut off while it made it"),
        (orphan, "a run that failed made it"),
    ]
    assert keys(aws, stack) == [used["AccessKeyId"]]
    stack.up()
    current = stack.registry()["activeKeyId"]

    iam.delete_access_key(UserName=user, AccessKeyId=used["AccessKeyId"])
    foreign = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    run = ops(stack, "recover", "--yes", "--json")
    (report,) = run.report["stacks"]
    assert (run.exit_code, report["actions"]) == (0, []), run.stderr
    assert [f"{foreign} of {user}" in note and f"--delete-key {foreign}" in note for note in report["notes"]] == [True]
    refused = ops(stack, "recover", "--yes", "--delete-key", current)
    assert (refused.exit_code, "is one that this stack holds" in refused.stderr) == (3, True)
    assert kinds(recovered(stack, "--delete-key", foreign)) == ["delete-key"]
    assert keys(aws, stack) == [current]
    assert stack.preview().steps == {}


def test_what_a_killed_plugin_made_is_found_without_any_note_of_it(
    make_stack: MakeStack, unique: str, aws_holds: Emulator, aws: Aws
) -> None:
    stack = make_stack(unique, registries=[private(unique, repositories=["echo"])])
    aws_holds.hold("after", action="ecr:CreateRepository", resource=f".*{unique}.*", hold=True)
    aws_holds.hold("after", action="iam:CreateAccessKey", resource=f".*{unique}.*", hold=True)
    with running(stack, "up") as engine:
        aws_holds.held(2)
        kill_group(plugin_of(engine, "sandbox.plugins.aws"))
        assert engine.wait() != 0
    assert (pending(stack), locks(stack)) == ([], [])
    assert len(keys(aws, stack)) == 1
    assert kinds(recovered(stack)) == ["delete-key", "refresh", "import"]
    assert keys(aws, stack) == []
    assert "functions-echo" not in stack.up().steps
    assert stack.preview().steps == {}
    assert keys(aws, stack) == [stack.registry()["activeKeyId"]]


def test_another_stacks_repository_is_named_and_left_alone(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    repository = f"{unique}-functions/echo"
    tags = {"managed-by": "pulumi", "nvcf-registry:project": "nvcf-registry", "nvcf-registry:stack": "other"}
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    aws.client("ecr").create_repository(repositoryName=repository, tags=listed)
    stack = make_stack(unique, registries=[private(unique, repositories=["echo"])])
    run = ops(stack, "recover", "--yes", "--json")
    assert run.exit_code == 1
    (report,) = run.report["stacks"]
    assert report["actions"] == []
    (refused,) = report["refused"]
    assert f"the ECR repository {repository} exists, and its marks name the stack 'other'" in refused["problem"]
    assert stack.names() == set()


@pytest.fixture(scope="module")
def rotated(make_stack: MakeStack, environment: dict[str, str]) -> Iterator[EngineStack]:
    unique = next_name()
    stack = make_stack(
        unique,
        registries=[private(unique)],
        pullSecrets=[pull_secret(unique)],
        cluster=CLUSTER,
    )
    with Emulator(environment["NVCF_ENDPOINT"]) as emulator:
        # A secret that was lost is to show at once.
        emulator.cache_secrets(0.0)
        stack.up()
        stack.configure(
            registries=[private(unique, keyGeneration=2)], pullSecrets=[pull_secret(unique)], cluster=CLUSTER
        )
        stack.up()
        yield stack
        emulator.cache_secrets(300.0)


def test_a_credential_that_nvcf_cli_renamed_gets_name_and_secret_back(rotated: EngineStack) -> None:
    credential, login = rotated.registry()["credentialId"], rotated.nvcf.login("functions")
    rotated.nvcf.change(credential, "credentials", ":".join(login))
    (action,) = recovered(rotated)
    assert action["kind"] == "refresh"
    assert "somebody renamed the credential 'functions' to 'credentials'" in action["text"]
    assert rotated.up().steps == {"functions-credential": "update"}
    assert rotated.nvcf.login("functions") == login


def test_a_row_without_its_secret_is_found_and_mended(rotated: EngineStack, nvcf_holds: Emulator) -> None:
    credential, login = rotated.registry()["credentialId"], rotated.nvcf.login("functions")
    nvcf_holds.lose_secret(rotated.nvcf.name, credential)
    assert kinds(recovered(rotated, "--verify")) == ["verify"]
    assert rotated.up().steps == {"functions-credential": "update"}
    assert rotated.nvcf.login("functions") == login
    assert kinds(recovered(rotated, "--verify")) == ["verify"]
    assert rotated.preview("--refresh").steps == {}, "a secret that works is not sent again"


def test_a_change_of_the_credential_whose_answer_was_lost(
    make_stack: MakeStack, unique: str, nvcf_holds: Emulator, aws: Aws
) -> None:
    stack = make_stack(unique, registries=[private(unique)])
    stack.up()
    nvcf_holds.hold("after", action="hold", method="PATCH", account=stack.nvcf.name)
    stack.configure(registries=[private(unique, keyGeneration=2)])
    with running(stack, "up") as engine:
        nvcf_holds.held(1)
        engine.kill()
        nvcf_holds.release()
        assert pending(stack) == ["updating functions-credential"]
        actions = recovered(stack)
    assert kinds(actions) == ["release-lock", "refresh", "resend", "forget-pending"]
    stack.up()
    login = stack.nvcf.login("functions")
    assert login[0] == stack.registry()["activeKeyId"]
    assert stack.preview().steps == {}
    assert len(keys(aws, stack)) == 2


@pytest.mark.parametrize("predecessor_is_there", [True, False])
def test_the_successor_of_a_job_takes_its_place(
    rotated: EngineStack, cluster: Cluster, predecessor_is_there: bool
) -> None:
    """The engine was killed when it had made the Job of a new key, and the one of the old key was still in state."""
    generation = rotated.registry()["generation"] + 1
    rotated.configure(
        registries=[private(rotated.name, keyGeneration=generation)],
        pullSecrets=[pull_secret(rotated.name)],
        cluster=CLUSTER,
    )
    jobs, name = "/apis/batch/v1/namespaces/default/jobs", f"{rotated.name}-functions-refresh-g"
    before = cluster.get(f"{jobs}/{name}{generation - 1}")
    rotated.up()
    if predecessor_is_there:
        spec = {key: value for key, value in before["spec"].items() if key not in ("selector", "template")}
        template = {"metadata": {}, "spec": before["spec"]["template"]["spec"]}
        cluster.post(
            jobs,
            {
                "metadata": {"name": before["metadata"]["name"], "labels": before["metadata"]["labels"]},
                "spec": {**spec, "template": template},
            },
        )
    resource = f"functions-{rotated.name}-functions-default-first"
    _take_back(rotated, resource, f"{name}{generation}", f"{name}{generation - 1}")
    said = recovered(rotated)
    assert kinds(said) == ["refresh", "replaced", "forget-pending"]
    assert (
        f"the Job default/{name}{generation} in the cluster has taken the place of its predecessor" in said[1]["text"]
    )
    rotated.up()
    assert rotated.preview().steps == {}
    assert cluster.get(f"{jobs}/{name}{generation}")
    assert cluster.get(f"{jobs}/{name}{generation - 1}") is None


def _take_back(stack: EngineStack, name: str, new_id: str, old_id: str) -> None:
    """Leave a state as of before a replacement, with the creation of the successor noted as begun."""
    file = stack._state_file
    state = json.loads(file.read_text())
    latest = state["checkpoint"]["latest"]
    (found,) = [each for each in latest["resources"] if each["urn"].endswith(f"::{name}")]
    begun = {key: value for key, value in found.items() if key not in ("id", "outputs", "created", "modified")}
    latest["pending_operations"] = [{"type": "creating", "resource": begun}]
    old = json.loads(json.dumps(found).replace(new_id, old_id))
    found.clear()
    found.update(old)
    file.write_text(json.dumps(state))


def test_what_a_killed_destroy_deleted_leaves_the_state(
    make_stack: MakeStack, unique: str, aws_holds: Emulator, aws: Aws
) -> None:
    stack = make_stack(unique, registries=[private(unique, repositories=["echo"])])
    stack.up()
    aws_holds.hold("after", action="ecr:DeleteRepository", resource=f".*{unique}.*", hold=True)
    with running(stack, "destroy") as engine:
        aws_holds.held(1)
        engine.kill()
        # What a kill at the wrong moment leaves: the engine fills this file after it has made it.
        stack._state_file.with_name(f"{unique}.json.attrs").write_text("")
        assert "EOF" in stack.fails("preview").output
        recovered(stack)
    assert "functions-echo" not in stack.names()
    assert "remove half-written files" in "".join(stack.transcript)
    stack.destroy()
    assert (aws.left(unique), stack.nvcf.credentials()) == ([], [])
