"""`ops leftovers` on the real engine: nothing while a stack holds it, everything once nobody does."""

import json
from typing import Any

from policies.deployer import deployer
from policies.inspector import inspector
from policies.scope import PrivateRegistry, Scope
from tests.engine.cluster import Cluster
from tests.engine.command_line import OpsRun, ops
from tests.engine.configurations import CLUSTER, PASSWORD, private, public, pull_secret, static
from tests.engine.conftest import MakeStack
from tests.engine.emulators import Aws, token_without_scopes
from tests.engine.stacks import EngineStack

OIDC_PROVIDER = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/LEFTOVERS"
DONE, FAILED, REFUSED, ATTENTION = 0, 1, 3, 4


def look(stack: EngineStack, *options: str) -> OpsRun:
    return ops(stack, "leftovers", "--json", *options)


def kinds(run: OpsRun, standing: str = "left") -> dict[str, int]:
    """Return how much of each kind stands in some way."""
    count: dict[str, int] = {}
    for each in run.report[standing]:
        count[each["kind"]] = count.get(each["kind"], 0) + 1
    return count


def lose_state(stack: EngineStack) -> None:
    """Remove the stack from the backend, and leave everything it made where it is."""
    stack.pulumi("stack", "rm", "--force", "--yes", "--preserve-config")


def test_everything_is_found_by_its_marks_and_removed(
    make_stack: MakeStack, unique: str, aws: Aws, cluster: Cluster
) -> None:
    stack = make_stack(
        unique,
        registries=[
            private(unique, repositories=["echo"], keyGeneration=2),
            public(unique, repositories=["hello"]),
            static(),
        ],
        pullSecrets=[
            pull_secret(unique, namespaces=[unique], createNamespaces=True),
            pull_secret(unique, "samples", auth="irsa", oidcProvider=OIDC_PROVIDER),
            pull_secret(unique, "ngc"),
        ],
        cluster=CLUSTER,
    )
    stack.set_secret("registries[2].password", PASSWORD)
    stack.up()
    deployed = look(stack)
    assert deployed.exit_code == DONE, deployed.stderr
    assert (deployed.report["left"], deployed.report["unmarked"], deployed.report["unseen"]) == ([], [], [])
    assert deployed.report["held"] > 20

    lose_state(stack)
    left = look(stack)
    assert left.exit_code == ATTENTION, left.stderr
    found = kinds(left)
    # For each refreshed pull secret: Secret, account, Role, binding, script, CronJob, Job; one has a key's Secret, too.
    assert found.pop("cluster object") == 8 + 7 + 1
    assert found == {
        "namespace": 1,
        "NVCF credential": 3,
        "access key": 3,
        "IAM user": 2,
        "IAM role": 1,
        "IAM policy": 2,
        "repository": 1,
        "public repository": 1,
    }
    assert left.report["held"] == 0
    commands = [command for each in left.report["left"] for command in each["commands"]]
    assert f"aws ecr delete-repository --region us-west-2 --repository-name {unique}-functions/echo" in commands
    assert f"aws iam delete-user --user-name nvcf-registry-{unique}-functions" in commands
    assert PASSWORD not in json.dumps(left.report)

    shown = ops(stack, "leftovers")
    assert f"{unique}: IAM user arn:aws:iam::123456789012:user/nvcf/nvcf-registry-{unique}-functions" in shown.stdout
    assert ops(stack, "leftovers", "--delete").exit_code == FAILED, "nobody can be asked here"
    removed = look(stack, "--delete", "--yes")
    assert removed.exit_code == DONE, removed.stderr
    assert len(removed.report["removed"]) == len(left.report["left"])
    assert (aws.left(unique), stack.nvcf.credentials()) == ([], [])
    assert cluster.secret("default", f"{unique}-samples") is None
    again = look(stack)
    assert (again.report["left"], again.exit_code) in (([], DONE), (again.report["left"], ATTENTION))
    assert {each["kind"] for each in again.report["left"]} <= {"namespace", "cluster object"}, "they take their time"


