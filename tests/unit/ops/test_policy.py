"""`ops policy` prints the document that the components make."""

import json

import pytest

from ops.errors import OpsError
from ops.policy import PullerKind, policy_command, puller_policy
from policies.ecr_pull import private_pull, public_pull

ACCOUNT = "123456789012"


def test_it_is_the_document_that_is_deployed(capsys: pytest.CaptureFixture[str]) -> None:
    policy_command(PullerKind.PRIVATE, "nvcf", ACCOUNT, "us-west-2")
    expected = private_pull(account=ACCOUNT, region="us-west-2", prefix="nvcf").to_json()
    assert json.loads(capsys.readouterr().out) == json.loads(expected)
    policy_command(PullerKind.PUBLIC, "nvcf", ACCOUNT)
    assert json.loads(capsys.readouterr().out) == json.loads(public_pull(account=ACCOUNT, prefix="nvcf").to_json())


def test_it_explains_every_statement(capsys: pytest.CaptureFixture[str]) -> None:
    policy_command(PullerKind.PRIVATE, "nvcf", ACCOUNT, "us-west-2", why=True)
    said = capsys.readouterr().out
    assert "PullBelowPrefix" in said
    assert said.count("because") == 2
    assert said.count("wildcard") == 2


@pytest.mark.parametrize(
    ("region", "prefix", "said"),
    [(None, "nvcf", "--region"), ("us-west-2", "*", "no such policy"), ("us-west-2", "/nvcf", "no such policy")],
)
def test_what_cannot_be_is_said(region: str | None, prefix: str, said: str) -> None:
    with pytest.raises(OpsError, match=said):
        puller_policy(PullerKind.PRIVATE, prefix=prefix, account=ACCOUNT, region=region, allow_every_repository=False)
