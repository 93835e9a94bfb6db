"""What was changed outside is noticed by a refresh, put right by an up, and then there is nothing left to do.

All changes are made to one stack at once, each to a registry of its own; each test looks at one of them.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.engine.cluster import Cluster
from tests.engine.configurations import CLUSTER, PASSWORD, private, pull_secret, static
from tests.engine.conftest import MakeStack, next_name
from tests.engine.emulators import Account, Aws
from tests.engine.stacks import EngineStack, Run

SECRETS = "/api/v1/namespaces/default/secrets"
ROLES = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles"
OTHER_LOGIN = "$oauthtoken:of-somebody-else"


@dataclass(frozen=True)
class World:
    """Everything that can be changed behind the stack's back.

    Attributes:
        name: what all names begin with.
        registries: the stack's exports.
    """

    name: str
    registries: dict[str, dict[str, Any]]
    aws: Aws
    nvcf: Account
    cluster: Cluster

    def credential_id(self, registry: str) -> str:
        return str(self.registries[registry]["credentialId"])

    def user(self, registry: str) -> str:
        return f"nvcf-registry-{self.name}-{registry}"


@dataclass(frozen=True)
class Drift:
    """One change.

    Attributes:
        registry: name of the registry it happens to, or of the pull secret.
        change: makes it.
        noticed: what the refresh reports, by the end of the resource's name.
        repaired: what the up does.
    """

    registry: str
    change: Callable[[World], None]
    noticed: dict[str, str]
    repaired: dict[str, str]


def _delete_credential(world: World) -> None:
    world.nvcf.delete(world.credential_id("deleted"))


def _rename_credential(world: World) -> None:
    # What `nvcf-cli registry-credential update` does: it sends the name `credentials` with each new secret.
    world.nvcf.change(world.credential_id("renamed"), "credentials", OTHER_LOGIN)


def _other_secret(world: World) -> None:
    world.nvcf.change(world.credential_id("resecreted"), "resecreted", OTHER_LOGIN)


def _add_type(world: World) -> None:
    (login,) = world.nvcf.secrets("typed")
    world.nvcf.change(world.credential_id("typed"), "typed", login, "HELM")


def _delete_key(world: World) -> None:
    key = world.registries["keyless"]["activeKeyId"]
    world.aws.client("iam").delete_access_key(UserName=world.user("keyless"), AccessKeyId=key)


def _deactivate_key(world: World) -> None:
    key = world.registries["asleep"]["activeKeyId"]
    world.aws.client("iam").update_access_key(UserName=world.user("asleep"), AccessKeyId=key, Status="Inactive")


def _widen_policy(world: World) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}]}
    world.aws.client("iam").create_policy_version(
        PolicyArn=world.registries["widened"]["policyArn"], PolicyDocument=json.dumps(document), SetAsDefault=True
    )


def _detach_policy(world: World) -> None:
    arn = world.registries["detached"]["policyArn"]
    world.aws.client("iam").detach_user_policy(UserName=world.user("detached"), PolicyArn=arn)


def _delete_repository(world: World) -> None:
    world.aws.client("ecr").delete_repository(repositoryName=f"{world.name}-bare/echo")


def _unlock_tags(world: World) -> None:
    world.aws.client("ecr").put_image_tag_mutability(
        repositoryName=f"{world.name}-mutable/echo", imageTagMutability="MUTABLE"
    )


def _delete_lifecycle(world: World) -> None:
    world.aws.client("ecr").delete_lifecycle_policy(repositoryName=f"{world.name}-endless/echo")


def _delete_pull_secret(world: World) -> None:
    world.cluster.delete(f"{SECRETS}/{world.name}-ngc")


def _delete_refreshed_secret(world: World) -> None:
    world.cluster.delete(f"{SECRETS}/{world.name}-refreshed")


def _widen_role(world: World) -> None:
    every = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["*"]}]
    world.cluster.patch(f"{ROLES}/{world.name}-refreshed-refresh", {"rules": every})


DRIFTS = {
    "credential deleted": Drift(
        "deleted", _delete_credential, {"deleted-credential": "delete"}, {"deleted-credential": "create"}
    ),
    "credential renamed, as nvcf-cli does": Drift(
        "renamed", _rename_credential, {"renamed-credential": "update"}, {"renamed-credential": "update"}
    ),
    "credential given another secret": Drift(
        "resecreted", _other_secret, {"resecreted-credential": "update"}, {"resecreted-credential": "update"}
    ),
    # A type cannot be taken away from a credential, so this one is made anew.
    "credential given another type": Drift(
        "typed", _add_type, {"typed-credential": "update"}, {"typed-credential": "replace"}
    ),
    "access key deleted": Drift(
        "keyless",
        _delete_key,
        {"keyless-key-b": "delete"},
        {"keyless-key-b": "create", "keyless-credential": "update"},
    ),
    "access key deactivated": Drift("asleep", _deactivate_key, {"asleep-key-b": "update"}, {"asleep-key-b": "update"}),
    "policy widened": Drift("widened", _widen_policy, {"widened-policy": "update"}, {"widened-policy": "update"}),
    "policy detached": Drift(
        "detached", _detach_policy, {"detached-attachment": "delete"}, {"detached-attachment": "create"}
    ),
    "repository deleted": Drift(
        "bare",
        _delete_repository,
        {"bare-echo": "delete", "bare-echo-lifecycle": "delete"},
        {"bare-echo": "create", "bare-echo-lifecycle": "create"},
    ),
    "tags made mutable": Drift("mutable", _unlock_tags, {"mutable-echo": "update"}, {"mutable-echo": "update"}),
    "lifecycle rules deleted": Drift(
        "endless", _delete_lifecycle, {"endless-echo-lifecycle": "delete"}, {"endless-echo-lifecycle": "create"}
    ),
    "pull secret deleted": Drift(
        "ngc", _delete_pull_secret, {"ngc-default-secret": "delete"}, {"ngc-default-secret": "create"}
    ),
    "refreshed pull secret deleted": Drift(
        "refreshed",
        _delete_refreshed_secret,
        {"refreshed-default-secret": "delete"},
        {"refreshed-default-secret": "create"},
    ),
    "refresher's rights widened": Drift(
        "refreshed", _widen_role, {"refreshed-default-role": "update"}, {"refreshed-default-role": "update"}
    ),
}


@dataclass(frozen=True)
class Aftermath:
    """The runs that followed the changes."""

    world: World
    stack: EngineStack
    refresh: Run
    up: Run
    preview: Run


@pytest.fixture(scope="module")
def aftermath(make_stack: MakeStack, aws: Aws, cluster: Cluster) -> Aftermath:
    name = next_name()
    plain = ["deleted", "typed", "keyless", "asleep", "widened", "detached", "refreshed"]
    with_repository = ["bare", "mutable", "endless"]
    passwords = ["renamed", "resecreted", "ngc"]
    stack = make_stack(
        name,
        registries=[
            *[static(registry) for registry in passwords],
            *[private(name, registry) for registry in plain],
            *[private(name, registry, repositories=["echo"]) for registry in with_repository],
        ],
        pullSecrets=[pull_secret(name, "refreshed"), pull_secret(name, "ngc")],
        cluster=CLUSTER,
    )
    for index, _ in enumerate(passwords):
        stack.set_secret(f"registries[{index}].password", PASSWORD)
    stack.up()
    world = World(name, stack.outputs()["registries"], aws, stack.nvcf, cluster)
    for drift in DRIFTS.values():
        drift.change(world)
    return Aftermath(world, stack, stack.refresh(), stack.up(), stack.preview())


def of(steps: dict[str, str], name: str, drift: Drift) -> dict[str, str]:
    """Return the steps of a drift's resources, which are called after the registry or the pull secret."""
    shortened = {resource.replace(f"{drift.registry}-{name}-", "", 1): step for resource, step in steps.items()}
    return {resource: step for resource, step in shortened.items() if resource.startswith(f"{drift.registry}-")}


