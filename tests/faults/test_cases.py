"""The matrix follows from the recorded calls alone, and workers go through it without detours."""

import os
import subprocess
import sys
from collections import Counter

import pytest

from tests.faults.__main__ import chosen
from tests.faults.calls import Call, aws_fault, nvcf_fault, recorded
from tests.faults.cases import FAILURES, KILLS, Blow, Case, cases_of, fault_of, sample, struck
from tests.faults.matrix import Agenda
from tests.faults.operations import Keys, Operation, Position, way
from tests.faults.processes import MARKER, left_after, processes_of
from tests.faults.report import page
from tests.faults.trial import Outcome, Verdict

USER = "arn:aws:iam::123456789012:user/nvcf/nvcf-registry-{stack}-functions"
UUID = "cd093cce-ca7f-4942-aeb6-3551dacacb6f"
CREATE = Call("aws", "iam:CreateAccessKey", USER, 1)
LOOK = Call("aws", "iam:GetUser", USER, 1)
PATCH = Call("nvcf", "PATCH", "registry-credentials/{functions}", 1)
CALLS = [CREATE, LOOK, *(Call("aws", "iam:GetUser", USER, number) for number in (2, 3)), PATCH]
RECORDINGS = {Operation.UP: [CREATE, LOOK], Operation.ROTATE: CALLS}


def test_calls_carry_no_name_of_the_recorded_stack() -> None:
    aws = [
        {"action": "iam:GetUser", "resources": [USER.replace("{stack}", "m1")]},
        {"action": "iam:GetUser", "resources": [USER.replace("{stack}", "m1")]},
        {"action": "sts:GetCallerIdentity", "resources": []},
    ]
    nvcf = [{"method": "PATCH", "path": f"/v2/nvcf/registry-credentials/{UUID}"}]
    assert recorded(aws, nvcf, "m1", {UUID: "functions"}) == [
        LOOK,
        Call("aws", "iam:GetUser", USER, 2),
        Call("aws", "sts:GetCallerIdentity", "*", 1),
        PATCH,
    ]


def test_a_call_is_found_again_in_another_stack() -> None:
    fault = aws_fault(Call("aws", "iam:GetUser", USER, 3), "m2")
    assert fault["resource"].replace("\\", "") == USER.replace("{stack}", "m2")
    assert (fault["action"].replace("\\", ""), fault["skip"]) == ("iam:GetUser", 2)
    assert nvcf_fault(PATCH, {UUID: "functions", "other": "samples"}) == {
        "method": "PATCH",
        "path": f"^/v2/nvcf/registry-credentials/{UUID}$",
        "skip": 0,
    }


@pytest.mark.parametrize(
    ("call", "writes", "label"),
    [
        (CREATE, True, "iam:CreateAccessKey user/functions"),
        (Call("aws", "iam:GetUser", USER, 2), False, "iam:GetUser user/functions #2"),
        (Call("aws", "ecr:GetAuthorizationToken", "*", 1), False, "ecr:GetAuthorizationToken *"),
        (Call("aws", "ecr:PutLifecyclePolicy", "arn:aws:ecr:x:1:repository/{stack}-functions/echo", 1), True, None),
        (Call("nvcf", "GET", "registry-credentials", 1), False, "GET registry-credentials"),
        (PATCH, True, "PATCH registry-credentials/{functions}"),
    ],
)
def test_what_writes_and_how_it_is_called(call: Call, writes: bool, label: str | None) -> None:
    assert call.writes is writes
    assert label in (None, call.label)


def test_reads_in_between_are_left_out() -> None:
    assert [each.occurrence for each in struck(CALLS) if each.action == "iam:GetUser"] == [1, 3]
    assert struck([LOOK]) == [LOOK]


def test_every_write_is_struck_by_everything_and_every_read_by_every_failure() -> None:
    cases = cases_of(RECORDINGS)
    assert cases == cases_of({operation: list(reversed(calls)) for operation, calls in RECORDINGS.items()})
    assert len({case.id for case in cases}) == len(cases)
    blows = Counter((case.operation, case.call) for case in cases)
    # Killed before and after, all of them once; failed before, and after unless throttled.
    a_write, a_read = 2 * len(KILLS) - 1 + 2 * len(FAILURES) - 1, len(FAILURES)
    assert blows[Operation.ROTATE, CREATE] == blows[Operation.ROTATE, PATCH] == blows[Operation.UP, CREATE] == a_write
    assert blows[Operation.UP, LOOK] == blows[Operation.ROTATE, LOOK] == a_read
    assert len(cases) == 3 * a_write + 3 * a_read


