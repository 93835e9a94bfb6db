"""What was found out about a stack before anything is decided; nothing but records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from nvcf.credentials import Credential
from ops.deployed import DeployedCredential, DeployedStack
from ops.facts import KeyFacts
from ops.recovery.actions import Obstacle
from ops.recovery.history import Run
from ops.recovery.locks import Lock
from ops.recovery.processes import Leftover


class Owner(NamedTuple):
    """The stack that the marks on something name.

    Attributes:
        project: the project's name, or what a label can hold of it.
        stack: the same of the stack.
    """

    project: str
    stack: str

    def __str__(self) -> str:
        return f"'{self.stack}' of the project '{self.project}'"


@dataclass(frozen=True)
class Wanted:
    """A resource that a run would create, or had begun to create when it was cut off.

    Attributes:
        urn: its URN.
        type: its type token.
        parent: URN of its parent.
        provider: URN of its provider.
        inputs: what it is to be; secrets blanked.
    """

    urn: str
    type: str
    parent: str
    provider: str
    inputs: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Existing:
    """Something in AWS or the cluster that has the name of a wanted resource.

    Attributes:
        id: its id, as the state would have it.
        what: what it is, for people.
        owner: the stack that its marks name; None when it has none.
        created: when it was made; None when that is not told.
        region: the region that the program gives it; "" for the provider's own.
        kept: whether it is marked to stay when it leaves its stack.
    """

    id: str
    what: str
    owner: Owner | None
    created: datetime | None
    region: str = ""
    kept: bool = False

    @property
    def import_id(self) -> str:
        """Its id as an import takes it: with its region where it has one of its own (pulumi-aws 7)."""
        return f"{self.id}@{self.region}" if self.region else self.id


@dataclass(frozen=True)
class CredentialFact:
    """A credential in state, and what NVCF says of it.

    Attributes:
        ours: what the state holds.
        found: what NVCF says; None when it is gone.
    """

    ours: DeployedCredential
    found: Credential | None


@dataclass(frozen=True)
class Findings:
    """Everything that is known about one stack.

    Attributes:
        owner: the stack itself, as AWS's tags name it.
        label: the same as the labels in the cluster name it.
        locks: locks of runs that are over.
        leftovers: plugins' processes that have lost their engine and do not end.
        unreadable: files beside the state that an engine was killed while writing; with them nothing else is known.
        export: the state, secrets encrypted.
        deployed: the same, read.
        runs: its history, the newest first.
        wanted: what a run would create, and what one had begun to create.
        existing: what there is of these, by URN.
        keys: by user, every access key in IAM.
        credentials: the credentials in state.
        unclaimed: credentials in NVCF that carry this stack's mark and that the state does not hold.
        problems: what could not be looked at.
    """

    owner: Owner
    label: Owner
    locks: tuple[Lock, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    unreadable: tuple[Path, ...] = ()
    export: Mapping[str, Any] = field(default_factory=dict, repr=False)
    deployed: DeployedStack = field(default_factory=lambda: DeployedStack({}, (), ()))
    runs: tuple[Run, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    existing: Mapping[str, Existing] = field(default_factory=dict)
    keys: Mapping[str, tuple[KeyFacts, ...]] = field(default_factory=dict)
    credentials: tuple[CredentialFact, ...] = ()
    unclaimed: tuple[Credential, ...] = ()
    problems: tuple[Obstacle, ...] = ()


@dataclass(frozen=True)
class Wishes:
    """What the user asked for besides.

    Attributes:
        delete_keys: ids of access keys to be deleted though nothing shows that a cut-off run made them.
        verify: whether NVCF is to try the secrets it has.
    """

    delete_keys: frozenset[str] = frozenset()
    verify: bool = False
