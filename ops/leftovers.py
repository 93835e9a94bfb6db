"""`leftovers`: proves that nothing of a stack is left in AWS, NVCF and the cluster, and removes what is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer
from rich.console import Console

from ops.app import AllOption, JobsOption, JsonOption, Session, StackOption, YesOption, app, emit, finish, session
from ops.errors import ExitCode, OpsError, RefusedError
from ops.remains.found import Kind
from ops.remains.judgement import Judged, Standing
from ops.remains.places import Hints
from ops.remains.survey import Survey, Surveyor, remove

_HEADINGS = {
    Standing.LEFT: "Left over: no stack holds it any more",
    Standing.KEPT: "Kept on purpose: onDestroy was keep",
    Standing.UNMARKED: "For you to judge: it looks like the stack's, and no mark says so",
}
_IAM = frozenset({Kind.ACCESS_KEY, Kind.USER, Kind.POLICY})


@dataclass
class Removal:
    """What became of the removal.

    Attributes:
        removed: what is gone now.
        failed: what is not, and why.
    """

    removed: list[Judged] = field(default_factory=list)
    failed: list[tuple[Judged, OpsError]] = field(default_factory=list)


def remove_all(survey: Survey, candidates: Sequence[Judged], *, images: bool) -> Removal:
    """Remove things in their order: what uses before what is used.

    While a credential of a stack cannot be removed, functions pull with it: then the users and policies of that stack
    stay as well.

    Args:
        survey: what brought them.
        candidates: what to remove, sorted as `judge` does.
        images: whether repositories may be removed with the images in them.
    """
    done = Removal()
    in_use: set[str] = set()
    for each in candidates:
        if each.stack in in_use and each.found.kind in _IAM:
            why = f"{each.found.name} stays, since a credential of the stack '{each.stack}' does."
            done.failed.append((each, OpsError(why, "Its own error is above.")))
            continue
        try:
            remove(survey, each, images=images)
        except OpsError as error:
            done.failed.append((each, error))
            if each.found.kind is Kind.CREDENTIAL:
                in_use.add(each.stack)
        else:
            done.removed.append(each)
    return done


def refuse_unless_safe(survey: Survey, candidates: Sequence[Judged]) -> None:
    """Make sure that nothing is removed which a stack holds or is about to hold.

    Raises:
        RefusedError: a state could not be read, or is just being changed.
    """
    if survey.blind:
        raise RefusedError(
            f"The state of {', '.join(sorted(survey.blind))} cannot be read, so nobody knows what it holds.",
            "Make it readable, or remove things one by one with the commands shown.",
        )
    busy = survey.pending & {each.stack for each in candidates}
    if busy:
        raise RefusedError(
            f"The state of {', '.join(sorted(busy))} notes operations of unknown end, so what looks left over may be "
            "just being made.",
            "Wait for the run to end; if it was killed, run `python -m ops recover` first.",
        )


def exit_code(survey: Survey, removal: Removal | None) -> ExitCode:
    """Return how the command ends.

    Args:
        survey: what was found.
        removal: what became of its removal; None when nothing was to be removed.
    """
    gone = {each.found.key for each in removal.removed} if removal else set()
    if survey.unseen or (removal and removal.failed):
        return ExitCode.FAILED
    left = [*survey.of(Standing.LEFT), *survey.of(Standing.UNMARKED)]
    return ExitCode.ATTENTION if any(each.found.key not in gone for each in left) else ExitCode.DONE


def report(survey: Survey, removal: Removal | None) -> dict[str, Any]:
    """Return everything for machines."""
    stacks = survey.wanted.stacks
    return {
        "project": survey.wanted.project,
        "stacks": None if stacks is None else sorted(stacks),
        "held": len(survey.of(Standing.HELD)),
        **{
            standing.value: [_entry(each) for each in survey.of(standing)]
            for standing in (Standing.LEFT, Standing.KEPT, Standing.UNMARKED)
        },
        "unseen": [{"place": each.place, "problem": each.problem, "remedy": each.remedy} for each in survey.unseen],
        "removed": [each.found.name for each in removal.removed] if removal else [],
        "failed": [
            {"name": each.found.name, "problem": error.problem, "remedy": error.remedy}
            for each, error in (removal.failed if removal else ())
        ],
    }


def _entry(each: Judged) -> dict[str, Any]:
    return {
        "stack": each.stack,
        "kind": each.found.kind.value,
        "name": each.found.name,
        "place": each.found.place,
        "note": each.note,
        "commands": list(each.found.commands),
    }


def show(console: Console, survey: Survey) -> None:
    """Print what was found, each thing with the commands that remove it.

    Args:
        console: where to.
        survey: what was found.
    """

    def line(text: str = "") -> None:
        console.print(text, highlight=False, markup=False)

    for standing, heading in _HEADINGS.items():
        things = survey.of(standing)
        if things:
            line(f"{heading} ({len(things)}):")
        for each in things:
            note = f"; {each.note}" if each.note and standing is not Standing.KEPT else ""
            line(f"  {each.stack}: {each.found.kind.value} {each.found.name} ({each.found.place}){note}")
            for command in each.found.commands:
                line(f"      {command}")
    for each_unseen in survey.unseen:
        line(f"Not looked at: {each_unseen.place}: {each_unseen.problem} {each_unseen.remedy}")
    held = len(survey.of(Standing.HELD))
    if held:
        line(f"Held by a stack's state: {held}; `pulumi destroy --continue-on-error` removes them.")
    if not survey.of(Standing.LEFT) and not survey.of(Standing.UNMARKED):
        line("Nothing is left over" + (" where it was looked." if survey.unseen else "."))


def _stacks(shared: Session, stack: list[str] | None, project: str | None, *, every: bool) -> list[str] | None:
    if (every or project) and stack:
        if every:
            raise OpsError("--stack and --all contradict each other.", "Give one of them.")
        return list(dict.fromkeys(stack))
    return None if every or project else [name.rpartition("/")[2] for name in shared.chosen(stack, every=False)]


@app.command("leftovers")
def leftovers_command(
    context: typer.Context,
    stack: StackOption = None,
    every: AllOption = False,
    project: Annotated[
        str | None, typer.Option(help="A project, stacks that are gone included. Default: that of Pulumi.yaml.")
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Remove what is left over.")] = False,
    kept: Annotated[bool, typer.Option("--kept", help="With --delete: also what was kept on purpose.")] = False,
    images: Annotated[bool, typer.Option("--images", help="With --delete: also the images in repositories.")] = False,
    region: Annotated[list[str] | None, typer.Option(help="A further AWS region; may be given again.")] = None,
    kubeconfig: Annotated[str | None, typer.Option(help="Kubeconfig of the cluster to look at.")] = None,
    kube_context: Annotated[str | None, typer.Option("--context", help="Context in the kubeconfig.")] = None,
    cluster: Annotated[bool, typer.Option("--cluster/--no-cluster", help="Whether to look at a cluster.")] = True,
    yes: YesOption = False,
    jobs: JobsOption = 4,
    as_json: JsonOption = False,
) -> None:
    """Show what is left of a stack in AWS, NVCF and the cluster; the stack itself may be gone already.

    What a stack's state holds is not left over. Marks tell whose a thing is: tags in AWS and NVCF, labels in a cluster.
    Ends with 0 when nothing is left, 4 when something is, 1 when it could not look everywhere. With --delete, removes
    what is marked as the stack's and held by no state, and nothing else.
    """
    shared = session(context)
    hints = Hints(tuple(region or ()), kubeconfig, kube_context, cluster)
    surveyor = Surveyor(shared.engine, project or shared.engine.project, shared.fleet(jobs), hints)
    survey = surveyor.survey(_stacks(shared, stack, project, every=every))
    if not as_json:
        show(Console(soft_wrap=True), survey)
    removal = None
    candidates = [*survey.of(Standing.LEFT), *(survey.of(Standing.KEPT) if kept else ())]
    if delete and candidates:
        refuse_unless_safe(survey, candidates)
        if not shared.confirm(f"Remove these {len(candidates)}?", yes=yes):
            finish(ExitCode.REFUSED)
        removal = remove_all(survey, _in_order(candidates), images=images)
        for each, error in removal.failed:
            sys.stderr.write(f"{each.found.name}: {error.problem}\n{error.remedy}\n")
        shared.console.print(f"Removed {len(removal.removed)} of {len(candidates)}.")
    if as_json:
        emit(report(survey, removal))
    finish(exit_code(survey, removal))


def _in_order(candidates: Sequence[Judged]) -> list[Judged]:
    order = list(Kind)
    return sorted(candidates, key=lambda each: order.index(each.found.kind))