def test_after_a_destroy_nothing_is_left(make_stack: MakeStack, unique: str) -> None:
    stack = make_stack(unique, registries=[private(unique, repositories=["echo"])], cluster=CLUSTER)
    stack.up()
    stack.destroy()
    shown = ops(stack, "leftovers")
    assert (shown.exit_code, shown.stdout.strip()) == (DONE, "Nothing is left over.")

    stack.environment["NVCF_TOKEN"] = token_without_scopes(stack.nvcf.client)
    blind = look(stack)
    assert blind.exit_code == FAILED
    (unseen,) = blind.report["unseen"]
    assert unseen["place"].startswith("NVCF http://")
    assert "manage_registry_credentials" in unseen["remedy"]


def test_a_stack_with_a_name_that_begins_alike_is_left_alone(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    short = make_stack(unique, registries=[private(unique)])
    long = make_stack(f"{unique}-eu", registries=[private(f"{unique}-eu")])
    short.up()
    long.up()
    iam = aws.client("iam")
    for name in (f"nvcf-registry-{unique}-by-hand", f"nvcf-registry-{unique}-eu-by-hand"):
        iam.create_user(UserName=name, Path="/nvcf/")
    lose_state(short)
    found = look(short)
    assert {each["name"].rpartition("/")[2] for each in found.report["left"] if "IAM" in each["kind"]} == {
        f"nvcf-registry-{unique}-functions"
    }
    assert [each["name"].rpartition("/")[2] for each in found.report["unmarked"]] == [f"nvcf-registry-{unique}-by-hand"]
    # What is unmarked stays, and somebody is to see to it.
    assert look(short, "--delete", "--yes").exit_code == ATTENTION
    assert aws.users(unique) == {
        f"nvcf-registry-{unique}-by-hand": [],
        f"nvcf-registry-{unique}-eu-by-hand": [],
        f"nvcf-registry-{unique}-eu-functions": aws.users(f"{unique}-eu")[f"nvcf-registry-{unique}-eu-functions"],
    }
    assert long.preview("--refresh").steps == {}
    lose_state(long)
    assert look(long, "--delete", "--yes").exit_code == ATTENTION
    assert f"nvcf-registry-{unique}-eu-functions" not in aws.users(unique)


def test_what_was_kept_is_shown_and_goes_only_when_asked(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    kept = private(unique, repositories=["echo"], onDestroy="keep")
    stack = make_stack(unique, registries=[kept, static(onDestroy="keep")])
    stack.set_secret("registries[1].password", PASSWORD)
    stack.up()
    aws.push(f"{unique}-functions/echo")
    stack.destroy()
    found = look(stack)
    assert (found.exit_code, found.report["left"]) == (DONE, [])
    assert kinds(found, "kept") == {
        "NVCF credential": 2,
        "access key": 1,
        "IAM user": 1,
        "IAM policy": 1,
        "repository": 1,
    }
    assert look(stack, "--delete", "--yes").report["removed"] == []
    with_images = look(stack, "--delete", "--kept", "--yes")
    assert with_images.exit_code == FAILED
    (failed,) = with_images.report["failed"]
    assert "--images" in failed["remedy"]
    assert aws.left(unique) == [f"{unique}-functions/echo"]
    assert look(stack, "--delete", "--kept", "--images", "--yes").exit_code == DONE
    assert (aws.left(unique), stack.nvcf.credentials()) == ([], [])


def test_while_a_function_uses_a_credential_its_key_stays(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    stack = make_stack(unique, registries=[private(unique)])
    stack.up()
    host = stack.registry()["hostname"]
    key = stack.registry()["activeKeyId"], stack.credentials()[stack.registry()["activeKeyId"]]
    version = stack.nvcf.use(f"{host}/{unique}-functions/echo:1")
    lose_state(stack)
    refused = look(stack, "--delete", "--yes")
    assert refused.exit_code == FAILED
    assert f"function {version['id']}, version {version['versionId']}" in refused.stderr
    assert aws.client("ecr", key).get_authorization_token()["authorizationData"]
    stack.nvcf.stop_using(version["versionId"])
    assert look(stack, "--delete", "--yes").exit_code == DONE
    assert (aws.left(unique), stack.nvcf.credentials()) == ([], [])


def test_a_strange_key_of_a_held_user_is_shown_and_never_removed(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    stack = make_stack(unique, registries=[private(unique)])
    stack.up()
    user = f"nvcf-registry-{unique}-functions"
    strange = aws.client("iam").create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    found = look(stack, "--delete", "--yes")
    assert found.exit_code == ATTENTION
    (key,) = found.report["unmarked"]
    assert key["name"] == strange
    assert key["commands"] == [f"aws iam delete-access-key --user-name {user} --access-key-id {strange}"]
    assert strange in aws.users(unique)[user]


def test_nothing_is_removed_while_a_state_is_being_changed(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    stack = make_stack(unique, registries=[private(unique), private(unique, "other")])
    stack.up()
    file = stack._state_file
    state: dict[str, Any] = json.loads(file.read_text())
    latest = state["checkpoint"]["latest"]
    (user,) = [each for each in latest["resources"] if each["urn"].endswith("::other-user")]
    latest["resources"] = [each for each in latest["resources"] if "::other" not in each["urn"]]
    # As the engine notes it before it asks AWS.
    latest["pending_operations"] = [{"resource": {**user, "id": ""}, "type": "creating"}]
    file.write_text(json.dumps(state))
    refused = look(stack, "--delete", "--yes")
    assert refused.exit_code == REFUSED
    assert "ops recover" in refused.stderr
    assert f"nvcf-registry-{unique}-other" in aws.users(unique)


def test_the_whole_project_with_stacks_that_nobody_remembers(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    gone = make_stack(f"{unique}-gone", registries=[private(f"{unique}-gone")])
    there = make_stack(unique, registries=[private(unique)])
    gone.up()
    there.up()
    lose_state(gone)
    (gone.directory / f"Pulumi.{gone.name}.yaml").unlink()
    whole = ops_on_project(there, "--project", "nvcf-registry", "--no-cluster")
    ours = [each for each in whole.report["left"] if each["stack"].startswith(unique)]
    assert {each["stack"] for each in ours} == {f"{unique}-gone"}
    assert {each["kind"] for each in ours} == {"access key", "IAM user", "IAM policy"}, (
        "the token is of another account"
    )
    assert ops_on_project(there, "--project", "some-other-project", "--no-cluster").report["left"] == []
    named = look(gone, "--delete", "--yes", "--no-cluster")
    assert (named.exit_code, aws.left(f"{unique}-gone"), gone.nvcf.credentials()) == (DONE, [], [])


def ops_on_project(stack: EngineStack, *options: str) -> OpsRun:
    """Run the command without naming a stack."""
    return ops(stack, "leftovers", "--json", *options, names_stack=False)


def test_whoever_may_not_list_is_told_so(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    stack = make_stack(unique, registries=[private(unique, repositories=["echo"])])
    stack.up()
    scope = Scope(
        account="123456789012",
        project="nvcf-registry",
        permissions_boundary=None,
        private=(PrivateRegistry("us-west-2", f"{unique}-functions"),),
        public_prefixes=("nothing",),
    )
    lose_state(stack)
    for name, document, expected in (
        ("deployer", deployer(scope), FAILED),
        ("inspector", inspector(scope), ATTENTION),
    ):
        key = aws.deployer(f"{unique}-{name}", document.to_json())
        stack.environment.update(AWS_ACCESS_KEY_ID=key[0], AWS_SECRET_ACCESS_KEY=key[1])
        found = look(stack)
        assert found.exit_code == expected, found.stdout
        # By their names the deployer finds what the configuration still tells of.
        assert kinds(found)["IAM user"] == kinds(found)["access key"] == kinds(found)["IAM policy"] == 1
        assert kinds(found)["NVCF credential"] == kinds(found)["repository"] == 1
        unseen = {each["remedy"] for each in found.report["unseen"]}
        lists = ("iam:ListUsers", "iam:ListRoles", "iam:ListPolicies", "ecr:Desc", "ecr-public:Desc")
        assert all(any(f"Allow {each}" in said for said in unseen) for each in lists) == (name == "deployer")
        assert bool(unseen) == (name == "deployer")
