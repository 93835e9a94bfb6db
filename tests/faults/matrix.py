"""The whole run: calls recorded once, cases shared out among workers, each with a sandbox and a stack of its own."""

import os
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.calls import Call
from tests.faults.cases import Case
from tests.faults.operations import Operation, Position, way
from tests.faults.place import Place, names_by_id
from tests.faults.subject import Subject
from tests.faults.trial import Outcome, Recover, recover, try_case

#: In an order that one stack can do, so that recording takes no set-up.
_ROUND = (
    Operation.UP,
    Operation.ROTATE,
    Operation.ROTATE_AGAIN,
    Operation.DEACTIVATE,
    Operation.REMOVE,
    Operation.DESTROY,
)


class CleanRunError(Exception):
    """An operation failed although nothing was done to it; the text is what it printed."""


class Agenda:
    """The cases that are still to be tried, given to whoever stands nearest.

    Args:
        cases: all of them, no two with the same id.
    """

    def __init__(self, cases: Sequence[Case]) -> None:
        self._left = list(cases)
        self._lock = threading.Lock()

    def next(self, position: Position) -> tuple[tuple[Operation, ...], Case] | None:
        """Take a case, and the operations that lead to its start; None when there is none left.

        Args:
            position: where the stack of the asking worker stands.
        """
        with self._lock:
            if not self._left:
                return None
            steps = way(position, {case.operation.start for case in self._left})
            start = steps[-1].end if steps else position
            counts = Counter(case.operation for case in self._left if case.operation.start is start)
            # The one with the most cases left goes on longest, and others pass by on the way round.
            operation = max(counts, key=lambda each: counts[each])
            case = next(case for case in self._left if case.operation is operation)
            self._left.remove(case)
            return steps, case


def clean(subject: Subject, operation: Operation) -> None:
    """Do an operation with nothing in its way.

    Raises:
        CleanRunError: it failed.
    """
    attempt = subject.begin(operation).end()
    if not attempt.ok:
        raise CleanRunError(f"{operation.value} of {subject.name}:\n{attempt.output}")
    subject.done(operation)


def record(directory: Path) -> dict[Operation, list[Call]]:
    """Do every operation once and return what each calls.

    Args:
        directory: for the sandbox and the stack; does not exist yet.
    """
    recordings = {}
    with Place(directory) as place:
        subject = Subject(place, f"m{os.getpid()}r")
        for operation in _ROUND:
            before = names_by_id(subject.account)
            place.begin_recording()
            clean(subject, operation)
            calls = place.recording(subject.name, before | names_by_id(subject.account))
            # Looking for names is no part of the operation.
            recordings[operation] = [call for call in calls if not call.resource.startswith("accounts/")]
    return recordings


def run(
    cases: Sequence[Case],
    directory: Path,
    workers: int,
    report: Callable[[Outcome], None],
    recovery: Recover = recover,
) -> None:
    """Try cases.

    Args:
        cases: what to try.
        directory: for the sandboxes and the stacks; does not exist yet.
        workers: how many stacks are struck at the same time.
        report: called with each outcome, by one thread at a time.
        recovery: what is run after a process has been killed.
    """
    agenda, lock = Agenda(cases), threading.Lock()

    def tell(outcome: Outcome) -> None:
        with lock:
            report(outcome)

    with ThreadPoolExecutor(workers) as threads:
        done = [
            threads.submit(_work, agenda, directory / str(number), f"m{os.getpid()}w{number}", tell, recovery)
            for number in range(workers)
        ]
        for each in done:
            each.result()


def _work(agenda: Agenda, directory: Path, name: str, report: Callable[[Outcome], None], recovery: Recover) -> None:
    subject, made = None, 0
    with Place(directory) as place:
        while task := agenda.next(subject.position if subject else Position.EMPTY):
            steps, case = task
            if subject is None:
                made += 1
                subject = Subject(place, f"{name}s{made}")
            outcome = _try(steps, case, subject, recovery)
            report(outcome)
            if not outcome.has_converged:
                # Nobody knows what is left of it: the next case gets a stack of its own.
                subject = None


def _try(steps: Iterable[Operation], case: Case, subject: Subject, recovery: Recover) -> Outcome:
    try:
        for operation in steps:
            clean(subject, operation)
        return try_case(case, subject, recovery)
    except Exception:  # noqa: BLE001 - one case that goes wrong must not keep the others from being tried
        return Outcome(case, problems=[traceback.format_exc()])
