"""Which change updates, which replaces, and which deletes first: a table of the official provider's rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.plugins.protocol.values import UNKNOWN
from tests.sandbox.plugins.aws.driver import Engine, Resource, kinds, plugin

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecr:A", "Resource": "*"}]})
OTHER_POLICY = POLICY.replace("ecr:A", "ecr:B")
LIFECYCLE = json.dumps({"rules": [{"rulePriority": 1, "selection": {"tagStatus": "any", "countNumber": 1}}]})
ARN = "arn:aws:iam::123456789012:policy/p"
OTHER_ARN = "arn:aws:iam::123456789012:policy/q"

USER = "aws:iam/user:User"
KEY = "aws:iam/accessKey:AccessKey"
IAM_POLICY = "aws:iam/policy:Policy"
ROLE = "aws:iam/role:Role"
USER_ATTACHMENT = "aws:iam/userPolicyAttachment:UserPolicyAttachment"
ROLE_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
REPOSITORY = "aws:ecr/repository:Repository"
LIFECYCLE_POLICY = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
PUBLIC = "aws:ecrpublic/repository:Repository"

BASE: dict[str, dict[str, Any]] = {
    USER: {"name": "n", "path": "/a/", "tags": {"k": "v"}, "permissionsBoundary": ARN},
    KEY: {"user": "u"},
    IAM_POLICY: {"name": "n", "path": "/a/", "policy": POLICY, "description": "d", "tags": {"k": "v"}},
    ROLE: {"name": "n", "path": "/a/", "assumeRolePolicy": POLICY, "description": "d", "tags": {"k": "v"}},
    USER_ATTACHMENT: {"user": "u", "policyArn": ARN},
    ROLE_ATTACHMENT: {"role": "r", "policyArn": ARN},
    REPOSITORY: {
        "name": "n/x",
        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": [{"filter": "dev-*", "filterType": "WILDCARD"}],
        "imageScanningConfiguration": {"scanOnPush": True},
        "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": "arn:aws:kms:r:1:key/1"}],
        "forceDelete": False,
        "tags": {"k": "v"},
    },
    LIFECYCLE_POLICY: {"repository": "n/x", "policy": LIFECYCLE},
    PUBLIC: {
        "repositoryName": "n/x",
        "catalogData": {"description": "d", "architectures": ["ARM", "x86-64"]},
        "tags": {"k": "v"},
    },
}

NONE, UPDATE, ADD, DELETE = "", "UPDATE", "ADD", "DELETE"
REPLACE = "UPDATE_REPLACE"

# type, property, new value (None takes it away), path of the change, its kind, whether the old one is deleted first
RULES: list[tuple[str, str, Any, str, str, bool]] = [
    (USER, "name", "m", "name", UPDATE, False),
    (USER, "path", "/b/", "path", UPDATE, False),
    (USER, "permissionsBoundary", OTHER_ARN, "permissionsBoundary", UPDATE, False),
    (USER, "permissionsBoundary", None, "permissionsBoundary", DELETE, False),
    (USER, "forceDestroy", True, "forceDestroy", ADD, False),
    (USER, "tags", {"k": "w"}, "tags.k", UPDATE, False),
    (KEY, "user", "v", "user", REPLACE, False),
    (KEY, "status", "Inactive", "status", UPDATE, False),
    (IAM_POLICY, "name", "m", "name", REPLACE, False),
    (IAM_POLICY, "path", "/b/", "path", REPLACE, True),
    (IAM_POLICY, "description", "e", "description", REPLACE, True),
    (IAM_POLICY, "description", None, "description", "DELETE_REPLACE", True),
    (IAM_POLICY, "policy", OTHER_POLICY, "policy", UPDATE, False),
    (IAM_POLICY, "policy", json.dumps(json.loads(POLICY), indent=4, sort_keys=True), "", NONE, False),
    (IAM_POLICY, "policy", POLICY.replace('"ecr:A"', '["ecr:A"]'), "", NONE, False),
    (IAM_POLICY, "tags", None, "tags", DELETE, False),
    (ROLE, "name", "m", "name", REPLACE, False),
    (ROLE, "path", "/b/", "path", REPLACE, True),
    (ROLE, "assumeRolePolicy", OTHER_POLICY, "assumeRolePolicy", UPDATE, False),
    (ROLE, "description", "e", "description", UPDATE, False),
    (ROLE, "maxSessionDuration", 7200, "maxSessionDuration", UPDATE, False),
    (ROLE, "permissionsBoundary", ARN, "permissionsBoundary", ADD, False),
    (USER_ATTACHMENT, "user", "v", "user", REPLACE, False),
    (USER_ATTACHMENT, "policyArn", OTHER_ARN, "policyArn", REPLACE, False),
    (ROLE_ATTACHMENT, "role", "s", "role", REPLACE, False),
    (ROLE_ATTACHMENT, "policyArn", OTHER_ARN, "policyArn", REPLACE, False),
    (REPOSITORY, "name", "n/y", "name", REPLACE, False),
    (REPOSITORY, "region", "eu-west-1", "region", REPLACE, True),
    (REPOSITORY, "encryptionConfigurations", [{"encryptionType": "AES256"}], "*", REPLACE, True),
    (REPOSITORY, "encryptionConfigurations", [{"encryptionType": "KMS"}], "", NONE, False),
    (REPOSITORY, "encryptionConfigurations", None, "", NONE, False),
    (REPOSITORY, "imageTagMutability", "MUTABLE_WITH_EXCLUSION", "imageTagMutability", UPDATE, False),
    (
        REPOSITORY,
        "imageTagMutabilityExclusionFilters",
        [{"filter": "rc-*", "filterType": "WILDCARD"}],
        "imageTagMutabilityExclusionFilters[0].filter",
        UPDATE,
        False,
    ),
    (
        REPOSITORY,
        "imageScanningConfiguration",
        {"scanOnPush": False},
        "imageScanningConfiguration.scanOnPush",
        UPDATE,
        False,
    ),
    (REPOSITORY, "imageScanningConfiguration", None, "", NONE, False),
    (REPOSITORY, "forceDelete", True, "forceDelete", ADD, False),
    (REPOSITORY, "tags", {"k": "v", "a.b": "1"}, 'tags["a.b"]', ADD, False),
    (LIFECYCLE_POLICY, "repository", "n/y", "repository", REPLACE, True),
    (LIFECYCLE_POLICY, "policy", LIFECYCLE.replace("1}", "2}"), "policy", REPLACE, True),
    (LIFECYCLE_POLICY, "policy", json.dumps(json.loads(LIFECYCLE), indent=2), "", NONE, False),
    (LIFECYCLE_POLICY, "region", "eu-west-1", "region", REPLACE, True),
    (PUBLIC, "repositoryName", "n/y", "repositoryName", REPLACE, False),
    (
        PUBLIC,
        "catalogData",
        {"description": "e", "architectures": ["ARM", "x86-64"]},
        "catalogData.description",
        UPDATE,
        False,
    ),
    (PUBLIC, "catalogData", {"description": "d", "architectures": ["x86-64", "ARM"]}, "", NONE, False),
    (PUBLIC, "catalogData", None, "", NONE, False),
    (PUBLIC, "forceDestroy", True, "forceDestroy", ADD, False),
    (PUBLIC, "region", "us-west-1", "region", REPLACE, False),
]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """One plugin for the whole table: comparing calls nothing of AWS."""
    with plugin() as side:
        side.configure(skipCredentialsValidation="true")
        yield side


@pytest.mark.parametrize(
    ("token", "name", "value", "path", "kind", "deletes_first"),
    RULES,
    ids=[f"{token.rpartition(':')[2]}.{name}-{index}" for index, (token, name, *_) in enumerate(RULES)],
)
def test_rule(engine: Engine, token: str, name: str, value: Any, path: str, kind: str, deletes_first: bool) -> None:
    old, failures = engine.check(token, "r", BASE[token])
    assert not failures
    state = Resource(token, "r", "id", old, {key: item for key, item in old.items() if key != "__defaults"})
    program = {key: item for key, item in {**BASE[token], name: value}.items() if item is not None}
    diff = engine.changed(state, program)

    found = {key: entry for key, entry in kinds(diff).items() if not key.startswith("tagsAll")}
    if kind == NONE:
        assert found == {}
        assert not diff.replaces
        return
    assert found
    if path == "*":
        assert all(entry.endswith("_REPLACE") for entry in found.values())
    else:
        assert found == {path: kind}
    assert list(diff.replaces) == ([name] if kind.endswith("REPLACE") else [])
    assert diff.deleteBeforeReplace is deletes_first


@pytest.mark.parametrize("token", sorted(BASE))
def test_same_inputs_change_nothing(engine: Engine, token: str) -> None:
    old, _ = engine.check(token, "r", BASE[token])
    state = Resource(token, "r", "id", old, {key: item for key, item in old.items() if key != "__defaults"})
    assert kinds(engine.changed(state, BASE[token])) == {}


def test_a_made_up_name_is_made_up_anew_so_nothing_is_deleted_first(engine: Engine) -> None:
    program = {"policy": POLICY, "description": "d"}
    old, _ = engine.check(IAM_POLICY, "r", program)
    state = Resource(IAM_POLICY, "r", "id", old, {key: item for key, item in old.items() if key != "__defaults"})
    diff = engine.changed(state, {**program, "description": "e"})
    assert list(diff.replaces) == ["description"]
    assert not diff.deleteBeforeReplace


def test_ignored_changes_are_overlooked(engine: Engine) -> None:
    old, _ = engine.check(USER, "r", BASE[USER])
    state = Resource(USER, "r", "id", old, {**old, "tags": {"k": "other"}, "path": "/other/"})
    assert set(kinds(engine.diff(state, old))) == {"tags.k", "path"}
    assert set(kinds(engine.diff(state, old, ignore=("tags",)))) == {"path"}


def test_an_unknown_value_counts_as_a_change(engine: Engine) -> None:
    old, _ = engine.check(USER_ATTACHMENT, "r", BASE[USER_ATTACHMENT])
    state = Resource(USER_ATTACHMENT, "r", "id", old, old)
    assert list(engine.changed(state, {"user": UNKNOWN, "policyArn": ARN}).replaces) == ["user"]
