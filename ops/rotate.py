"""`rotate`: a new key for each registry, registered with NVCF, verified, and the old one left active."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
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
from ops.deployed import DeployedStack, deployed_stack
from ops.errors import ExitCode, OpsError, RefusedError
from ops.facts import parse_time
from ops.fleet import Reporter
from ops.plans import Course, StackPlan, plan, pursue, wait
from ops.rotation import Rotate, RotationRules, decide_rotation
from ops.verification import repository_of, verify_key


def carry_out(found: StackPlan[Rotate], report: Reporter, stop: threading.Event, *, propagate: bool) -> None:
    """Rotate as planned, verify the new keys, and wait until NVCF hands out no old one.

    Args:
        found: the plan; what is seen is noted in it.
        report: told what is being done.
        stop: set when it is to end early; what was begun is finished, only waiting is cut short.
        propagate: whether to wait for the propagation in the end.

    Raises:
        OpsError: it failed; running again finishes it.
    """
    wait(max(each.wait for each in found.actions), "NVCF's caches to forget the rotation before", report, stop)
    if stop.is_set():
        raise RefusedError("Interrupted before anything was touched.", "Run again.")
    generations = {found.setting(each.registry, "keyGeneration"): str(each.generation) for each in found.actions}
    # The key that is the current one now becomes the previous one, and functions run with it.
    kept = {found.setting(each.registry, "previousKey"): "active" for each in found.actions}
    found.stack.set_config(generations | kept)
    report("pulumi up")
    found.stack.up(lambda step, name: report(f"{step} {name}"))
    report("verifying the new keys")
    after = deployed_stack(found.stack.export(secrets=True))
    for each in found.actions:
        _verify(found, each, after, stop)
    left = _left(found, after)
    found.notes["propagated"] = propagate and wait(left, "NVCF's caches to forget the old keys", report, stop)
    report("done")


def _verify(found: StackPlan[Rotate], action: Rotate, after: DeployedStack, stop: threading.Event) -> None:
    registry = after.registries[action.registry]
    key, credential = registry.key(action.generation), registry.credential
    if registry.reached != action.generation or key is None or credential is None or credential.username != key.id:
        raise OpsError(
            f"{action.registry}: `pulumi up` ended well, but NVCF's credential has no key of generation "
            f"{action.generation}.",
            "Run `pulumi up` again; look at the registry with `python -m ops status`.",
        )
    repository = repository_of(after, action.registry)
    patience = found.where.propagation_seconds
    verify_key(found.aws, action.registry, credential.hostname, key, repository, patience_seconds=patience, stop=stop)
    found.seen[action.registry] = {"outcome": "rotated", "keyId": key.id, "described": repository}


def _left(found: StackPlan[Rotate], after: DeployedStack) -> timedelta:
    """Return how long the propagation of the newest change still takes."""
    credentials = [after.registries[each.registry].credential for each in found.actions]
    times = [changed for each in credentials if each and (changed := parse_time(each.last_updated_at))]
    if not times:
        return timedelta(0)
    return max(times) + timedelta(seconds=found.where.propagation_seconds) - datetime.now(timezone.utc)


@app.command("rotate")
def rotate_command(
    context: typer.Context,
    stack: StackOption = None,
    every: AllOption = False,
    registry: RegistryOption = None,
    if_older_than: Annotated[
        timedelta | None,
        typer.Option(parser=read_span_option, metavar="SPAN", help="Only keys of that age, such as 90d."),
    ] = None,
    unused_for: Annotated[
        timedelta,
        typer.Option(
            parser=read_span_option, metavar="SPAN", help="How long a key must be out of use before it is deleted."
        ),
    ] = "24h",  # type: ignore[assignment] # typer parses the default
    propagate: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until NVCF's caches have forgotten the old keys.")
    ] = True,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    jobs: JobsOption = 4,
    as_json: JsonOption = False,
) -> None:
    """Give every ECR registry a new access key and register it with NVCF; the old key stays active.

    Refuses, before anything is touched, where the key that would be deleted was used lately, somebody else's key is in
    the way, or NVCF's credential is not as the stack left it. The `pulumi up` applies whatever else is configured.
    """
    shared = session(context)
    rules = RotationRules(unused_for, if_older_than)
    course = Course(shared.chosen(stack, every=every), registry, jobs, yes, dry_run, as_json)
    code = pursue(
        shared,
        course,
        "rotate",
        lambda each: plan(each, registry, lambda facts, now: decide_rotation(facts, rules, now)),
        lambda found, report, stop: carry_out(found, report, stop, propagate=propagate),
    )
    if code == ExitCode.DONE and not dry_run and not as_json:
        shared.console.print("When functions have been redeployed, retire the old keys with `python -m ops retire`.")
    finish(code)
