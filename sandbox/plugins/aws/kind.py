"""What there is to know about one resource type; what is the same for all is in `lifecycle`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sandbox.plugins.aws.connections import Api, Connections
from sandbox.plugins.aws.fields import Field
from sandbox.plugins.aws.naming import NameRule
from sandbox.plugins.protocol.values import Properties


@dataclass(frozen=True)
class Aws:
    """AWS as one resource sees it: the provider's clients, in the resource's region."""

    connections: Connections
    region: str

    def api(self, service: str) -> Api:
        """Return a service in the resource's region."""
        return self.connections.api(service, self.region)

    @property
    def iam(self) -> Api:
        """IAM, which has no regions."""
        return self.connections.iam()


@dataclass(frozen=True)
class Made:
    """A resource that has just been made: its id, and the outputs that only its creation tells."""

    id: str
    outputs: Properties


class Kind(ABC):
    """One resource type.

    `state` is a resource's outputs as last seen, `inputs` its checked inputs. Methods raise `AwsError`.
    """

    token: ClassVar[str]
    """The type token, such as `aws:iam/user:User`."""
    label: ClassVar[str]
    """Its name in errors, such as `IAM User`."""
    fields: ClassVar[tuple[Field, ...]]
    """All of its properties but `id`."""
    regional: ClassVar[bool] = False
    """Whether it lives in a region, and so has the argument `region`."""
    tagged: ClassVar[bool] = False
    """Whether it has tags."""
    name_rule: ClassVar[NameRule | None] = None
    """How its property `name` is made up when it is not given; None if it is not."""
    delete_before_replace: ClassVar[bool] = False
    """Whether a replacement cannot live beside what it replaces, whatever their names."""

    @abstractmethod
    def create(self, aws: Aws, inputs: Properties) -> Made:
        """Make the resource, in one call. All that may fail after it belongs in `finish`."""

    def finish(self, aws: Aws, made: Made, inputs: Properties) -> None:
        """Do what takes more calls; when it fails the resource exists and is kept in state."""
        _ = aws, made, inputs

    @abstractmethod
    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        """Look the resource up.

        Args:
            aws: Where.
            resource_id: Its id, or in an import what the user gave as one.
            known: What is known of it: its state, the inputs just after creation, or in an import nothing.

        Returns:
            Its outputs, with `id`, and `tagsAll` as AWS has the tags; None when it is gone.
        """

    def update(
        self, aws: Aws, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        """Change what is in `changed` (top-level properties but tags) to what `inputs` say."""
        _ = aws, resource_id, state, inputs, changed

    def tag(self, aws: Aws, state: Properties, tags: Mapping[str, str]) -> None:
        """Set tags; needed where `tagged`."""
        raise NotImplementedError(self.token)

    def untag(self, aws: Aws, state: Properties, keys: Sequence[str]) -> None:
        """Remove tags; needed where `tagged`."""
        raise NotImplementedError(self.token)

    @abstractmethod
    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the resource; one that is gone is a success."""

    @classmethod
    def inputs(cls) -> tuple[Field, ...]:
        """Return the properties that a program may give."""
        return tuple(field for field in cls.fields if not field.computed)

    @classmethod
    def computed(cls) -> tuple[Field, ...]:
        """Return the properties that only AWS knows."""
        return tuple(field for field in cls.fields if field.computed)
