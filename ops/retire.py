"""`retire`: the key before the current one is switched off, and with the next run deleted; `--undo` switches it on."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Annotated

import typer

from ops.app import (
    AllOption,
    DryRunOption,
    JobsOption,
    JsonOption,
    RegistryOption,
    StackOption,
    YesOption,
    app,
    finish,
    read_span_option,
    session,
)
from ops.deployed import deployed_stack
from ops.errors import OpsError, RefusedError
from ops.fleet import Reporter
from ops.plans import Course, StackPlan, plan, pursue
from ops.retirement import OUTCOMES, Retire, RetirementRules, decide_retirement


def carry_out(found: StackPlan[Retire], report: Reporter, stop: threading.Event) -> None:
    """Retire as planned, and look in IAM whether it is so.

    Args:
        found: the plan; what is seen is noted in it.
        report: told what is being done.
        stop: set when it is to end before it begins.

    Raises:
        OpsError: it failed; running again finishes it.
    """
    if stop.is_set():
        raise RefusedError("Interrupted before anything was touched.", "Run again.")
    found.stack.set_config({found.setting(each.registry, "previousKey"): each.previous_key for each in found.actions})
    report("pulumi up")
    found.stack.up(lambda step, name: report(f"{step} {name}"))
    users = deployed_stack(found.stack.export()).registries
    for each in found.actions:
        keys = {key.id: key for key in found.aws.access_keys(users[each.registry].user or "")}
        key = keys.get(each.key_id)
        state = "absent" if key is None else "active" if key.active else "inactive"
        if state != each.previous_key:
            raise OpsError(
                f"{each.registry}: `pulumi up` ended well, but IAM has the key {each.key_id} as {state}.",
                "Run `pulumi refresh`, then `python -m ops retire` again.",
            )
        found.seen[each.registry] = {"outcome": OUTCOMES[each.previous_key]}
    report("done")


@app.command("retire")
def retire_command(
    context: typer.Context,
    stack: StackOption = None,
    every: AllOption = False,
    registry: RegistryOption = None,
    unused_for: Annotated[
        timedelta,
        typer.Option(
            parser=read_span_option, metavar="SPAN", help="How long a key must be out of use before it is taken away."
        ),
    ] = "24h",  # type: ignore[assignment] # typer parses the default
    undo: Annotated[bool, typer.Option("--undo", help="Switch a key on again that was switched off.")] = False,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    jobs: JobsOption = 4,
    as_json: JsonOption = False,
) -> None:
    """Switch off the key before the current one; run again to delete it, or with --undo to switch it on again.

    Never touches the key that NVCF has, nor one that was used lately.
    """
    shared = session(context)
    rules = RetirementRules(unused_for, undo)
    code = pursue(
        shared,
        Course(shared.chosen(stack, every=every), registry, jobs, yes, dry_run, as_json),
        "retire",
        lambda each: plan(each, registry, lambda facts, now: decide_retirement(facts, rules, now)),
        carry_out,
    )
    finish(code)
