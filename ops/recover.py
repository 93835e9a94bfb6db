"""`recover`: puts right what a run left behind that was cut off, so that a plain `pulumi up` is clean afterwards."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import typer

from ops.app import AllOption, DryRunOption, JobsOption, JsonOption, Session, StackOption, YesOption, app, emit, finish
from ops.app import session as session_of
from ops.errors import ExitCode, OpsError, RefusedError
from ops.fleet import Reporter
from ops.recovery.actions import Action, Plan
from ops.recovery.carry_out import Recovery
from ops.recovery.findings import Findings, Wishes
from ops.recovery.look import look
from ops.recovery.plan import plan


@dataclass
class Recovered:
    """What became of one stack.

    Attributes:
        plan: what was to be done.
        found: what it was decided from.
        done: what was done.
        error: why the rest was not; None when nothing failed.
    """

    plan: Plan
    found: Findings
    done: list[Action] = field(default_factory=list)
    error: OpsError | None = None


def examine(shared: Session, name: str, wishes: Wishes, report: Reporter, stop: threading.Event) -> Recovered:
    """Find out what is to be done about a stack; nothing is touched.

    Raises:
        RefusedError: a run is at work on it.
        OpsError: it cannot be found out.
    """
    found = look(shared.engine, name, report, stop)
    return Recovered(plan(found, wishes), found)


def recover(
    shared: Session, name: str, stack: Recovered, wishes: Wishes, report: Reporter, stop: threading.Event
) -> None:
    """Do what is to be done about a stack, and note what was.

    Raises:
        OpsError: something failed; running it again goes on from there.
    """
    recovery = Recovery(shared.engine, name, stack.found, report, stop)
    try:
        while recovery.prepare(stack.plan.actions):
            again = examine(shared, name, wishes, report, stop)
            for line in again.plan.lines():
                shared.console.print(f"{name}: {line}", highlight=False, markup=False)
            stack.plan = again.plan
            recovery = Recovery(shared.engine, name, again.found, report, stop, recovery.done)
        recovery.settle(stack.plan.actions)
    finally:
        stack.done = recovery.done
    report("done")


@app.command("recover")
def recover_command(
    context: typer.Context,
    stack: StackOption = None,
    every: AllOption = False,
    delete_key: Annotated[
        list[str] | None,
        typer.Option(
            "--delete-key", metavar="KEYID", help="An access key of a registry's user that is not the stack's."
        ),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Let NVCF log in with the secrets it has, to find one that it lost.")
    ] = False,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    jobs: JobsOption = 4,
    as_json: JsonOption = False,
) -> None:
    """Put right what a killed run left behind; a plain `pulumi up` is clean afterwards.

    Releases the lock of a run that is over, never of one that is at work; takes into state what the run made and could
    not note; deletes access keys whose secret nobody can know; has lost or changed NVCF credentials sent again. Makes
    nothing anew: that is for `pulumi up`.
    """
    shared = session_of(context)
    names = shared.chosen(stack, every=every)
    if delete_key and len(names) != 1:
        raise OpsError("--delete-key is for one stack.", "Name the stack with --stack.")
    wishes = Wishes(frozenset(delete_key or ()), verify)
    fleet = shared.fleet(jobs)
    looked = fleet.run(names, lambda name, report, stop: examine(shared, name, wishes, report, stop))
    stacks = {each.stack: each.value for each in looked if each.value is not None}
    errors = {each.stack: each.error for each in looked if each.error is not None}
    for name, each in stacks.items():
        for line in each.plan.lines() or ["nothing to recover"]:
            shared.console.print(f"{name}: {line}", highlight=False, markup=False)
    ready = [name for name, each in stacks.items() if each.plan.actions]
    asked = bool(ready) and not dry_run
    if asked and shared.confirm(f"Go on with {len(ready)} stack(s)?", yes=yes):
        done = fleet.run(ready, lambda name, report, stop: recover(shared, name, stacks[name], wishes, report, stop))
        errors |= {each.stack: each.error for each in done if each.error is not None}
        _say_what_is_next(shared, [name for name in ready if name not in errors])
    for name, error in errors.items():
        shared.console.print(f"{name}: {error.problem}\n  {error.remedy}", highlight=False, markup=False)
    code = exit_code(list(stacks.values()), list(errors.values()), dry_run=dry_run)
    if as_json:
        reports = [_report(name, stacks.get(name), errors.get(name)) for name in names]
        emit({"command": "recover", "exitCode": int(code), "stacks": reports})
    finish(code)


def exit_code(stacks: Sequence[Recovered], errors: Sequence[OpsError], *, dry_run: bool) -> ExitCode:
    """Return how the command ends.

    Args:
        stacks: those that could be looked at.
        errors: what went wrong.
        dry_run: whether it was only to look.
    """
    if any(not isinstance(each, RefusedError) for each in errors) or any(each.plan.unknown for each in stacks):
        return ExitCode.FAILED
    if errors:
        return ExitCode.REFUSED
    if dry_run and any(each.plan.actions or each.plan.refused for each in stacks):
        return ExitCode.ATTENTION
    return ExitCode.FAILED if any(each.plan.refused for each in stacks) else ExitCode.DONE


def _say_what_is_next(shared: Session, names: Sequence[str]) -> None:
    for name in names:
        shared.console.print(f"{name}: recovered; `pulumi up --stack {name}` is next", highlight=False, markup=False)


def _report(name: str, stack: Recovered | None, error: OpsError | None) -> Mapping[str, object]:
    report: dict[str, object] = {"stack": name}
    if stack is not None:
        report |= stack.plan.report()
        report["done"] = [str(each) for each in stack.done]
    if error is not None:
        report["error"] = {"problem": error.problem, "remedy": error.remedy}
    return report
