"""That the harness sees what it is there to see: a stack that is well, and everything that can be wrong with it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.convergence import problems
from tests.faults.matrix import clean
from tests.faults.operations import Operation, Position
from tests.faults.place import Place
from tests.faults.processes import MARKER
from tests.faults.subject import Attempt, Subject


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    with Place(tmp_path_factory.mktemp("faults") / "place") as place:
        made = Subject(place, "seen")
        clean(made, Operation.UP)
        yield made


def found(subject: Subject, *attempts: Attempt) -> str:
    return "\n".join(problems(subject, attempts, decrypt=False))


def test_a_stack_that_is_well_has_no_problems(subject: Subject) -> None:
    assert problems(subject, [], decrypt=True) == []
    assert subject.preview().ok


def test_a_key_that_is_not_in_state(subject: Subject) -> None:
    iam, user = subject.place.aws.client("iam"), f"nvcf-registry-{subject.name}-samples"
    key = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    try:
        assert "AWS holds the keys" in found(subject)
        assert key in found(subject)
    finally:
        iam.delete_access_key(UserName=user, AccessKeyId=key)
    assert found(subject) == ""


def test_a_user_that_is_not_in_state(subject: Subject) -> None:
    iam, user = subject.place.aws.client("iam"), f"nvcf-registry-{subject.name}-other"
    iam.create_user(UserName=user, Path="/nvcf/")
    try:
        assert user in found(subject)
    finally:
        iam.delete_user(UserName=user)


def test_a_second_credential_and_one_with_another_secret(subject: Subject) -> None:
    made = subject.account.create("docker.io", "other", "u:p").json()["registryCredential"]["registryCredentialId"]
    assert "NVCF holds the credentials ['functions', 'ngc', 'other', 'samples']" in found(subject)
    subject.account.delete(made)
    (ngc,) = subject.account.named("ngc")
    _, password = subject.account.login("ngc")
    subject.account.change(ngc["registryCredentialId"], "ngc", "$oauthtoken:another")
    assert found(subject) == "NVCF has another login for ngc"
    subject.account.change(ngc["registryCredentialId"], "ngc", f"$oauthtoken:{password}")
    assert found(subject) == ""


def test_a_key_whose_secret_nvcf_does_not_have(subject: Subject) -> None:
    user, password = subject.account.login("functions")
    iam = subject.place.aws.client("iam")
    iam.update_access_key(UserName=f"nvcf-registry-{subject.name}-functions", AccessKeyId=user, Status="Inactive")
    try:
        assert f"what NVCF has as the secret of functions is not the secret of the key {user}" in found(subject)
        assert password not in found(subject)
    finally:
        iam.update_access_key(UserName=f"nvcf-registry-{subject.name}-functions", AccessKeyId=user, Status="Active")


def test_a_position_it_is_not_in(subject: Subject) -> None:
    subject.position = Position.EMPTY
    try:
        assert "AWS still holds" in found(subject)
        assert "NVCF still holds functions" in found(subject)
        assert "state still holds" in found(subject)
    finally:
        subject.position = Position.ONE_KEY


def test_an_operation_that_is_pending(subject: Subject) -> None:
    file = subject.stack._state_file
    text = file.read_text(encoding="utf-8")
    state = json.loads(text)
    state["checkpoint"]["latest"]["pending_operations"] = [{"type": "creating"}]
    file.write_text(json.dumps(state), encoding="utf-8")
    try:
        assert "operations are pending in state: ['creating']" in found(subject)
    finally:
        file.write_text(text, encoding="utf-8")


def test_a_process_that_is_left(subject: Subject) -> None:
    command = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"]
    with subprocess.Popen(
        command, env={MARKER: subject.name}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert f"a process is left: {process.pid}" in found(subject)
        process.kill()


def test_a_secret_in_what_was_printed(subject: Subject, tmp_path: Path) -> None:
    user, password = subject.account.login("functions")
    said = found(subject, Attempt("up", 0, f"key {password}", "{}"), Attempt("up", 0, "", f'{{"k": "{password}"}}'))
    assert f"password of {user} is readable in the output of run 1" in said
    assert f"password of {user} is readable in the events of run 2" in said
    assert password not in said