def test_the_sample_kills_at_every_kind_of_write() -> None:
    cases = sample(cases_of(RECORDINGS), 4)
    killed = [case for case in cases if case.blow.kills]
    assert {case.call.kind for case in killed} == {CREATE.kind, PATCH.kind}
    assert {(case.blow, case.when) for case in killed} == {(Blow.KILL_ENGINE, "after")}
    assert len(cases) == len(killed) + 4


def test_slices_share_the_matrix_out() -> None:
    cases = cases_of(RECORDINGS)
    parts = [chosen(cases, "", f"{number}/3") for number in (1, 2, 3)]
    assert sorted(case.id for part in parts for case in part) == sorted(case.id for case in cases)
    assert {case.operation for case in chosen(cases, "^up / ", "1/1")} == {Operation.UP}
    with pytest.raises(ValueError, match="--slice 4/3"):
        chosen(cases, "", "4/3")


def test_faults_speak_each_emulators_language() -> None:
    assert fault_of(Blow.THROTTLED, CREATE)["code"] == "Throttling"
    assert fault_of(Blow.THROTTLED, PATCH) == {"action": "throttle"}
    assert fault_of(Blow.STATUS_502, PATCH) == {"action": "status", "status": 502}
    assert fault_of(Blow.STATUS_502, CREATE)["status"] == 502
    assert fault_of(Blow.TIMEOUT, CREATE) == fault_of(Blow.KILL_ENGINE, CREATE) == {"hold": True}


def test_only_a_creation_of_aws_whose_answer_is_lost_may_need_recover() -> None:
    losing = {(case.call.kind, case.when) for case in cases_of(RECORDINGS) if case.loses_a_creation}
    assert losing == {(CREATE.kind, "after")}
    lost = next(case for case in cases_of(RECORDINGS) if case.loses_a_creation)
    killed = next(case for case in cases_of(RECORDINGS) if case.blow.kills)
    assert Outcome(lost, Verdict.NEEDED_RECOVER).is_good
    assert not Outcome(killed, Verdict.NEEDED_RECOVER).is_good
    assert not Outcome(lost, Verdict.FAILED).is_good


def test_every_operation_starts_where_another_ends() -> None:
    assert {operation.start for operation in Operation} == {operation.end for operation in Operation} == set(Position)
    assert way(Position.ONE_KEY, {Position.ONE_KEY, Position.EMPTY}) == ()
    assert way(Position.EMPTY, {Position.IDLE_KEY}) == (Operation.UP, Operation.ROTATE, Operation.DEACTIVATE)
    assert Operation.ROTATE.change(Keys(4, "absent")) == Keys(5, "active")


def test_the_agenda_gives_what_is_near_and_everything_once() -> None:
    agenda, position, given, detours = Agenda(cases_of(RECORDINGS)), Position.EMPTY, list[Case](), 0
    while task := agenda.next(position):
        steps, case = task
        detours += len(steps)
        given.append(case)
        position = case.operation.end
    assert sorted(each.id for each in given) == sorted(each.id for each in cases_of(RECORDINGS))
    # `up` cases need a destroy in between, the first `rotate` one way there, further ones the way round.
    assert detours <= 3 * len(given)


def test_processes_are_found_by_what_they_inherit() -> None:
    marker = f"test-{os.getpid()}"
    command = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"]
    with subprocess.Popen(command, env={MARKER: marker}, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert [each.pid for each in processes_of(marker)] == [process.pid]
        assert [each.pid for each in left_after(marker, 0.1)] == [process.pid]
        assert processes_of(f"{marker}0") == []
        process.kill()
    assert left_after(marker, 10) == []


def test_the_page_counts_what_was_tried() -> None:
    outcomes = [Outcome(case, Verdict.CONVERGED) for case in cases_of(RECORDINGS)]
    outcomes[0].verdict = Verdict.FAILED
    text = page(outcomes, RECORDINGS)
    assert "Recorded were 7 calls, 3 of which write." in text
    assert "| up | `iam:CreateAccessKey user` | 1 | 5 | 11 | 15 |  | 1 |" in text
    assert "| rotate | `PATCH registry-credentials/…` | 1 | 5 | 11 | 16 |  |  |" in text
