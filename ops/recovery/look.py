"""Finding out how a stack stands: asks the engine, this machine, AWS, the cluster and NVCF, and changes nothing."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from nvcf.connection import Connection
from nvcf.credentials import Credential
from nvcf.errors import NotFound, NvcfError
from nvcf.ownership import stack_of, stack_tags
from ops.aws import AwsAccount, aws_account
from ops.cluster import cluster_access
from ops.deployed import USER, DeployedCredential, DeployedStack, deployed_stack
from ops.engine import Engine, EngineStack, StackLockedError
from ops.errors import OpsError, RefusedError
from ops.facts import KeyFacts
from ops.fleet import Reporter
from ops.nvcf import client, connection
from ops.recovery.actions import Obstacle
from ops.recovery.existing import look_for
from ops.recovery.findings import CredentialFact, Existing, Findings, Owner, Wanted
from ops.recovery.history import ENTRIES, read_history
from ops.recovery.keys import gone_keys
from ops.recovery.locks import Lock, Verdict, judge, lock_directories, read_lock
from ops.recovery.locks import locks_in_message as named_locks
from ops.recovery.processes import Leftover, leftovers, process
from ops.recovery.store import ATTRIBUTES, root, unreadable_attributes
from ops.recovery.wanted import WantedListener, interrupted_creations
from settings.marks import cluster_labels

_LEFTOVER_SECONDS = 30.0
"""How long plugins that have lost their engine may take to end what they are doing."""
_IAM_TRIES = 4
"""How often IAM is asked before a key that it does not list counts as gone: its answers may be some seconds old."""
_IAM_PAUSE_SECONDS = 2.0


def look(engine: Engine, name: str, report: Reporter, stop: threading.Event) -> Findings:
    """Find out how a stack stands.

    Args:
        engine: the engine.
        name: the stack's name.
        report: told what is being done.
        stop: set when it is to end early.

    Raises:
        RefusedError: a run is at work on the stack, or may be, on another machine.
        OpsError: the engine or AWS cannot be asked.
    """
    stack, project = engine.stack(name), engine.project
    owner = Owner(project, name.rpartition("/")[2])
    locks = dead_locks(engine, stack)
    left = _settled(engine.directory, report, stop)
    label, files = Owner(*cluster_labels(*owner).values()), root(engine.backend, engine.directory)
    unreadable = unreadable_attributes(files, *owner) if files else ()
    if unreadable:
        return Findings(owner, label, locks, left, unreadable)
    export = stack.export()
    deployed = deployed_stack(export)
    report("looking at what it would create, and at what there is")
    with ThreadPoolExecutor(max_workers=4) as pool:
        aws = aws_account(stack.config())
        preview = pool.submit(_wanted, stack, export)
        history = pool.submit(stack.history, ENTRIES)
        credentials = pool.submit(_credentials, stack, deployed, owner)
        wanted, trouble = preview.result()
        existing, more = _existing(wanted, aws, stack)
        users = [existing[each.urn].id for each in wanted if each.type == USER and each.urn in existing]
        facts, unclaimed, yet_more = credentials.result()
        return Findings(
            owner=owner,
            label=label,
            locks=locks,
            leftovers=left,
            export=export,
            deployed=deployed,
            runs=read_history(history.result()),
            wanted=wanted,
            existing=existing,
            keys=_keys(aws, deployed, users, stop),
            credentials=facts,
            unclaimed=unclaimed,
            problems=(*trouble, *more, *yet_more),
        )


def dead_locks(engine: Engine, stack: EngineStack) -> tuple[Lock, ...]:
    """Return the locks of runs that are over.

    Raises:
        RefusedError: a run holds a lock, or may hold it on another machine.
    """
    locks = find_locks(engine, stack)
    for lock in locks:
        verdict = judge(lock, socket.gethostname(), process(lock.pid))
        if verdict is Verdict.ALIVE:
            raise RefusedError(
                f"A run is at work on the stack '{stack.name}': {lock}.",
                f"Wait for it to end, or end it with Ctrl-C or `kill -INT {lock.pid}`; then recover.",
            )
        if verdict is Verdict.ELSEWHERE:
            raise RefusedError(
                f"The stack '{stack.name}' is locked from another machine: {lock}.",
                f"See on {lock.host} whether that process still runs, and recover there; when that machine is gone, "
                f"release the lock with `pulumi cancel --stack {stack.name}`, then recover here.",
            )
    return locks


def find_locks(engine: Engine, stack: EngineStack) -> tuple[Lock, ...]:
    """Return every lock on a stack.

    Raises:
        RefusedError: the backend says that the stack is being updated, and not by whom.
        OpsError: a lock cannot be read.
    """
    files = root(engine.backend, engine.directory)
    if files is not None:
        return _lock_files(lock_directories(files, engine.project, stack.name.rpartition("/")[2]))
    if engine.backend.startswith(("https://", "http://")):
        if engine.is_updating(stack.name):
            raise RefusedError(
                f"The backend says that the stack '{stack.name}' is being updated.",
                "Wait for that run to end. If it was killed, run `pulumi cancel`, then recover.",
            )
        return ()
    return _locks_told(stack)


def _lock_files(directories: Sequence[Path]) -> tuple[Lock, ...]:
    locks = []
    # The engine takes every file there for a lock, one included that it was killed while it wrote.
    for file in (each for directory in directories for each in sorted(directory.glob("*.json*"))):
        # A run may end at this very moment.
        with suppress(FileNotFoundError):
            if file.suffix != ATTRIBUTES:
                locks.append(read_lock(file, file.read_text(encoding="utf-8"), file.stat().st_mtime))
    return tuple(locks)


def _locks_told(stack: EngineStack) -> tuple[Lock, ...]:
    """Ask the engine to do something that needs the lock and then cannot be done: to rename a stack to its own name."""
    name = stack.name.rpartition("/")[2]
    try:
        stack.run("stack", "rename", name)
    except StackLockedError as locked:
        found = named_locks(locked.said)
        if not found:
            raise RefusedError(
                f"The stack '{stack.name}' is locked, and the engine does not say by whom: {locked.said.strip()}",
                "See which run holds it; when that is over, release it with `pulumi cancel`, then recover.",
            ) from None
        return found
    except OpsError as error:
        if "already exists" not in error.problem:
            raise
    return ()


def _settled(directory: Path, report: Reporter, stop: threading.Event) -> tuple[Leftover, ...]:
    """Return plugins without an engine that do not end by themselves: what they are doing may yet have its effect."""
    until = time.monotonic() + _LEFTOVER_SECONDS
    while (left := leftovers(directory)) and time.monotonic() < until:
        report(f"waiting for {len(left)} process(es) of a dead run to end")
        if stop.wait(1.0):
            break
    return left


def _wanted(stack: EngineStack, export: Mapping[str, Any]) -> tuple[tuple[Wanted, ...], tuple[Obstacle, ...]]:
    """Return what a run would create or had begun to create, and why the former is not known."""
    listener, problems = WantedListener(), []
    try:
        stack.preview(listener)
    except OpsError as error:
        # What a run had begun to create is known from the state all the same.
        problems.append(Obstacle(error.problem, error.remedy))
    # Of both the latter is known better: a preview cannot tell every name yet.
    both = (*listener.wanted, *interrupted_creations(export))
    return tuple({each.urn: each for each in both}.values()), tuple(problems)


def _existing(
    wanted: Sequence[Wanted], aws: AwsAccount, stack: EngineStack
) -> tuple[Mapping[str, Existing], tuple[Obstacle, ...]]:
    objects = [each for each in wanted if each.type.startswith("kubernetes:")]
    others = [each for each in wanted if not each.type.startswith("kubernetes:")]
    found = look_for(others, aws, lambda: None)
    try:
        return found | look_for(objects, aws, lambda: cluster_access(stack.config(), aws, os.environ)), ()
    except OpsError as error:
        return found, (Obstacle(error.problem, error.remedy),)


def _keys(
    aws: AwsAccount, deployed: DeployedStack, made: Sequence[str], stop: threading.Event
) -> Mapping[str, tuple[KeyFacts, ...]]:
    """Return the keys of every user of the stack, those included that a run made and could not note."""
    users = sorted(deployed.ids(USER) | set(made))
    for attempt in range(_IAM_TRIES):
        keys = {user: tuple(KeyFacts(key, aws.last_use(key.id)) for key in aws.access_keys(user)) for user in users}
        if not gone_keys(deployed, keys) or attempt == _IAM_TRIES - 1 or stop.wait(_IAM_PAUSE_SECONDS):
            break
    return keys


def _credentials(
    stack: EngineStack, deployed: DeployedStack, owner: Owner
) -> tuple[tuple[CredentialFact, ...], tuple[Credential, ...], tuple[Obstacle, ...]]:
    """Return the credentials in state as NVCF has them, those marked as this stack's besides, and what went wrong."""
    ours = [each.credential for each in deployed.registries.values() if each.credential]
    mark = stack_of(stack_tags(*owner))
    try:
        where = connection(stack)
        facts = [CredentialFact(each, _in_nvcf(where, each)) for each in ours]
        marked = []
        for account in {each.account for each in ours} or {None}:
            with client(where, account) as nvcf:
                marked += [each for each in nvcf.list() if stack_of(each.tags) == mark]
    except (NvcfError, OpsError) as error:
        trouble = Obstacle(f"NVCF did not tell of this stack's credentials: {error.problem}", error.remedy)
        # One that is not in state yet finds itself when it is made.
        return (), (), (trouble,) if ours else ()
    held = {each.id for each in ours}
    return tuple(facts), tuple(each for each in marked if each.id not in held), ()


def _in_nvcf(where: Connection, ours: DeployedCredential) -> Credential | None:
    with client(where, ours.account) as nvcf:
        try:
            return nvcf.get(ours.id)
        except NotFound:
            return None
