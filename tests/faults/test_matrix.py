"""A part of the fault matrix that says whether something has broken; `make faults` runs all of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.faults.calls import Call
from tests.faults.cases import Case, cases_of, sample
from tests.faults.matrix import record, run
from tests.faults.operations import Operation
from tests.faults.report import Report

#: How many failures besides the kills; how many stacks are struck at the same time.
FAILURES = 12
WORKERS = 2
#: Of these, one in so many is tried: the rest is for `make faults`.
STEP = 4


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Operation, Sequence[Call]]:
    return record(tmp_path_factory.mktemp("faults") / "recording")


@pytest.fixture(scope="module")
def cases(recordings: Mapping[Operation, Sequence[Call]]) -> list[Case]:
    return cases_of(recordings)


def test_every_operation_writes_and_what_it_calls_is_struck(
    recordings: Mapping[Operation, Sequence[Call]], cases: list[Case]
) -> None:
    writes = {(operation, call) for operation, calls in recordings.items() for call in calls if call.writes}
    assert {operation for operation, _ in writes} == set(Operation)
    assert {(case.operation, case.call) for case in cases if case.blow.kills} == writes
    assert {case.call.action for case in cases} == {call.action for calls in recordings.values() for call in calls}


def test_a_part_of_the_matrix_ends_well(cases: list[Case], tmp_path: Path) -> None:
    report = Report(sample(cases, FAILURES)[::STEP], tmp_path)
    lines: list[str] = []
    run(report.planned, tmp_path / "run", WORKERS, lambda outcome: lines.append(report.add(outcome)))
    assert len(report.outcomes) == len(report.planned)
    assert not report.bad, "\n".join(lines)
