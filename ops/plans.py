"""The way of every command that changes keys: look at all stacks, show what would be done, ask, do it, report.

Nothing is touched in any stack before every stack has been looked at, and a stack in which one registry cannot be
touched is left alone as a whole, since one `pulumi up` changes them all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Generic, Protocol, TypeVar

from nvcf.connection import Connection
from ops.app import Session, emit
from ops.aws import AwsAccount, aws_account
from ops.decisions import Refuse, Skip
from ops.deployed import deployed_stack
from ops.engine import EngineStack
from ops.errors import ExitCode, OpsError, RefusedError
from ops.facts import RegistryFacts, gather, pairs
from ops.fleet import Reporter
from ops.nvcf import connection
from ops.spans import span


class Action(Protocol):
    """Something to be done about one registry."""

    @property
    def registry(self) -> str:
        """The registry's name."""

    def report(self) -> dict[str, object]:
        """Return it for machines."""


A = TypeVar("A", bound=Action)


@dataclass
class StackPlan(Generic[A]):
    """What is done about the registries of one stack.

    Attributes:
        stack: the stack.
        aws: its AWS account.
        where: its NVCF.
        decisions: one for each registry.
        places: the place of each registry in the configuration.
        seen: what became of each registry, for machines, once it was carried out.
        notes: what is to be said of the stack as a whole, for machines.
    """

    stack: EngineStack
    aws: AwsAccount
    where: Connection
    decisions: Sequence[A | Skip | Refuse]
    places: dict[str, int]
    seen: dict[str, dict[str, object]] = field(default_factory=dict)
    notes: dict[str, object] = field(default_factory=dict)

    @property
    def actions(self) -> list[A]:
        """What is to be done."""
        return [each for each in self.decisions if not isinstance(each, (Skip, Refuse))]

    @property
    def refused(self) -> bool:
        """Whether a registry cannot be touched."""
        return any(isinstance(each, Refuse) for each in self.decisions)

    def setting(self, registry: str, name: str) -> str:
        """Return the path of a registry's setting, as `pulumi config set --path` takes it."""
        return f"nvcf-registry:registries[{self.places[registry]}].{name}"


@dataclass(frozen=True)
class Course:
    """What the user asked of a command.

    Attributes:
        stacks: names of the stacks.
        registries: names of the registries; None for all.
        jobs: how many stacks at a time.
        yes: whether not to ask.
        dry_run: whether to do nothing.
        as_json: whether the result is for machines.
    """

    stacks: Sequence[str]
    registries: Sequence[str] | None
    jobs: int
    yes: bool
    dry_run: bool
    as_json: bool


def plan(
    stack: EngineStack, registries: Sequence[str] | None, decide: Callable[[RegistryFacts, datetime], A | Skip | Refuse]
) -> StackPlan[A]:
    """Find out what is so in one stack, and decide; nothing is touched.

    Args:
        stack: the stack.
        registries: the registries wanted; None for all.
        decide: decides about one registry at a moment.

    Raises:
        RefusedError: an earlier run was cut off.
        OpsError: the stack, AWS or NVCF cannot be asked.
    """
    deployed = deployed_stack(stack.export())
    if deployed.pending:
        names = ", ".join(each.name for each in deployed.pending)
        raise RefusedError(
            f"An earlier run of '{stack.name}' was cut off while it worked on {names}.",
            f"Run `python -m ops recover --stack {stack.name}` first.",
        )
    aws, where = aws_account(stack.config()), connection(stack)
    chosen = pairs(stack, deployed.registries, registries)
    facts = gather(chosen, aws, where)
    now = datetime.now(timezone.utc)
    places = {configured.name: configured.index for configured, _ in chosen}
    return StackPlan(stack, aws, where, [decide(each, now) for each in facts], places)


def pursue(
    shared: Session,
    course: Course,
    command: str,
    look: Callable[[EngineStack], StackPlan[A]],
    carry_out: Callable[[StackPlan[A], Reporter, threading.Event], None],
) -> ExitCode:
    """Take all stacks through a command and report; returns how it ends.

    Args:
        shared: what all commands share.
        course: what the user asked for.
        command: the command's name.
        look: plans one stack.
        carry_out: does what was planned for one stack, and notes what it saw in the plan.
    """
    fleet = shared.fleet(course.jobs)
    engine = shared.engine
    looked = fleet.run(course.stacks, lambda name, _report, _stop: look(engine.stack(name)))
    plans = {each.stack: each.value for each in looked if each.value}
    errors = {each.stack: each.error for each in looked if each.error}
    for name, found in plans.items():
        for decision in found.decisions:
            shared.console.print(f"{name}: {decision}", highlight=False, markup=False)
    ready = [name for name, found in plans.items() if found.actions and not found.refused]
    if course.dry_run or not ready or not shared.confirm(f"Go on with {len(ready)} stack(s)?", yes=course.yes):
        ready = []
    done = fleet.run(ready, lambda name, report, stop: carry_out(plans[name], report, stop))
    errors |= {each.stack: each.error for each in done if each.error}
    for name, error in errors.items():
        shared.console.print(f"{name}: {error.problem}\n  {error.remedy}", highlight=False, markup=False)
    code = _exit_code(plans, errors)
    if course.as_json:
        stacks = [_stack_report(name, plans.get(name), errors.get(name), ready) for name in course.stacks]
        emit({"command": command, "exitCode": int(code), "stacks": stacks})
    return code


def wait(length: timedelta, what: str, report: Reporter, stop: threading.Event) -> bool:
    """Wait, and return whether it was to the end.

    Args:
        length: how long.
        what: what is waited for, in words that follow "waiting 5m for".
        report: told from time to time.
        stop: ends the waiting early.
    """
    until = datetime.now(timezone.utc) + length
    while (left := until - datetime.now(timezone.utc)) > timedelta(0):
        report(f"waiting {span(left)} for {what}")
        if stop.wait(min(left.total_seconds(), 15.0)):
            return False
    return True


def _exit_code(plans: dict[str, StackPlan[A]], errors: dict[str, OpsError]) -> ExitCode:
    if any(not isinstance(error, RefusedError) for error in errors.values()):
        return ExitCode.FAILED
    if errors or any(found.refused for found in plans.values()):
        return ExitCode.REFUSED
    return ExitCode.DONE


def _stack_report(
    name: str, found: StackPlan[A] | None, error: OpsError | None, ready: Sequence[str]
) -> dict[str, object]:
    report: dict[str, object] = {"stack": name, "registries": []}
    if found is not None:
        planned = "failed" if error else "planned"
        report["registries"] = [
            decision.report()
            if isinstance(decision, (Skip, Refuse))
            else {"outcome": planned, **decision.report(), **found.seen.get(decision.registry, {})}
            for decision in found.decisions
        ]
        report |= found.notes if name in ready else {}
    if error is not None:
        report["error"] = {"problem": error.problem, "remedy": error.remedy}
    return report
