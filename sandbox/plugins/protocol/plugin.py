"""What a plugin has to be able to do."""

from abc import ABC, abstractmethod

from sandbox.plugins.protocol.messages import (
    Checked,
    CheckRequest,
    Created,
    CreateRequest,
    DeleteRequest,
    Diff,
    DiffRequest,
    Found,
    Invoked,
    InvokeRequest,
    ReadRequest,
    Target,
    UpdateRequest,
)
from sandbox.plugins.protocol.values import Properties


class Plugin(ABC):
    """A resource provider without its wire protocol.

    Methods are called from several threads at once. They raise `PluginError` for what the user is to read; a
    resource that exists although a step failed is an `InitializationError`.
    """

    name: str
    """The package it stands in for, such as `aws`."""
    version: str
    """The version that it reports, so that the SDK's and state's version checks pass."""

    @property
    def label(self) -> str:
        """One line that says what this is; shown on every run."""
        return (
            f"STAND-IN for the {self.name} provider plugin {self.version}: it carries only what this project uses. "
            "For the sandbox only; real stacks use the official plugin."
        )

    @abstractmethod
    def schema(self) -> str:
        """Return the package schema as JSON text."""

    @abstractmethod
    def check_config(self, target: Target, inputs: Properties) -> Checked:
        """Validate a provider's own configuration; values that are no strings arrive as JSON text."""

    @abstractmethod
    def diff_config(self, request: DiffRequest) -> Diff:
        """Compare two configurations; a change that replaces makes every resource of the provider be replaced."""

    @abstractmethod
    def configure(self, inputs: Properties) -> None:
        """Take the configuration; called once before any resource call, values may be `UNKNOWN` in a preview."""

    @abstractmethod
    def check(self, request: CheckRequest) -> Checked:
        """Validate inputs and fill in defaults."""

    @abstractmethod
    def diff(self, request: DiffRequest) -> Diff:
        """Tell what would change, and whether that takes a replacement."""

    @abstractmethod
    def create(self, request: CreateRequest) -> Created:
        """Create a resource."""

    @abstractmethod
    def read(self, request: ReadRequest) -> Found | None:
        """Look a resource up; None when it is gone."""

    @abstractmethod
    def update(self, request: UpdateRequest) -> Properties:
        """Update a resource in place and return all of its outputs."""

    @abstractmethod
    def delete(self, request: DeleteRequest) -> None:
        """Delete a resource."""

    def cancel(self) -> None:
        """Stop what takes long, since the user has interrupted the run; calls in flight finish by default."""
        return

    @abstractmethod
    def invoke(self, request: InvokeRequest) -> Invoked:
        """Call a function."""
