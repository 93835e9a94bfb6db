"""What the engine asks and what a plugin answers, as frozen dataclasses.

One pair a call of Pulumi's `ResourceProvider` service. All property maps are *revealed*: secrets are plain values and
only `UNKNOWN` marks what is not known yet. The service puts secrecy back into the answers (see `service`), so a plugin
wraps a value in `Secret` only where the value is secret by its own nature.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox.plugins.protocol.values import Properties


class Autonaming(enum.Enum):
    """How the engine wants a name made that the program left out."""

    DEFAULT = "default"
    """As the plugin does by itself."""
    PROPOSE = "propose"
    """From the proposed name, which the plugin may adapt."""
    ENFORCE = "enforce"
    """Exactly the proposed name."""
    DISABLE = "disable"
    """Not at all: a missing name is an error."""


@dataclass(frozen=True)
class Target:
    """The resource that a call is about.

    Attributes:
        urn: Its URN.
        type: Its type token, such as `aws:iam/user:User`.
        name: Its name in the program.
    """

    urn: str
    type: str
    name: str


@dataclass(frozen=True)
class CheckRequest:
    """Validate and complete the inputs `news`.

    Attributes:
        target: The resource.
        olds: The inputs that the last run ended with; empty on creation.
        news: What the program gives now.
        autonaming: The engine's wish about a missing name.
        proposed_name: The engine's name for `PROPOSE` and `ENFORCE`.
        seed: Random bytes that are the same in preview and update; empty when the engine gives none.
    """

    target: Target
    olds: Properties
    news: Properties
    autonaming: Autonaming = Autonaming.DEFAULT
    proposed_name: str = ""
    seed: bytes = b""


@dataclass(frozen=True)
class CheckFailure:
    """One bad input: the property's path (may be empty) and what is wrong with it."""

    path: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """The completed inputs, and what is wrong with them."""

    inputs: Properties
    failures: Sequence[CheckFailure] = ()


@dataclass(frozen=True)
class DiffRequest:
    """Compare what is with the checked inputs `news`; `outputs` and `old_inputs` are the state's.

    `ignore_changes` are the property paths whose changes the program wants to be overlooked.
    """

    target: Target
    id: str
    outputs: Properties
    old_inputs: Properties
    news: Properties
    ignore_changes: Sequence[str] = ()


class ChangeKind(enum.Enum):
    """What happens to one property."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True)
class Change:
    """One changed property.

    Attributes:
        path: Where, such as `tags.owner` or `filters[0].name`.
        kind: Added, deleted or updated.
        replace: Whether only a replacement can bring it about.
        of_inputs: Whether old inputs differ from new ones, rather than state from inputs.
    """

    path: str
    kind: ChangeKind
    replace: bool = False
    of_inputs: bool = True


@dataclass(frozen=True)
class Diff:
    """The changes; none means that the resource is as the inputs say."""

    changes: Sequence[Change] = ()
    delete_before_replace: bool = False
    stables: Sequence[str] = ()


@dataclass(frozen=True)
class CreateRequest:
    """Create a resource, or in a preview say what its outputs would be. `timeout` is seconds, 0 for the default."""

    target: Target
    inputs: Properties
    preview: bool
    timeout: float = 0.0


@dataclass(frozen=True)
class Created:
    """The new resource's id (empty in a preview) and outputs."""

    id: str
    outputs: Properties


@dataclass(frozen=True)
class ReadRequest:
    """Look a resource up; `outputs` and `inputs` are the state's, both empty in an import."""

    target: Target
    id: str
    outputs: Properties
    inputs: Properties

    @property
    def is_import(self) -> bool:
        """Whether nothing but the id is known."""
        return not self.outputs and not self.inputs


@dataclass(frozen=True)
class Found:
    """A resource as it is: its id, outputs, and the inputs that would make it so."""

    id: str
    outputs: Properties
    inputs: Properties


@dataclass(frozen=True)
class UpdateRequest:
    """Bring a resource from its state to `news`, or in a preview say what the outputs would be.

    `ignore_changes` are the property paths that are to stay as they are.
    """

    target: Target
    id: str
    outputs: Properties
    old_inputs: Properties
    news: Properties
    preview: bool
    timeout: float = 0.0
    ignore_changes: Sequence[str] = ()


@dataclass(frozen=True)
class DeleteRequest:
    """Delete a resource; one that is gone already is a success."""

    target: Target
    id: str
    outputs: Properties
    old_inputs: Properties
    timeout: float = 0.0


@dataclass(frozen=True)
class InvokeRequest:
    """Call the function `token`; `preview` tells that this is one."""

    token: str
    args: Properties
    preview: bool = False


@dataclass(frozen=True)
class Invoked:
    """What a function returns, and what is wrong with its arguments."""

    result: Properties
    failures: Sequence[CheckFailure] = field(default_factory=tuple)
