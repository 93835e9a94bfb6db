"""What is read before anything is decided: history, wanted resources, files beside the state, things that exist."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pulumi.automation.events import EngineEvent

from ops.errors import OpsError
from ops.recovery.existing import look_for
from ops.recovery.findings import Owner
from ops.recovery.history import last_success, left_off, read_history
from ops.recovery.store import root, unreadable_attributes
from ops.recovery.wanted import WantedListener, interrupted_creations
from tests.unit.ops.findings_of import PULLER, at, findings, pending, resource, run, wanted

USER = "aws:iam/user:User"


def event(op: str, kind: str = USER, **more: Any) -> EngineEvent:
    """Return an event of a preview as the engine sends it."""
    urn = f"urn:pulumi:dev::nvcf-registry::{kind}::functions-user"
    new = {"urn": urn, "type": kind, "custom": True, "parent": PULLER, "inputs": {"name": "n"}, "id": "", **more}
    provider = "urn:pulumi:dev::nvcf-registry::pulumi:providers:aws::default::04da6b54"
    metadata = {"op": op, "urn": urn, "type": kind, "provider": provider, "new": {**new, "outputs": {}, "provider": ""}}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, "resourcePreEvent": {"metadata": metadata}})


def test_the_history_is_read() -> None:
    entry = {"kind": "update", "startTime": "2026-11-21T12:01:00.000Z", "endTime": "2026-11-21T12:02:00.000Z"}
    runs = read_history([{**entry, "result": "failed"}, {**entry, "result": "succeeded"}, {"kind": "update"}])
    assert runs == (run(1, 2, failed=True), run(1, 2))
    assert left_off(runs)
    success = last_success(runs)
    assert success is not None
    assert success <= at(2)
    assert (left_off(()), last_success(())) == (False, None)


@pytest.mark.parametrize("op", ["create", "create-replacement"])
def test_what_a_preview_would_create_is_listened_for(op: str) -> None:
    listener = WantedListener()
    listener(event(op))
    (found,) = listener.wanted
    assert (found.type, found.parent, found.inputs) == (USER, PULLER, {"name": "n"})
    assert found.provider.endswith("::default::04da6b54")


@pytest.mark.parametrize(
    "other",
    [event("same"), event("replace"), event("create", custom=False), event("create", "pulumi:providers:aws")],
    ids=["unchanged", "logical", "component", "provider"],
)
def test_nothing_else_is(other: EngineEvent) -> None:
    listener = WantedListener()
    listener(other)
    assert listener.wanted == []


def test_interrupted_creations_are_read_from_state() -> None:
    made = resource(USER, "functions-user", "x", inputs={"name": "n"}, provider="aws::1")
    export = findings([], operations=[pending("creating", made), pending("deleting", made)]).export
    (found,) = interrupted_creations(export)
    assert (found.urn, found.inputs, found.provider) == (made["urn"], {"name": "n"}, "aws::1")
    assert interrupted_creations({"version": 3, "deployment": None}) == ()


def test_half_written_attributes_are_found(tmp_path: Path) -> None:
    stacks, history = tmp_path / "stacks" / "nvcf-registry", tmp_path / "history" / "nvcf-registry" / "dev"
    for directory in (stacks, history):
        directory.mkdir(parents=True)
    good, bad = '{"md5": "Q1N8"}', [stacks / "dev.json.attrs", history / "dev-1.history.json.attrs"]
    for file in (stacks / "dev.json.bak.attrs", stacks / "dev2.json.attrs"):
        file.write_text(good)
    (stacks / "prod.json.attrs").write_text("")
    for file in bad:
        file.write_text(good[:-3] if file is bad[1] else "")
    assert unreadable_attributes(tmp_path, "nvcf-registry", "dev") == tuple(bad)


@pytest.mark.parametrize(
    ("backend", "where"),
    [
        ("file:///srv/state", "/srv/state/.pulumi"),
        ("file:///srv/state?no_tmp_dir=true", "/srv/state/.pulumi"),
        ("file://./state", "/program/state/.pulumi"),
        ("file://~", str(Path.home() / ".pulumi")),
        ("s3://bucket", None),
        ("https://api.pulumi.com", None),
    ],
)
def test_where_a_backend_keeps_its_files(backend: str, where: str | None) -> None:
    assert root(backend, Path("/program")) == (None if where is None else Path(where))


class Iam:
    """A client that answers with what it was given."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def get_user(self, UserName: str) -> Any:  # noqa: N803 - AWS's name
        if isinstance(self.answer, str):
            raise ClientError({"Error": {"Code": self.answer, "Message": "no"}}, "GetUser")
        return {"User": self.answer}


def looked(answer: Any) -> Any:
    user = wanted(USER, "functions-user", inputs={"name": "someone"})
    account = SimpleNamespace(client=lambda service: Iam(answer))
    return look_for([user], account, lambda: None).get(user.urn)  # type: ignore[arg-type]


def test_what_exists_says_whose_it_is() -> None:
    tags = [{"Key": "nvcf-registry:project", "Value": "p"}, {"Key": "nvcf-registry:stack", "Value": "s"}]
    found = looked({"CreateDate": at(1), "Tags": tags})
    assert (found.id, found.what, found.owner) == ("someone", "the IAM user someone", Owner("p", "s"))
    assert looked({"CreateDate": at(1)}).owner is None
    assert looked("NoSuchEntity") is None


def test_what_aws_does_not_tell_is_an_error_with_its_remedy() -> None:
    with pytest.raises(OpsError, match=r"AWS did not tell of the IAM user someone: AccessDenied") as refused:
        looked("AccessDenied")
    assert "Allow iam:GetUser" in refused.value.remedy
