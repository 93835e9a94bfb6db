"""What was found in AWS, in NVCF or in a cluster, and what one look at a place brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


class Kind(str, Enum):
    """Kinds of what a stack makes, in the order in which they are removed: what uses comes before what is used."""

    CLUSTER_OBJECT = "cluster object"
    NAMESPACE = "namespace"
    CREDENTIAL = "NVCF credential"
    ACCESS_KEY = "access key"
    USER = "IAM user"
    ROLE = "IAM role"
    POLICY = "IAM policy"
    REPOSITORY = "repository"
    PUBLIC_REPOSITORY = "public repository"


@dataclass(frozen=True)
class Owner:
    """Whose something is, as its marks say (`settings.marks`, `nvcf.ownership`).

    Attributes:
        project: the Pulumi project.
        stack: the stack.
    """

    project: str
    stack: str


@dataclass(frozen=True)
class Found:
    """Something that exists.

    Attributes:
        kind: what it is.
        key: what `ops.remains.holdings` calls it; one for each thing.
        name: what people know it by: an ARN, an id, a kind and name.
        place: where it was found.
        owner: whose it is by its marks; None where it has none.
        identity: its name in IAM, which tells whose it may be where no mark does; "" for other kinds.
        kept: whether a tag says that it was to stay.
        serves: the NVCF credential that a kept thing serves, as its tag says (`settings.marks.credential_key`).
        credential: what that tag would say of this thing, when it is a credential.
        user: for an access key, the key of its user.
        policies: for an identity, the ARNs of the policies attached to it.
        versions: for a policy, its versions that are not the default one.
        commands: what removes it, typed in this order.
    """

    kind: Kind
    key: str
    name: str
    place: str
    owner: Owner | None
    identity: str = ""
    kept: bool = False
    serves: str = ""
    credential: str = ""
    user: str = ""
    policies: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unseen:
    """A place, or a part of it, that could not be looked at.

    Attributes:
        place: which.
        problem: why; a sentence.
        remedy: what to do about it; a sentence.
    """

    place: str
    problem: str
    remedy: str


@dataclass
class Look:
    """What one look brought.

    Attributes:
        found: everything of the project.
        unseen: what could not be looked at.
    """

    found: list[Found] = field(default_factory=list)
    unseen: list[Unseen] = field(default_factory=list)

    def add(self, other: Look) -> None:
        """Add what another look brought."""
        self.found += other.found
        self.unseen += other.unseen


class Place(Protocol):
    """Somewhere a stack makes things."""

    @property
    def identity(self) -> str:
        """The same for the same place, so that no place is looked at twice."""

    def look(self, project: str, stacks: Sequence[str]) -> Look:
        """Look for what a project made.

        Args:
            project: the project.
            stacks: names of its stacks as far as they are known, since some marks do not spell every name out.
        """

    def remove(self, found: Found, *, images: bool) -> None:
        """Remove something that was found here; one that is gone already is no error.

        Args:
            found: what to remove.
            images: whether a repository may be removed with the images in it.

        Raises:
            OpsError: it cannot be removed.
        """
