"""The matrix: every case that follows from the calls that were recorded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import Any, Literal

from tests.faults.calls import Call
from tests.faults.operations import Operation

When = Literal["before", "after"]


class Blow(Enum):
    """What happens at a call."""

    KILL_ENGINE = "kill engine"
    KILL_PROVIDER = "kill provider"
    KILL_ALL = "kill all"
    THROTTLED = "throttled"
    STATUS_500 = "500"
    STATUS_502 = "502"
    STATUS_503 = "503"
    TIMEOUT = "timeout"
    CUT = "cut"

    @property
    def kills(self) -> bool:
        """Whether a process is killed, by `kill -9`."""
        return self in (Blow.KILL_ENGINE, Blow.KILL_PROVIDER, Blow.KILL_ALL)


#: What is throttled never had an effect; and once a call has had its effect, its provider's end changes nothing more
#: for an engine that is dead.
_BEFORE_ONLY = (Blow.THROTTLED, Blow.KILL_ALL)

KILLS = tuple(blow for blow in Blow if blow.kills)
FAILURES = tuple(blow for blow in Blow if not blow.kills)


@dataclass(frozen=True)
class Case:
    """One blow at one call.

    Attributes:
        operation: what is being done.
        call: the call that is struck.
        blow: what happens.
        when: before the call has its effect, or after it.
    """

    operation: Operation
    call: Call
    blow: Blow
    when: When

    @property
    def id(self) -> str:
        """What tells it from all others, for `--only`."""
        return f"{self.operation.value} / {self.call.label} / {self.blow.value} {self.when}"

    @property
    def loses_a_creation(self) -> bool:
        """Whether AWS makes something and nobody is told.

        The aws plugin asks again, and is told that the name is taken or gets a second key; neither it nor a program can
        know that what is there is its own. So these take a `recover`, though nobody was killed.
        """
        creates = self.call.service == "aws" and self.call.action.partition(":")[2].startswith("Create")
        return creates and self.when == "after" and not self.blow.kills


def struck(calls: Iterable[Call]) -> list[Call]:
    """Return the calls that are to be struck: every write, and of reads the first and last of one action and resource.

    What lies between does the same again with the same answer.
    """

    def group(call: Call) -> tuple[str, str, str]:
        return call.service, call.action, call.resource

    chosen: list[Call] = []
    for _, alike in groupby(sorted(calls), key=group):
        each = list(alike)
        chosen += each if each[0].writes else dict.fromkeys((each[0], each[-1]))
    return chosen


def cases_of(recordings: Mapping[Operation, Iterable[Call]]) -> list[Case]:
    """Return the whole matrix, in an order that depends on nothing but the set of calls.

    Every write: the engine, the provider that makes the call, or both killed before its effect and after it. Every
    call: each failure before it has an effect, and for a write after it.
    """
    cases = []
    for operation in Operation:
        for call in struck(recordings.get(operation, ())):
            moments: Sequence[When] = ("before", "after") if call.writes else ("before",)
            blows = (*KILLS, *FAILURES) if call.writes else FAILURES
            cases += [
                Case(operation, call, blow, when)
                for blow in blows
                for when in moments
                if when == "before" or blow not in _BEFORE_ONLY
            ]
    return cases


def sample(cases: Sequence[Case], failures: int) -> list[Case]:
    """Return what `make test` runs: every kind of write once, with the engine killed after it, and some failures.

    Args:
        cases: the whole matrix.
        failures: how many failures, spread evenly over the matrix.
    """
    killed: dict[str, Case] = {}
    for case in cases:
        if case.blow is Blow.KILL_ENGINE and case.when == "after":
            killed.setdefault(case.call.kind, case)
    others = [case for case in cases if not case.blow.kills and case.blow is not Blow.TIMEOUT]
    step = max(1, len(others) // failures)
    return [*killed.values(), *others[step // 2 :: step][:failures]]


def fault_of(blow: Blow, call: Call) -> dict[str, Any]:
    """Return the members of an emulator's fault that make it strike so.

    A call that is not answered in time stands still until its client gives it up, as does one whose process is killed.
    """
    if blow.kills or blow is Blow.TIMEOUT:
        return {"hold": True} if call.service == "aws" else {"action": "hold"}
    if blow is Blow.CUT:
        return {"cut": True} if call.service == "aws" else {"action": "cut"}
    if call.service == "nvcf":
        return {"action": "throttle"} if blow is Blow.THROTTLED else {"action": "status", "status": int(blow.value)}
    if blow is Blow.THROTTLED:
        # https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html, and ECR's own.
        code = "Throttling" if call.action.startswith(("iam:", "sts:")) else "ThrottlingException"
        return {"status": 400, "code": code, "message": "Rate exceeded"}
    codes = {"500": "InternalFailure", "502": "BadGateway", "503": "ServiceUnavailable"}
    return {"status": int(blow.value), "code": codes[blow.value]}
