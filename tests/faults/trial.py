"""One case from blow to verdict."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tests.faults.cases import Blow, Case
from tests.faults.convergence import problems
from tests.faults.processes import Process, left_after, processes_of
from tests.faults.subject import Attempt, Running, Subject

#: In seconds. A call comes within some of these, and a process that ends by itself has ended within others.
_CALL_COMES = 60.0
_PROCESSES_END = 20.0
#: How long clients wait for an answer when none shall come, in seconds.
_IMPATIENT = {"SANDBOX_AWS_READ_SECONDS": "3", "NVCF_TIMEOUT_SECONDS": "3"}

Recover = Callable[[Subject], tuple[bool, str]]


class Verdict(Enum):
    """How a case ended."""

    UNNOTICED = "the operation succeeded all the same"
    CONVERGED = "converged"
    """After one run of the engine; after `recover` before it, where a process was killed."""
    NEEDED_RECOVER = "converged after `recover`"
    """Though no process was killed."""
    FAILED = "did not converge"
    MISSED = "the call never came"


@dataclass
class Outcome:
    """What became of a case.

    Attributes:
        case: the case.
        verdict: how it ended.
        problems: what was not as it should be, the first time it was looked at.
        attempts: every run of the engine.
        notes: what else was done, with what it printed.
        calls: what was called from the blow on.
        seconds: how long it took.
    """

    case: Case
    verdict: Verdict = Verdict.FAILED
    problems: list[str] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    calls: dict[Any, list[Any]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether this is as it should be."""
        if self.verdict is Verdict.NEEDED_RECOVER:
            return self.case.loses_a_creation
        return self.verdict in (Verdict.UNNOTICED, Verdict.CONVERGED)

    @property
    def has_converged(self) -> bool:
        """Whether the stack is where its operation leads."""
        return self.verdict not in (Verdict.FAILED, Verdict.MISSED)

    def text(self) -> str:
        """Everything that is known of it, to be read by whoever looks for the cause."""
        parts = [f"{self.case.id}\n{self.verdict.value}, {self.seconds:.1f} s", *self.problems, *self.notes]
        parts += [f"--- pulumi {each.command}: {each.code}\n{each.output}" for each in self.attempts]
        parts += ["\n".join([f"--- calls of {name}", *map(json.dumps, calls)]) for name, calls in self.calls.items()]
        return "\n".join(parts)


def recover(subject: Subject) -> tuple[bool, str]:
    """Run `ops recover` and return whether it succeeded, and what it said."""
    run = subject.recover()
    return run.exit_code == 0, f"--- ops recover: {run.exit_code}\n{run.stdout}{run.stderr}"


def try_case(case: Case, subject: Subject, recovery: Recover = recover) -> Outcome:
    """Strike a stack, then do what somebody does to whom that happens, and look whether all is well.

    Args:
        case: what is to happen; the stack is where its operation starts.
        subject: the stack; it has reached the operation's end when the verdict is good.
        recovery: what is run after a process has been killed.
    """
    outcome, started = Outcome(case), time.monotonic()
    subject.stack.transcript.clear()
    subject.place.begin_recording()
    subject.place.arm(case, subject.name, subject.account)
    try:
        if case.blow.kills:
            _killed(outcome, subject, recovery)
        else:
            _failed(outcome, subject, recovery)
    finally:
        subject.place.calm()
        outcome.calls = dict(subject.place.log())
        outcome.seconds = time.monotonic() - started
        for process in processes_of(subject.name):
            process.kill()
    return outcome


def _killed(outcome: Outcome, subject: Subject, recovery: Recover) -> None:
    case, place = outcome.case, subject.place
    running = subject.begin(case.operation)
    came = _stands_still(running, subject, case)
    if came:
        for process in _victims(processes_of(subject.name), case):
            process.kill()
        if case.blow is not Blow.KILL_PROVIDER:
            running.end()
    place.calm()
    outcome.attempts.append(running.end())
    if not came:
        outcome.verdict = Verdict.MISSED
        return
    if left := left_after(subject.name, _PROCESSES_END):
        outcome.problems += [f"a process is left: {each}" for each in left]
        return
    subject.done(case.operation)
    if _recovered(outcome, subject, recovery) and _once_more(outcome, subject):
        outcome.verdict = Verdict.CONVERGED


def _stands_still(running: Running, subject: Subject, case: Case) -> bool:
    """Wait until the case's call has come; it never does when the engine ends before."""
    end = time.monotonic() + _CALL_COMES
    while running.goes_on and time.monotonic() < end:
        if subject.place.held(case.call.service, 0.5):
            return True
    return False


def _victims(processes: list[Process], case: Case) -> list[Process]:
    """Return what is to be killed, the engine first."""
    engine = [each for each in processes if each.is_engine]
    aws = case.call.service == "aws"
    provider = [each for each in processes if (each.is_aws_plugin if aws else each.is_dynamic_provider)]
    assert len(engine) == 1, f"engines: {engine}"
    assert len(provider) == 1, f"providers: {provider}"
    return {Blow.KILL_ENGINE: engine, Blow.KILL_PROVIDER: provider}.get(case.blow, engine + provider)


def _failed(outcome: Outcome, subject: Subject, recovery: Recover) -> None:
    case = outcome.case
    slow = case.blow is Blow.TIMEOUT
    outcome.attempts.append(subject.begin(case.operation, _IMPATIENT if slow else None).end())
    if not subject.place.struck():
        outcome.verdict = Verdict.MISSED
        return
    subject.place.calm()
    subject.done(case.operation)
    if outcome.attempts[0].ok:
        if _is_well(outcome, subject):
            outcome.verdict = Verdict.UNNOTICED
            return
    elif _once_more(outcome, subject):
        outcome.verdict = Verdict.CONVERGED
        return
    # Nobody was killed, so this should not have been necessary.
    found = outcome.problems
    outcome.problems = []
    if _recovered(outcome, subject, recovery) and _once_more(outcome, subject):
        outcome.verdict = Verdict.NEEDED_RECOVER
    outcome.problems = found + outcome.problems


def _recovered(outcome: Outcome, subject: Subject, recovery: Recover) -> bool:
    good, said = recovery(subject)
    outcome.notes.append(said)
    if not good:
        outcome.problems.append("recover failed")
    return good


def _once_more(outcome: Outcome, subject: Subject) -> bool:
    attempt = subject.again(outcome.case.operation)
    outcome.attempts.append(attempt)
    if not attempt.ok:
        outcome.problems.append(f"`pulumi {attempt.command}` failed afterwards")
        return False
    return _is_well(outcome, subject)


def _is_well(outcome: Outcome, subject: Subject) -> bool:
    """Look at everything; note what is wrong."""
    attempts = list(outcome.attempts)
    if subject.position.holds_something:
        preview = subject.preview()
        attempts.append(preview)
        if not preview.ok:
            outcome.attempts.append(preview)
            outcome.problems.append("a preview afterwards has something to do")
    found = problems(subject, attempts, decrypt=outcome.case.blow.kills)
    outcome.problems += found
    return not outcome.problems
