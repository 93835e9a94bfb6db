"""Checked inputs: defaults, names, regions, tags, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2 as wire

from sandbox.plugins.protocol.values import UNKNOWN, Secret
from tests.sandbox.plugins.aws.driver import CallError, Engine, plugin

USER = "aws:iam/user:User"
REPOSITORY = "aws:ecr/repository:Repository"
OPTIONS = wire.CheckRequest.AutonamingOptions


def test_defaults_are_filled_in_and_remembered(engine: Engine) -> None:
    inputs, failures = engine.check(USER, "u", {"name": "x"})
    assert failures == {}
    assert inputs == {
        "name": "x",
        "path": "/",
        "forceDestroy": False,
        "tagsAll": {},
        "__defaults": ["forceDestroy", "path"],
    }


def test_a_name_is_made_up_of_seven_hex_digits_that_stay(engine: Engine) -> None:
    first, _ = engine.check(USER, "puller", {}, randomSeed=b"seed")
    assert first["name"].startswith("puller-")
    assert len(bytes.fromhex("0" + first["name"].removeprefix("puller-"))) == 4
    assert "name" in first["__defaults"]
    again, _ = engine.check(USER, "puller", {}, randomSeed=b"seed")
    assert again["name"] == first["name"]
    other_seed, _ = engine.check(USER, "puller", {}, randomSeed=b"other")
    assert other_seed["name"] != first["name"]
    later, _ = engine.check(USER, "puller", {}, first, randomSeed=b"other")
    assert later["name"] == first["name"]
    # A name that the program used to give and no longer does is not kept.
    dropped, _ = engine.check(USER, "puller", {}, {"name": "given", "__defaults": []}, randomSeed=b"other")
    assert dropped["name"] == other_seed["name"]


def test_a_repository_s_made_up_name_is_lower_case(engine: Engine) -> None:
    inputs, _ = engine.check(REPOSITORY, "Echo", {})
    assert inputs["name"].startswith("echo-")


def test_a_long_program_name_is_cut_to_the_service_s_limit(engine: Engine) -> None:
    inputs, _ = engine.check(USER, "u" * 100, {})
    assert len(inputs["name"]) == 64


@pytest.mark.parametrize(
    ("mode", "proposed", "expected"),
    [(OPTIONS.ENFORCE, "Exact", "Exact"), (OPTIONS.PROPOSE, "Proposed", "proposed")],
)
def test_the_engine_s_naming_options_are_honoured(engine: Engine, mode: Any, proposed: str, expected: str) -> None:
    inputs, _ = engine.check(REPOSITORY, "r", {}, autonaming=OPTIONS(mode=mode, proposed_name=proposed))
    assert inputs["name"] == expected


def test_without_naming_a_missing_name_is_refused(engine: Engine) -> None:
    _, failures = engine.check(USER, "u", {}, autonaming=OPTIONS(mode=OPTIONS.DISABLE))
    assert failures == {"name": "autonaming is disabled: give a name"}


def test_a_name_prefix_leaves_the_name_to_creation(engine: Engine) -> None:
    policy = json.dumps({"Statement": []})
    inputs, failures = engine.check("aws:iam/policy:Policy", "p", {"namePrefix": "pre-", "policy": policy})
    assert failures == {}
    assert "name" not in inputs


def test_the_region_is_the_resource_s_or_the_provider_s(engine: Engine) -> None:
    own, _ = engine.check(REPOSITORY, "r", {"region": "us-east-1"})
    assert own["region"] == "us-east-1"
    default, _ = engine.check(REPOSITORY, "r", {})
    assert default["region"] == "us-west-2"
    assert "region" not in engine.check(USER, "u", {})[0]


def test_tags_of_provider_and_resource_are_merged(engine: Engine) -> None:
    engine.configure(
        defaultTags=json.dumps({"tags": {"team": "a", "env": "dev"}}), ignoreTags=json.dumps({"keyPrefixes": ["x-"]})
    )
    inputs, _ = engine.check(USER, "u", {"tags": {"env": "prod", "x-y": "1"}})
    assert inputs["tags"] == {"env": "prod", "x-y": "1"}
    assert inputs["tagsAll"] == {"env": "prod", "team": "a"}


def test_unknown_values_pass_and_make_what_depends_on_them_unknown(engine: Engine) -> None:
    inputs, failures = engine.check(USER, "u", {"name": UNKNOWN, "tags": {"a": UNKNOWN}})
    assert failures == {}
    assert inputs["name"] is UNKNOWN
    assert inputs["tagsAll"] is UNKNOWN


def test_secret_inputs_stay_secret(engine: Engine) -> None:
    inputs, _ = engine.check(USER, "u", {"name": "x", "path": Secret("/p/")})
    assert inputs["path"] == Secret("/p/")


@pytest.mark.parametrize(
    ("token", "program", "path", "words"),
    [
        (USER, {"name": 7}, "name", "must be of type string"),
        (USER, {"inlinePolicy": "x"}, "inlinePolicy", "not an argument of aws:iam/user:User"),
        (USER, {"permissionsBoundary": "nvcf"}, "permissionsBoundary", "(nvcf) is an invalid ARN"),
        ("aws:iam/accessKey:AccessKey", {}, "user", "missing required argument user"),
        ("aws:iam/accessKey:AccessKey", {"user": "u", "status": "Off"}, "status", "one of ['Active', 'Inactive']"),
        ("aws:iam/accessKey:AccessKey", {"user": "u", "pgpKey": "k"}, "pgpKey", "that this plugin stand-in carries"),
        ("aws:iam/policy:Policy", {"policy": "{"}, "policy", "invalid JSON policy"),
        ("aws:iam/policy:Policy", {"policy": "[]"}, "policy", "must be a JSON object"),
        ("aws:ecr/lifecyclePolicy:LifecyclePolicy", {"repository": "r", "policy": "x"}, "policy", "invalid JSON"),
        (REPOSITORY, {"imageTagMutability": "SOMETIMES"}, "imageTagMutability", "expected imageTagMutability"),
        (
            REPOSITORY,
            {"imageTagMutabilityExclusionFilters": [{"filter": "*a*b*", "filterType": "WILDCARD"}]},
            "imageTagMutabilityExclusionFilters",
            "at most two wildcards",
        ),
        (
            REPOSITORY,
            {"imageTagMutabilityExclusionFilters": [{"filter": f"a{n}", "filterType": "WILDCARD"} for n in range(6)]},
            "imageTagMutabilityExclusionFilters",
            "at most 5",
        ),
        ("aws:ecrpublic/repository:Repository", {"repositoryName": "x"}, "repositoryName", "range (2 - 205)"),
        (
            "aws:ecrpublic/repository:Repository",
            {"repositoryName": "xx", "catalogData": {"logoImageBlob": "!"}},
            "catalogData",
            "not base64",
        ),
    ],
)
def test_bad_inputs_are_refused(engine: Engine, token: str, program: dict[str, Any], path: str, words: str) -> None:
    _, failures = engine.check(token, "r", program)
    assert set(failures) == {path}
    assert words in failures[path]


def test_a_type_that_is_not_carried_says_what_is(engine: Engine) -> None:
    with pytest.raises(CallError) as caught:
        engine.check("aws:s3/bucket:Bucket", "b", {})
    assert caught.value.code == "UNIMPLEMENTED"
    assert "does not carry the resource type aws:s3/bucket:Bucket" in caught.value.message
    assert "aws:iam/user:User" in caught.value.message


def test_before_the_configuration_is_known_a_preview_goes_on(environment: None) -> None:
    with plugin() as engine:
        engine.configure(region=UNKNOWN)
        preview = engine.create(REPOSITORY, "r", {"name": "x"}, preview=True)
    assert preview.outputs["region"] is UNKNOWN
    assert preview.outputs["tagsAll"] is UNKNOWN
    assert preview.outputs["name"] == "x"
