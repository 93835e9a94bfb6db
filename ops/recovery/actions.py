"""What is to be done about a stack, one record for each thing, in the words that the user sees before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import ClassVar

from ops.deployed import logical_name
from ops.recovery.locks import Lock
from ops.recovery.processes import Leftover


@dataclass(frozen=True)
class ReleaseLock:
    """The lock of a run that is over is removed."""

    kind: ClassVar = "release-lock"
    lock: Lock

    def __str__(self) -> str:
        return f"release the lock of a run that is over ({self.lock})"


@dataclass(frozen=True)
class EndProcess:
    """A plugin that has lost its engine, and does not end by itself, is ended."""

    kind: ClassVar = "end-process"
    process: Leftover

    def __str__(self) -> str:
        return f"end process {self.process.pid} ({self.process.plugin}), whose engine is gone, and look on"


@dataclass(frozen=True)
class MendStore:
    """Files are removed that the engine keeps beside a stack's state and was killed while writing.

    Attributes:
        files: their paths.
    """

    kind: ClassVar = "mend-store"
    files: tuple[str, ...]

    def __str__(self) -> str:
        listed = ", ".join(self.files)
        return f"remove half-written files that keep the state from being read, and look on: {listed}"


@dataclass(frozen=True)
class DeleteKey:
    """An access key is deleted from IAM.

    Attributes:
        user: whose it is.
        key: its id.
        reason: why it can go.
    """

    kind: ClassVar = "delete-key"
    user: str
    key: str
    reason: str

    def __str__(self) -> str:
        return f"delete the access key {self.key} of {self.user}: {self.reason}"


@dataclass(frozen=True)
class Refresh:
    """Resources in state are read again.

    Attributes:
        urns: which; all when empty.
        reasons: why.
    """

    kind: ClassVar = "refresh"
    urns: tuple[str, ...]
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        what = ", ".join(map(logical_name, self.urns)) or "everything in state"
        return f"read {what} again (`pulumi refresh`): {'; '.join(self.reasons)}"


@dataclass(frozen=True)
class ImportEntry:
    """A resource to be taken into state.

    Attributes:
        urn: its URN.
        id: its physical id, in the form that an import takes.
        type: its type token.
        parent: URN of the component it belongs to.
        provider: URN of its provider; None for the default one.
        what: what it is, for people.
    """

    urn: str
    id: str
    type: str
    parent: str
    provider: str | None
    what: str


@dataclass(frozen=True)
class Import:
    """Resources that exist, though the run that made them could not note it, are taken into state."""

    kind: ClassVar = "import"
    entries: tuple[ImportEntry, ...]

    def __str__(self) -> str:
        listed = ", ".join(each.what for each in self.entries)
        return f"take into state (`pulumi import`) what a run made and could not note: {listed}"


@dataclass(frozen=True)
class Replaced:
    """The successor of a resource in state exists: it takes its place, and the predecessor is left to be deleted.

    Attributes:
        id: id of the successor, as the state has it.
        entry: the successor, as it is imported where the predecessor has left the state.
    """

    kind: ClassVar = "replaced"
    id: str
    entry: ImportEntry

    @property
    def urn(self) -> str:
        """URN of both."""
        return self.entry.urn

    def __str__(self) -> str:
        return f"note in state that {self.entry.what} has taken the place of its predecessor"


@dataclass(frozen=True)
class Verify:
    """NVCF is made to log in with the secrets it has, by a change that changes nothing.

    Attributes:
        urns: the credentials.
    """

    kind: ClassVar = "verify"
    urns: tuple[str, ...]

    def __str__(self) -> str:
        return f"let NVCF log in with the secrets it has: {', '.join(map(logical_name, self.urns))}"


@dataclass(frozen=True)
class Resend:
    """It is noted in state that NVCF may have another secret than ours, so that the next run sends ours.

    Attributes:
        urns: the credentials.
    """

    kind: ClassVar = "resend"
    urns: tuple[str, ...]

    def __str__(self) -> str:
        return f"have the next `pulumi up` send its secret to NVCF again: {', '.join(map(logical_name, self.urns))}"


@dataclass(frozen=True)
class ForgetPending:
    """The notes of operations whose end was not known are removed from state.

    Attributes:
        operations: what they were, such as `creating functions-user`.
    """

    kind: ClassVar = "forget-pending"
    operations: tuple[str, ...]

    def __str__(self) -> str:
        return f"remove the notes of interrupted operations from state: {', '.join(self.operations)}"


Action = (
    ReleaseLock | EndProcess | MendStore | DeleteKey | Refresh | Import | Replaced | Verify | Resend | ForgetPending
)


@dataclass(frozen=True)
class Obstacle:
    """Something that recovery must not touch, or could not look at.

    Attributes:
        problem: what it is, in sentences.
        remedy: what to do about it, in sentences.
    """

    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}"


@dataclass(frozen=True)
class Plan:
    """What is to be done about one stack.

    Attributes:
        actions: in the order in which they are done.
        notes: what was seen and is left as it is.
        refused: what stands in the way and is not this stack's.
        unknown: what could not be looked at.
    """

    actions: tuple[Action, ...] = ()
    notes: tuple[str, ...] = ()
    refused: tuple[Obstacle, ...] = ()
    unknown: tuple[Obstacle, ...] = ()

    def lines(self) -> Sequence[str]:
        """Return it for people."""
        return [
            *[str(each) for each in self.actions],
            *[f"note: {each}" for each in self.notes],
            *[f"left alone: {each}" for each in self.refused],
            *[f"not known: {each}" for each in self.unknown],
        ]

    def report(self) -> dict[str, object]:
        """Return it for machines."""
        return {
            "actions": [{"kind": each.kind, "text": str(each), **_plain(each)} for each in self.actions],
            "notes": list(self.notes),
            "refused": [{"problem": each.problem, "remedy": each.remedy} for each in self.refused],
            "unknown": [{"problem": each.problem, "remedy": each.remedy} for each in self.unknown],
        }


def _plain(action: Action) -> dict[str, object]:
    """Return the members of an action that are texts or lists of texts."""
    values = {field.name: getattr(action, field.name) for field in fields(action)}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if isinstance(value, str) or (isinstance(value, tuple) and all(isinstance(each, str) for each in value))
    }
