"""One piece of work for many stacks side by side, with live progress, a result for each, and a clean stop."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from ops.errors import OpsError

T = TypeVar("T")


class Reporter(Protocol):
    """Where work on one stack says what it is doing."""

    def __call__(self, text: str) -> None:
        """Say what is being done now, in a few words; never a secret."""


@dataclass(frozen=True)
class StackResult(Generic[T]):
    """What became of the work on one stack.

    Attributes:
        stack: the stack's name.
        value: what the work returned; None when it failed.
        error: why it failed; None when it did not.
    """

    stack: str
    value: T | None
    error: OpsError | None


class Fleet:
    """Runs work on stacks.

    Args:
        console: where progress is shown: standard error, so that standard output is the result's.
        jobs: how many stacks at a time, from 1.
    """

    def __init__(self, console: Console, jobs: int) -> None:
        self._console = console
        self._jobs = jobs

    def run(self, stacks: Sequence[str], work: Callable[[str, Reporter, threading.Event], T]) -> list[StackResult[T]]:
        """Do the work for each stack and return the results in the order of the stacks.

        On Ctrl-C what has not begun is left out, and what is under way is told to stop where it safely can (the
        event); a second Ctrl-C is the engines' own business.

        Args:
            stacks: the stacks' names.
            work: given the stack, a reporter, and an event that is set when it is to stop.

        Raises:
            KeyboardInterrupt: it was interrupted, and everything under way has ended.
        """
        stop = threading.Event()
        results: dict[str, StackResult[T]] = {}
        with self._progress(stacks) as report, ThreadPoolExecutor(max_workers=self._jobs) as pool:
            futures = {pool.submit(_attempt, name, work, report(name), stop): name for name in stacks}
            try:
                self._collect(futures, results)
            except KeyboardInterrupt:
                stop.set()
                for future in futures:
                    future.cancel()
                self._console.print("Interrupted: waiting for what is under way to end safely …")
                self._collect({f: name for f, name in futures.items() if not f.cancelled()}, results)
                raise
        return [results[name] for name in stacks]

    @staticmethod
    def _collect(futures: dict[Future[StackResult[T]], str], results: dict[str, StackResult[T]]) -> None:
        for future in as_completed(futures):
            results[futures[future]] = future.result()

    @contextmanager
    def _progress(self, stacks: Sequence[str]) -> Iterator[Callable[[str], Reporter]]:
        if not self._console.is_terminal:
            yield lambda name: lambda text: self._console.print(f"{name}: {text}", highlight=False, markup=False)
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(20), TimeElapsedColumn())
        with Progress(*columns, console=self._console, transient=True) as progress:
            tasks = {name: progress.add_task(f"{name}: waiting", total=None) for name in stacks}

            def reporter(name: str) -> Reporter:
                return lambda text: _show(progress, tasks[name], f"{name}: {text}")

            yield reporter


def stderr_console() -> Console:
    """Return the console that progress and messages go to."""
    return Console(file=sys.stderr, soft_wrap=True)


def _show(progress: Progress, task: TaskID, text: str) -> None:
    progress.update(task, description=text.replace("[", r"\["))


def _attempt(
    name: str, work: Callable[[str, Reporter, threading.Event], T], report: Reporter, stop: threading.Event
) -> StackResult[T]:
    try:
        return StackResult(name, work(name, report, stop), None)
    except OpsError as error:
        report("failed")
        return StackResult(name, None, error)
