"""What a change of each setting does to the stack's resources: in place, or a new one, and then nothing more.

All changes are made in one `pulumi up`, each to a registry or a pull secret of its own; each test looks at one of them.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from sandbox.environment import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from tests.engine.configurations import CLUSTER, PASSWORD, private, public, pull_secret, static
from tests.engine.conftest import MakeStack, next_name
from tests.engine.emulators import Aws, Nvcf
from tests.engine.stacks import EngineStack, Run

KMS_KEY = "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OIDC_PROVIDER = "arn:aws:iam::123456789012:oidc-provider/issuer.example.com"
BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
BY_HAND = "123456789012.dkr.ecr.{region}.amazonaws.com"

#: What notes in state that a generation was begun and reached (`components.key_generation`).
COUNTED = {"generation-wanted": "update", "generation-reached": "update"}


@dataclass(frozen=True)
class Change:
    """One change of settings.

    Attributes:
        before: settings beside those every registry of the tests has.
        after: the settings that replace them.
        steps: what must happen, by the end of the resource's name; nothing else may.
        pull_before: settings of a pull secret, where the change is one of it.
        pull_after: the settings that replace them.
    """

    before: dict[str, Any]
    after: dict[str, Any]
    steps: dict[str, str]
    pull_before: dict[str, Any] | None = None
    pull_after: dict[str, Any] = field(default_factory=dict)


def _public_repository(**catalog: Any) -> dict[str, Any]:
    return {"kind": "ecr-public", "repositories": [{"name": "echo", "catalog": catalog}]}


def _generation(generation: int, previous: str = "active") -> dict[str, Any]:
    return {"keyGeneration": generation, "previousKey": previous}


#: By the registry's name.
CHANGES: dict[str, Change] = {
    "helmed": Change({}, {"artifactTypes": ["HELM", "CONTAINER"]}, {"credential": "update"}),
    "reordered": Change({"artifactTypes": ["CONTAINER", "HELM"]}, {"artifactTypes": ["HELM", "CONTAINER"]}, {}),
    "unhelmed": Change({"artifactTypes": ["CONTAINER", "HELM"]}, {}, {"credential": "replace"}),
    "tagged": Change({"tags": ["team=a"]}, {"tags": ["team=b"]}, {"credential": "replace"}),
    "described": Change({}, {"description": "For the functions"}, {"credential": "replace"}),
    "renamed": Change({}, {"credentialName": "NAME-new"}, {"credential": "update"}),
    # What stays in AWS is tagged as such.
    "kept": Change({}, {"onDestroy": "keep"}, {"credential": "update", "user": "update", "policy": "update"}),
    "moved": Change(
        {"prefix": "NAME-old", "repositories": ["echo"]},
        {"prefix": "NAME-new", "repositories": ["echo"]},
        {"policy": "update", "echo": "replace", "echo-lifecycle": "replace"},
    ),
    "catalogued": Change(
        _public_repository(description="one"), _public_repository(description="two"), {"echo": "update"}
    ),
    "rotated": Change(_generation(1), _generation(2), {"key-a": "create", "credential": "update", **COUNTED}),
    "thrice": Change(_generation(2), _generation(3), {"key-b": "replace", "credential": "update", **COUNTED}),
    "retired": Change(_generation(2), _generation(2, "inactive"), {"key-b": "update", **COUNTED}),
    "dropped": Change(_generation(2), _generation(2, "absent"), {"key-b": "delete", **COUNTED}),
    "followed": Change(
        _generation(1),
        _generation(2),
        {"key-a": "create", "credential": "update", "default-key": "update", "default-first": "replace", **COUNTED},
        pull_before={},
    ),
    "scheduled": Change({}, {}, {"default-cron": "update"}, {}, {"refreshSchedule": "5 */2 * * *"}),
    "mirrored": Change(
        {},
        {},
        {"default-cron": "update", "default-first": "replace"},
        {},
        {"image": "registry.example.com/alpine/k8s:1.35.0"},
    ),
    "spread": Change(
        {},
        {},
        {
            f"kube-public-{part}": "create"
            for part in ("secret", "account", "role", "binding", "script", "key", "cron", "first")
        },
        {"namespaces": ["default"]},
        {"namespaces": ["kube-public", "default"]},
    ),
    "federated": Change(
        {},
        {},
        {
            "role": "create",
            "attachment": "create",
            "default-account": "update",
            "default-key": "delete",
            "default-cron": "update",
            "default-first": "replace",
        },
        {},
        {"auth": "irsa", "oidcProvider": OIDC_PROVIDER},
    ),
}
#: Changes of one repository: settings before and after, None where it is not there, and what must happen to it.
REPOSITORIES: dict[str, tuple[dict[str, Any] | None, dict[str, Any] | None, dict[str, str]]] = {
    "added": (None, {}, {"": "create", "-lifecycle": "create"}),
    "removed": ({}, None, {"": "delete", "-lifecycle": "delete"}),
    "unlocked": ({}, {"immutableTags": False}, {"": "update"}),
    "excepted": ({}, {"mutableTags": ["latest"]}, {"": "update"}),
    "unscanned": ({}, {"scanOnPush": False}, {"": "update"}),
    "disposable": ({}, {"forceDelete": True}, {"": "update"}),
    "encrypted": ({}, {"kmsKey": KMS_KEY}, {"": "replace", "-lifecycle": "replace"}),
    "trimmed": ({}, {"keepImages": 5}, {"-lifecycle": "replace"}),
    "protected": ({}, {"protectedTags": ["release-*"]}, {"-lifecycle": "replace"}),
    "hoarded": ({}, {"untaggedDays": None}, {"-lifecycle": "delete"}),
}
#: Registries with a login given by hand, whose password is set as a secret.
LOGINS: dict[str, Change] = {
    "resecreted": Change({}, {}, {"credential": "update", "default-secret": "update"}, pull_before={}),
    "rehosted": Change(
        {"hostname": BY_HAND.format(region="us-west-2")},
        {"hostname": BY_HAND.format(region="eu-west-1")},
        {"credential": "replace"},
    ),
}


def configuration(name: str, moment: str) -> dict[str, Any]:
    """Return the configuration `before` or `after` all changes."""
    registries, pull_secrets = [], []
    for registry, change in (LOGINS | CHANGES).items():
        settings = {key: _named(value, name) for key, value in getattr(change, moment).items()}
        if registry == "resecreted":
            registries.append(static(registry))
        elif registry == "rehosted":
            registries.append({"name": registry, "kind": "ecr-private", "username": ACCESS_KEY_ID, **settings})
        else:
            kind = public if settings.get("kind") == "ecr-public" else private
            registries.append(kind(name, registry, **settings))
        if change.pull_before is not None:
            pull_settings = change.pull_before if moment == "before" else change.pull_before | change.pull_after
            pull_secrets.append(pull_secret(name, registry, **pull_settings))
    there = {repository: change[moment == "after"] for repository, change in REPOSITORIES.items()}
    repositories = [{"name": each, **settings} for each, settings in there.items() if settings is not None]
    registries.append(private(name, "images", repositories=repositories))
    return {"registries": registries, "pullSecrets": pull_secrets, "cluster": CLUSTER}


def _named(value: Any, name: str) -> Any:
    return value.replace("NAME", name) if isinstance(value, str) else value


def set_passwords(stack: EngineStack, ngc: str) -> None:
    for index, password in enumerate((ngc, SECRET_ACCESS_KEY)):
        stack.set_secret(f"registries[{index}].password", password)


@dataclass(frozen=True)
class Updated:
    """The stack after all changes, and the runs that made them."""

    stack: EngineStack
    before: dict[str, dict[str, Any]]
    preview: Run
    up: Run
    again: Run
    calls: list[str]


@pytest.fixture(scope="module")
def updated(make_stack: MakeStack, nvcf: Nvcf) -> Updated:
    name = next_name()
    stack = make_stack(name, **configuration(name, "before"))
    set_passwords(stack, PASSWORD)
    stack.up()
    before = stack.outputs()["registries"]
    stack.configure(**configuration(name, "after"))
    set_passwords(stack, f"{PASSWORD}-new")
    preview = stack.preview()
    with nvcf.calls() as calls:
        up = stack.up()
    return Updated(stack, before, preview, up, stack.preview(), calls)


def of(run: Run, name: str, registry: str) -> dict[str, str]:
    """Return what a run did to the resources of a registry and its pull secret."""
    short = {resource.replace(f"-{name}-{registry}", "", 1): step for resource, step in run.steps.items()}
    start = f"{registry}-"
    return {resource.removeprefix(start): step for resource, step in short.items() if resource.startswith(start)}


@pytest.mark.parametrize("registry", CHANGES | LOGINS)
def test_a_change_does_what_it_must_and_nothing_else(updated: Updated, registry: str) -> None:
    assert of(updated.up, updated.stack.name, registry) == (CHANGES | LOGINS)[registry].steps


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_a_change_of_a_repository_does_what_it_must(updated: Updated, repository: str) -> None:
    steps = of(updated.up, updated.stack.name, "images")
    done = {each.removeprefix(repository): step for each, step in steps.items() if each.startswith(repository)}
    assert done == REPOSITORIES[repository][2]


@pytest.mark.parametrize(("repository", "counts"), [("trimmed", [14, 5]), ("protected", [999_999, 14])])
def test_new_lifecycle_rules_outlive_the_old_ones(
    updated: Updated, aws: Aws, repository: str, counts: list[int]
) -> None:
    name = f"{updated.stack.name}-images/{repository}"
    kept = aws.client("ecr").get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"]
    assert [rule["selection"]["countNumber"] for rule in json.loads(kept)["rules"]] == counts


def test_the_preview_said_so(updated: Updated) -> None:
    assert updated.preview.steps == updated.up.steps


def test_afterwards_there_is_nothing_to_do(updated: Updated) -> None:
    assert updated.again.steps == {}


def test_a_note_for_this_project_alone_is_not_sent_to_nvcf(updated: Updated) -> None:
    kept = updated.before["kept"]["credentialId"]
    assert not [call for call in updated.calls if kept in call]
    assert [call for call in updated.calls if updated.before["rotated"]["credentialId"] in call]


@pytest.mark.parametrize(
    ("registry", "statuses"),
    [
        ("rotated", ["Active", "Active"]),
        ("thrice", ["Active", "Active"]),
        ("retired", ["Active", "Inactive"]),
        ("dropped", ["Active"]),
    ],
)
def test_keys_are_in_the_declared_state(updated: Updated, aws: Aws, registry: str, statuses: list[str]) -> None:
    user = f"nvcf-registry-{updated.stack.name}-{registry}"
    keys = aws.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
    assert sorted(key["Status"] for key in keys) == statuses


@pytest.mark.parametrize("registry", ["rotated", "thrice"])
def test_a_rotation_hands_nvcf_the_new_key_in_place(updated: Updated, registry: str) -> None:
    before, after = updated.before[registry], updated.stack.registry(registry)
    assert after["credentialId"] == before["credentialId"]
    assert after["activeKeyId"] != before["activeKeyId"]
    patched = [call for call in updated.calls if before["credentialId"] in call]
    assert patched == [f"PATCH registry-credentials/{before['credentialId']} 200"]


def test_the_key_before_stays_until_it_is_retired(updated: Updated) -> None:
    before, after = updated.before["thrice"], updated.stack.registry("thrice")
    assert after["previousKeyId"] == before["activeKeyId"]


def test_tags_and_boundary_of_the_whole_stack_change_in_place(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    registries = [private(unique, repositories=["echo"])]
    stack = make_stack(unique, registries=registries)
    stack.up()
    stack.configure(registries=registries, tags={"team": "gpu"}, permissionsBoundary=BOUNDARY)
    done = {resource: step for resource, step in stack.up().steps.items() if resource.startswith("functions-")}
    assert done == {"functions-user": "update", "functions-policy": "update", "functions-echo": "update"}
    user = aws.client("iam").get_user(UserName=f"nvcf-registry-{unique}-functions")["User"]
    assert user["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
    assert {"Key": "team", "Value": "gpu"} in user["Tags"]
