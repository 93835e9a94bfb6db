"""`status`: how every registry of every stack stands, for people, for machines, and for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ops.app import AllOption, JobsOption, JsonOption, StackOption, app, emit, finish, read_span_option, session
from ops.aws import aws_account
from ops.cluster import cluster_access
from ops.deployed import deployed_stack
from ops.engine import EngineStack
from ops.errors import ExitCode, OpsError
from ops.facts import gather, pairs
from ops.fleet import StackResult
from ops.metrics import write_metrics
from ops.nvcf import connection
from ops.pull_secret_expiry import configured_pull_secrets, pull_secret_standing
from ops.spans import span
from ops.standing import KeyStanding, PullSecretStanding, Standing, standing


def look(stack: EngineStack, rotate_every: timedelta) -> list[Standing]:
    """Look at one stack.

    Args:
        stack: the stack.
        rotate_every: the age at which a key is to be rotated.

    Raises:
        OpsError: the stack, AWS or NVCF cannot be asked.
    """
    config = stack.config()
    deployed = deployed_stack(stack.export())
    aws = aws_account(config)
    facts = gather(pairs(stack, deployed.registries, None), aws, connection(stack))
    now = datetime.now(timezone.utc)
    secrets = _pull_secrets(stack, now)
    return [standing(each, secrets.get(each.configured.name, ()), rotate_every, now) for each in facts]


def _pull_secrets(stack: EngineStack, now: datetime) -> Mapping[str, list[PullSecretStanding]]:
    config = stack.config()
    wanted = configured_pull_secrets(config)
    cluster = cluster_access(config, aws_account(config)) if wanted else None
    if cluster is None:
        return {}
    with ThreadPoolExecutor(max_workers=4) as pool:
        looked = pool.map(
            lambda each: (each[0], pull_secret_standing(cluster, each[1], each[2], now, expires=each[3])), wanted
        )
        found: dict[str, list[PullSecretStanding]] = {}
        for registry, secret in looked:
            found.setdefault(registry, []).append(secret)
        return found


def table(results: Sequence[StackResult[list[Standing]]], now: datetime) -> Table:
    """Return what people see.

    Args:
        results: the stacks that were looked at.
        now: the present moment, with its timezone.
    """
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("stack", "registry", "hostname", "credential", "gen", "keys", "rotation", "pull secrets", "state"):
        shown.add_column(column, overflow="fold")
    for result in results:
        for each in result.value or ():
            shown.add_row(
                result.stack,
                each.registry,
                each.hostname or "-",
                each.credential_id or "-",
                "-" if each.generation is None else str(each.generation),
                "\n".join(_key_line(key, now) for key in each.keys) or "by hand",
                _due(each, now),
                "\n".join(_secret_line(secret, now) for secret in each.pull_secrets) or "-",
                "see below" if each.problems else "ok",
            )
    return shown


def _key_line(key: KeyStanding, now: datetime) -> str:
    mark = "*" if key.current else "!" if key.generation is None else " "
    age = span(now - key.created) if key.created else "?"
    used = f"used {span(now - key.last_used)} ago" if key.last_used else "never used"
    return f"{mark}{key.id} {key.status}, {age} old, {used}"


def _due(each: Standing, now: datetime) -> str:
    if each.due is None:
        return "-"
    return f"overdue {span(now - each.due)}" if each.due <= now else f"in {span(each.due - now)}"


def _secret_line(secret: PullSecretStanding, now: datetime) -> str:
    name = f"{secret.namespace}/{secret.name}"
    if secret.problem:
        return f"{name}: see below"
    return f"{name} {span(secret.expires - now)} left" if secret.expires else f"{name} no expiry"


@app.command("status")
def status_command(
    context: typer.Context,
    stack: StackOption = None,
    every: AllOption = False,
    rotate_every: Annotated[
        timedelta,
        typer.Option(parser=read_span_option, metavar="SPAN", help="The age at which a key is to be rotated."),
    ] = "90d",  # type: ignore[assignment] # typer parses the default
    prometheus: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write Prometheus metrics to this file, too.")
    ] = None,
    jobs: JobsOption = 4,
    as_json: JsonOption = False,
) -> None:
    """Show how every registry stands: keys and their use, what is due, pull secrets, drift.

    The key that NVCF has is marked *, one that the stack does not hold !. Ends with 4 when somebody should see to
    something.
    """
    shared = session(context)
    engine = shared.engine
    results = shared.fleet(jobs).run(
        shared.chosen(stack, every=every), lambda name, _report, _stop: look(engine.stack(name), rotate_every)
    )
    now = datetime.now(timezone.utc)
    if prometheus is not None:
        try:
            write_metrics(prometheus, {each.stack: each.value for each in results}, now)
        except OSError as error:
            raise OpsError(f"{prometheus} cannot be written: {error.strerror}.", "Name another file.") from None
    if as_json:
        emit({"command": "status", "exitCode": int(_exit_code(results)), "stacks": [_report(each) for each in results]})
    else:
        _print(results, now)
    finish(_exit_code(results))


def _print(results: Sequence[StackResult[list[Standing]]], now: datetime) -> None:
    console = Console(soft_wrap=False)
    console.print(table(results, now))
    for result in results:
        for each in result.value or ():
            for problem in each.problems:
                console.print(
                    f"{result.stack}/{each.registry}: {problem}", highlight=False, markup=False, soft_wrap=True
                )
        if result.error:
            text = f"{result.stack}: {result.error.problem} {result.error.remedy}"
            console.print(text, highlight=False, markup=False, soft_wrap=True)


def _exit_code(results: Sequence[StackResult[list[Standing]]]) -> ExitCode:
    if any(result.error for result in results):
        return ExitCode.FAILED
    attention = any(each.problems for result in results for each in result.value or ())
    return ExitCode.ATTENTION if attention else ExitCode.DONE


def _report(result: StackResult[list[Standing]]) -> dict[str, object]:
    if result.error:
        return {"stack": result.stack, "error": {"problem": result.error.problem, "remedy": result.error.remedy}}
    return {"stack": result.stack, "registries": [asdict(each) for each in result.value or ()]}
