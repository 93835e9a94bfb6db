"""What happens when AWS cannot do as asked: a clear error, nothing lost from state, and convergence afterwards."""

import json
from collections.abc import Iterator

import pytest

from tests.engine.configurations import private
from tests.engine.conftest import MakeStack
from tests.engine.emulators import Aws, Nvcf

#: A deployer that may do everything but make access keys.
WEAK = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:CreateAccessKey", "Resource": "*"},
    ],
}


@pytest.fixture
def delay_of_new_keys(aws: Aws) -> Iterator[None]:
    aws.propagation(2)
    yield
    aws.propagation(0)


def test_a_right_the_deployer_lacks_is_named(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    stack = make_stack(unique, registries=[private(unique, repositories=["echo"])])
    usual = dict(stack.environment)
    key = aws.deployer(f"{unique}-weak", json.dumps(WEAK))
    stack.environment |= dict(zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), key, strict=True))
    run = stack.fails()
    said = run.diagnostics
    assert "aws:iam:AccessKey (functions-key-b)" in run.output
    assert f"user/{unique}-weak is not authorized to perform: iam:CreateAccessKey" in said
    assert {"functions-user", "functions-policy", "functions-attachment"} <= stack.names()
    assert stack.nvcf.credentials() == []
    assert not [text for text in stack.transcript if key[1] in text]

    stack.environment = usual
    steps = stack.up().steps
    assert steps["functions-key-b"] == steps["functions-credential"] == "create"
    assert not {"functions-user", "functions-policy", "functions-attachment"} & steps.keys()
    assert len(aws.users(unique)[f"nvcf-registry-{unique}-functions"]) == len(stack.nvcf.credentials()) == 1


def test_throttling_is_waited_out(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    for action in ("iam:CreateUser", "iam:CreateAccessKey", "ecr:GetAuthorizationToken"):
        aws.fault(action, status=400, code="ThrottlingException", message="Rate exceeded", times=2)
    stack = make_stack(unique, registries=[private(unique)])
    stack.up()
    user, password = stack.nvcf.login("functions")
    assert aws.users(unique) == {f"nvcf-registry-{unique}-functions": [user]}
    assert aws.client("ecr", (user, password)).get_authorization_token()["authorizationData"]


@pytest.mark.usefixtures("delay_of_new_keys")
def test_a_key_that_iam_spreads_slowly_is_waited_for(make_stack: MakeStack, unique: str, nvcf: Nvcf, aws: Aws) -> None:
    stack = make_stack(unique, registries=[private(unique)])
    with nvcf.calls() as calls:
        run = stack.up()
    assert calls[-1] == "POST registry-credentials 200"
    assert set(calls[:-1]) == {"POST registry-credentials 400"}
    assert "Trying again for up to 360 s" in run.diagnostics
    assert len(stack.nvcf.credentials()) == 1


@pytest.mark.usefixtures("delay_of_new_keys")
def test_a_key_that_stays_unknown_is_explained(make_stack: MakeStack, unique: str, aws: Aws) -> None:
    stack = make_stack(unique, registries=[private(unique)], nvcf={"propagationSeconds": 0})
    said = stack.fails().diagnostics
    assert "AWS refuses the access key when NVCF logs in with it: UnrecognizedClientException" in said
    assert "or is too new: check that it is active and run again" in said

    aws.propagation(0)
    assert "functions-key-b" not in stack.up().steps
    user, _ = stack.nvcf.login("functions")
    assert aws.users(unique) == {f"nvcf-registry-{unique}-functions": [user]}
