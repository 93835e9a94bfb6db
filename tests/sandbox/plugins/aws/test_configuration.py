"""The provider's own configuration."""

from __future__ import annotations

import json

import pytest

from sandbox.plugins.aws.configuration import Configuration, read
from sandbox.plugins.protocol.values import Secret
from tests.sandbox.plugins.aws.driver import CallError, Engine, plugin


def test_what_the_sdk_sends_is_accepted(engine: Engine) -> None:
    inputs, failures = engine.check_config(
        region="eu-west-1",
        version="7.51.1",
        skipCredentialsValidation="false",
        skipMetadataApiCheck="true",
        skipRegionValidation="true",
        maxRetries="3",
        defaultTags='{"tags":{"a":"b"}}',
        endpoints='[{"iam":"http://127.0.0.1:1"}]',
        allowedAccountIds='["123456789012"]',
        secretKey=Secret("hidden"),
        accessKey=Secret("AKIAIOSFODNN7EXAMPLE"),
    )
    assert failures == {}
    assert inputs["secretKey"] == Secret("hidden")


def test_the_region_comes_from_the_environment(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    assert engine.check_config()[0]["region"] == "eu-north-1"
    monkeypatch.setenv("AWS_REGION", "eu-south-1")
    assert engine.check_config()[0]["region"] == "eu-south-1"
    assert engine.check_config(region="us-east-1")[0]["region"] == "us-east-1"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("assumeRoles", '[{"roleArn":"arn:aws:iam::123456789012:role/r"}]', "not carried by this plugin stand-in"),
        ("assumeRoleWithWebIdentity", '{"roleArn":"r"}', "not carried by this plugin stand-in"),
        ("useFipsEndpoint", "true", "not carried by this plugin stand-in"),
        ("defaultTags", "{", "is no JSON text"),
        ("defaultTags", "[1]", "has the wrong type, list"),
        ("accessKey", "AKIAIOSFODNN7EXAMPLE", "belong together"),
    ],
)
def test_what_is_not_carried_or_wrong_is_refused(engine: Engine, name: str, value: str, words: str) -> None:
    _, failures = engine.check_config(**{name: value})
    assert set(failures) == {name}
    assert words in failures[name]


def test_an_argument_that_is_switched_off_needs_no_carrying(engine: Engine) -> None:
    assert engine.check_config(useFipsEndpoint="false", assumeRoles="[]")[1] == {}


def test_secrets_within_json_are_read_and_not_shown() -> None:
    marked = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "v"}
    configuration = read({"defaultTags": json.dumps({"tags": {"a": marked}}), "secretKey": "hidden"})
    assert configuration is not None
    assert configuration.tags.defaults == {"a": "v"}
    assert "hidden" not in repr(configuration)


def test_defaults() -> None:
    assert read({}) == Configuration()


def test_credentials_are_verified_first(environment: None, aws_url: str) -> None:
    with plugin() as engine, pytest.raises(CallError) as caught:
        engine.configure(allowedAccountIds='["999999999999"]')
    assert "AWS account ID not allowed: 123456789012" in caught.value.message
    with plugin() as engine, pytest.raises(CallError) as caught:
        engine.configure(forbiddenAccountIds='["123456789012"]')
    assert "AWS account ID not allowed: 123456789012" in caught.value.message


def test_no_region_says_how_to_give_one(environment: None) -> None:
    with plugin() as engine, pytest.raises(CallError) as caught:
        engine.configure(region=None)
    assert "set aws:region, AWS_REGION" in caught.value.message


def test_an_unknown_profile_is_named(environment: None) -> None:
    with plugin() as engine, pytest.raises(CallError) as caught:
        engine.configure(profile="nobody", accessKey=None, secretKey=None)
    assert "nobody" in caught.value.message
    assert caught.value.code == "UNKNOWN"


def test_missing_credentials_say_how_to_give_them(environment: None) -> None:
    with plugin() as engine, pytest.raises(CallError) as caught:
        engine.configure(accessKey=None, secretKey=None)
    assert "no valid credential sources found: check the credentials: AWS_ACCESS_KEY_ID" in caught.value.message


def test_an_endpoint_of_one_service_wins(environment: None, monkeypatch: pytest.MonkeyPatch, aws_url: str) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with plugin() as engine:
        engine.configure(endpoints=json.dumps([{"sts": aws_url, "iam": ""}, {"iam": aws_url}]))
        user = engine.create("aws:iam/user:User", "u", {"name": "endpoint-of-one-service"})
    assert user.id == "endpoint-of-one-service"


def test_a_server_that_is_not_there_is_named(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with plugin() as engine, pytest.raises(CallError) as caught:
        engine.configure(maxRetries="0")
    assert 'Could not connect to the endpoint URL: "http://127.0.0.1:9/"' in caught.value.message
    assert "check AWS_ENDPOINT_URL" in caught.value.message