@pytest.mark.parametrize("what", DRIFTS)
def test_a_refresh_notices(aftermath: Aftermath, what: str) -> None:
    noticed = of(aftermath.refresh.steps, aftermath.world.name, DRIFTS[what])
    assert DRIFTS[what].noticed.items() <= noticed.items()


@pytest.mark.parametrize("what", DRIFTS)
def test_an_up_repairs(aftermath: Aftermath, what: str) -> None:
    done = of(aftermath.up.steps, aftermath.world.name, DRIFTS[what])
    assert DRIFTS[what].repaired.items() <= done.items()


def test_nothing_else_is_touched(aftermath: Aftermath) -> None:
    expected = {resource for drift in DRIFTS.values() for resource in drift.repaired}
    name = aftermath.world.name
    shortened = {
        resource.replace(f"-{name}-refreshed", "").replace(f"-{name}-ngc", "") for resource in aftermath.up.steps
    }
    assert shortened == expected


def test_afterwards_there_is_nothing_to_do(aftermath: Aftermath) -> None:
    assert aftermath.preview.steps == {}


def test_credentials_are_as_declared_again(aftermath: Aftermath) -> None:
    nvcf = aftermath.world.nvcf
    assert [each["artifactTypes"] for each in nvcf.named("typed")] == [["CONTAINER"]]
    assert len(nvcf.named("deleted")) == 1
    assert nvcf.named("credentials") == []
    for registry in ("renamed", "resecreted"):
        assert nvcf.secrets(registry) == [f"$oauthtoken:{PASSWORD}"]


def test_the_credential_follows_the_new_key(aftermath: Aftermath) -> None:
    user = aftermath.world.user("keyless")
    (key,) = aftermath.world.aws.users(aftermath.world.name)[user]
    assert key != aftermath.world.registries["keyless"]["activeKeyId"]
    assert aftermath.world.nvcf.secrets("keyless") == [f"{key}:{aftermath.stack.credentials()[key]}"]


def test_the_policy_ends_at_the_prefix_again(aftermath: Aftermath) -> None:
    iam = aftermath.world.aws.client("iam")
    arn = aftermath.world.registries["widened"]["policyArn"]
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    (resource,) = document["Statement"][1]["Resource"]
    assert resource.endswith(f":repository/{aftermath.world.name}-widened/*")


def test_a_new_seed_is_made_for_a_deleted_pull_secret(aftermath: Aftermath) -> None:
    name = aftermath.world.name
    assert aftermath.world.cluster.secret("default", f"{name}-refreshed") == {".dockerconfigjson": '{"auths": {}}'}
    kept = aftermath.world.cluster.secret("default", f"{name}-ngc")
    assert kept is not None
    assert PASSWORD in kept[".dockerconfigjson"]


def test_the_refreshers_rights_are_few_again(aftermath: Aftermath) -> None:
    role = aftermath.world.cluster.get(f"{ROLES}/{aftermath.world.name}-refreshed-refresh")
    assert [rule["verbs"] for rule in role["rules"]] == [["get", "patch"]]
