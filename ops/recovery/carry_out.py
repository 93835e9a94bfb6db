"""Doing what was planned. Every step can be repeated, and what shows that a step is needed goes last."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from nvcf import errors
from nvcf.connection import Connection
from nvcf.credentials import in_milliseconds
from nvcf.errors import NvcfError
from ops.aws import aws_account
from ops.engine import Engine, EngineStack
from ops.errors import OpsError, RefusedError
from ops.fleet import Reporter
from ops.nvcf import client, connection
from ops.recovery.actions import (
    Action,
    DeleteKey,
    EndProcess,
    ForgetPending,
    Import,
    ImportEntry,
    MendStore,
    Refresh,
    ReleaseLock,
    Replaced,
    Resend,
    Verify,
)
from ops.recovery.findings import CredentialFact, Findings
from ops.recovery.locks import Lock
from ops.recovery.look import find_locks
from ops.recovery.processes import Leftover, leftovers
from ops.recovery.state_edit import edited, import_file
from ops.recovery.store import ATTRIBUTES

_END_SECONDS = 10.0
"""How long a process may take to end when it is asked to."""

_UNUSABLE = (errors.SecretLost, errors.KeyNotPropagated, errors.RegistryRejectedCredential, errors.RegistryDenied)
"""What a credential is answered whose secret is gone, or is one that the registry does not take."""


class Recovery:
    """Carries out the plan for one stack.

    Args:
        engine: the engine.
        name: the stack's name.
        found: what the plan was made from.
        report: told what is being done.
        stop: set when it is to end early.
        done: what was done before.
    """

    def __init__(
        self,
        engine: Engine,
        name: str,
        found: Findings,
        report: Reporter,
        stop: threading.Event,
        done: Sequence[Action] = (),
    ) -> None:
        self._engine = engine
        self._stack: EngineStack = engine.stack(name)
        self._found = found
        self._report = report
        self._stop = stop
        self.done = list(done)

    def prepare(self, actions: Sequence[Action]) -> bool:
        """Do what has to be done before the stack can be looked at, and return whether anything was.

        Args:
            actions: the plan.

        Raises:
            OpsError: a process does not end.
        """
        first = [each for each in actions if isinstance(each, (EndProcess, MendStore))]
        for each in first:
            self._begin(each)
            if isinstance(each, EndProcess):
                _end(each.process, self._engine)
            else:
                for file in each.files:
                    Path(file).unlink(missing_ok=True)
            self.done.append(each)
        return bool(first)

    def settle(self, actions: Sequence[Action]) -> None:
        """Do what is planned.

        Args:
            actions: the plan.

        Raises:
            RefusedError: a run is at work now.
            OpsError: something failed; running again goes on from there.
        """
        if actions:
            self._check_unchanged()
        edits: list[Action] = []
        for each in actions:
            self._begin(each)
            if isinstance(each, DeleteKey):
                self._delete_key(each)
            elif isinstance(each, ReleaseLock):
                _release(each.lock, self._engine, self._stack)
            elif isinstance(each, Refresh):
                # Notes of creations are what an import below rests on: they go last.
                self._stack.refresh(each.urns, self._step, clear_pending_creates=False)
            elif isinstance(each, Import):
                self._import(each.entries, self._in_state())
            else:
                edits.append(each)
                continue
            self.done.append(each)
        if edits:
            self._edit(edits)

    def _begin(self, action: Action) -> None:
        if self._stop.is_set():
            raise OpsError("Interrupted before everything was done.", "Run it again: it goes on from there.")
        self._report(str(action))

    def _step(self, step: str, name: str) -> None:
        self._report(f"{step} {name}")

    def _check_unchanged(self) -> None:
        """Make sure that nothing ran since the stack was looked at: what is an orphan then may be somebody's now.

        Raises:
            RefusedError: something did.
        """
        known = {each.where for each in self._found.locks}
        locks = [each for each in find_locks(self._engine, self._stack) if each.where not in known]
        now = self._stack.export().get("deployment")
        if locks or now != self._found.export.get("deployment"):
            by = f": {locks[0]}" if locks else ""
            raise RefusedError(
                f"Another run has begun to work on the stack '{self._stack.name}' meanwhile{by}.",
                "Wait for it to end, and run this again if anything is still wrong.",
            )

    def _delete_key(self, action: DeleteKey) -> None:
        try:
            aws_account(self._stack.config()).client("iam").delete_access_key(
                UserName=action.user, AccessKeyId=action.key
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code != "NoSuchEntity":
                problem = f"The access key {action.key} of {action.user} was not deleted: {code}."
                raise OpsError(problem, "Allow iam:DeleteAccessKey on the user, and run again.") from None
        except BotoCoreError as error:
            problem = f"The access key {action.key} of {action.user} was not deleted: {error}."
            raise OpsError(problem, "Check credentials and network, and run again.") from None

    def _in_state(self) -> frozenset[str]:
        deployment = self._stack.export().get("deployment") or {}
        return frozenset(str(each["urn"]) for each in deployment.get("resources") or () if not each.get("delete"))

    def _import(self, entries: Sequence[ImportEntry], in_state: frozenset[str]) -> None:
        resources, names = import_file(entries, in_state)
        self._stack.import_resources(resources, names)

    def _edit(self, actions: Sequence[Action]) -> None:
        """Change the state in one go."""
        resend = {urn for each in actions if isinstance(each, Resend) for urn in each.urns}
        noted: dict[str, str] = {}
        for each in actions:
            if isinstance(each, Verify):
                broken, times = self._verify(each)
                resend |= broken
                noted |= times
        replaced = self._successors([each for each in actions if isinstance(each, Replaced)])
        forgets = any(isinstance(each, ForgetPending) for each in actions)
        if resend or noted or replaced or forgets:
            self._stack.import_state(edited(self._stack.export(), resend=resend, noted=noted, replaced=replaced))
        if replaced:
            self._stack.refresh([each.urn for each in replaced], self._step)
        self.done += actions

    def _successors(self, replaced: Sequence[Replaced]) -> Sequence[Replaced]:
        """Return those whose predecessor is in state; the others, whose was gone, are imported."""
        in_state = self._in_state() if replaced else frozenset()
        alone = [each.entry for each in replaced if each.urn not in in_state]
        if alone:
            self._import(alone, in_state)
        return [each for each in replaced if each.urn in in_state]

    def _verify(self, action: Verify) -> tuple[set[str], Mapping[str, str]]:
        """Let NVCF log in; returns credentials that have no working secret, and when the others were written to."""
        where = connection(self._stack)
        broken, times = set(), {}
        for fact in self._found.credentials:
            if fact.ours.urn not in action.urns:
                continue
            try:
                times[fact.ours.urn] = _try_secret(where, fact)
            except _UNUSABLE as unusable:
                self._report(f"{fact.ours.name}: {unusable.problem}")
                broken.add(fact.ours.urn)
            except NvcfError as error:
                raise OpsError(f"{fact.ours.name}: {error.problem}", error.remedy) from None
        return broken, times


def _try_secret(where: Connection, fact: CredentialFact) -> str:
    # A key that AWS does not know is as good as none: it is not waited for.
    with client(replace(where, propagation_seconds=0.0), fact.ours.account) as nvcf:
        changed = nvcf.try_secret(fact.ours.id, fact.ours.artifact_types)
    return in_milliseconds(changed.last_updated_at)


def _release(lock: Lock, engine: Engine, stack: EngineStack) -> None:
    """Release a lock whose owner is dead, and no other one."""
    if lock.file is not None:
        # `pulumi cancel` would release any lock that a run has taken meanwhile as well. The second file holds
        # attributes of the first, as the engine's storage library keeps them.
        for file in (lock.file, lock.file.with_name(f"{lock.file.name}{ATTRIBUTES}")):
            file.unlink(missing_ok=True)
        return
    if {each.where for each in find_locks(engine, stack)} == {lock.where}:
        stack.cancel()


def _end(leftover: Leftover, engine: Engine) -> None:
    """End a process that has lost its engine, if it is still what it was."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        if leftover not in leftovers(engine.directory):
            return
        with suppress(ProcessLookupError):
            os.kill(leftover.pid, how)
        until = time.monotonic() + _END_SECONDS
        while leftover in leftovers(engine.directory) and time.monotonic() < until:
            time.sleep(0.1)
    if leftover in leftovers(engine.directory):
        raise OpsError(
            f"Process {leftover.pid} ({leftover.plugin}), whose engine is gone, does not end.",
            "End it yourself, then run again.",
        )
