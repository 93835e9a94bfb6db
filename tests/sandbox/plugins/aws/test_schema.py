"""The schema names every property that the official SDK has an input for and that the stand-in carries."""

from __future__ import annotations

import importlib
import inspect
import json

import pytest

from sandbox.plugins.aws.resources import KINDS
from tests.sandbox.plugins.aws.driver import Engine


def _sdk_names(token: str) -> tuple[set[str], set[str]]:
    """The inputs and outputs of the official SDK's class, as wire names."""
    package, _, name = token.removeprefix("aws:").partition("/")
    class_name = name.rpartition(":")[2]
    module = importlib.import_module(f"pulumi_aws.{package}")
    resource = getattr(module, class_name)
    outputs = {_camel(name) for name in dir(resource) if isinstance(getattr(resource, name), property)}
    arguments = getattr(module, f"{class_name}Args")
    inputs = {_camel(name) for name in inspect.signature(arguments.__init__).parameters} - {"self"}
    return inputs, outputs


def _camel(name: str) -> str:
    if name == "ses_smtp_password_v4":
        return "sesSmtpPasswordV4"
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


@pytest.mark.parametrize("token", sorted(KINDS))
def test_every_property_is_one_of_the_official_sdk(token: str) -> None:
    inputs, outputs = _sdk_names(token)
    kind = KINDS[token]
    assert {field.name for field in kind.inputs()} <= inputs
    assert {field.name for field in kind.fields} <= outputs


def test_the_schema_says_that_it_is_a_stand_in(engine: Engine) -> None:
    schema = json.loads(engine.schema())
    assert schema["description"].startswith("STAND-IN for the aws provider plugin 7.51.1")
    assert set(schema["resources"]) == set(KINDS)
    assert engine.version() == "7.51.1"


def test_nested_types_and_secrets_are_described(engine: Engine) -> None:
    schema = json.loads(engine.schema())
    scanning = schema["resources"]["aws:ecr/repository:Repository"]["properties"]["imageScanningConfiguration"]
    assert schema["types"][scanning["$ref"].removeprefix("#/types/")]["required"] == ["scanOnPush"]
    key = schema["resources"]["aws:iam/accessKey:AccessKey"]
    assert key["properties"]["secret"]["secret"] is True
    assert key["requiredInputs"] == ["user"]
