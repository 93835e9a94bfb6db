"""The stand-in itself: calls of the engine, dispatched by type token."""

import os
from collections.abc import Mapping
from typing import TypeVar

from typing_extensions import override

from sandbox.plugins.aws import configuration
from sandbox.plugins.aws.configuration import Configuration
from sandbox.plugins.aws.connections import Connections
from sandbox.plugins.aws.functions import FUNCTIONS
from sandbox.plugins.aws.kind import Kind
from sandbox.plugins.aws.lifecycle import Lifecycle
from sandbox.plugins.aws.resources import KINDS
from sandbox.plugins.aws.schema import package_schema
from sandbox.plugins.protocol.diffs import compare
from sandbox.plugins.protocol.errors import PluginError, UnsupportedError
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
from sandbox.plugins.protocol.plugin import Plugin
from sandbox.plugins.protocol.values import UNKNOWN, Properties, has_unknown

_Entry = TypeVar("_Entry")


class AwsPlugin(Plugin):
    """Stand-in for pulumi-aws."""

    name = "aws"
    version = "7.51.1"

    def __init__(self) -> None:
        """Start without a configuration."""
        self._configuration: Configuration | None = None
        self._connections: Connections | None = None
        self._lifecycle = Lifecycle(None, None)

    @override
    def schema(self) -> str:
        """Return the schema of what is carried."""
        return package_schema(self.version, self.label, KINDS.values(), FUNCTIONS)

    @override
    def check_config(self, target: Target, inputs: Properties) -> Checked:
        """Validate `aws.Provider` arguments or `aws:` configuration."""
        return Checked(configuration.with_defaults(inputs, os.environ), configuration.failures(inputs))

    @override
    def diff_config(self, request: DiffRequest) -> Diff:
        """Compare configurations; none of their changes replaces: resources see a new region by themselves."""
        return Diff(compare(request.old_inputs or request.outputs, request.news))

    @override
    def configure(self, inputs: Properties) -> None:
        """Connect, and see whom the credentials belong to."""
        self._configuration = configuration.read(inputs)
        if self._configuration is None:
            return
        connections = Connections(self._configuration)
        connections.verify_account()
        self._connections = connections
        self._lifecycle = Lifecycle(self._configuration, connections)

    @override
    def check(self, request: CheckRequest) -> Checked:
        """Validate inputs and fill in defaults."""
        return self._lifecycle.check(_kind(request.target), request)

    @override
    def diff(self, request: DiffRequest) -> Diff:
        """Tell what would change."""
        return self._lifecycle.diff(_kind(request.target), request)

    @override
    def create(self, request: CreateRequest) -> Created:
        """Create a resource."""
        return self._lifecycle.create(_kind(request.target), request)

    @override
    def read(self, request: ReadRequest) -> Found | None:
        """Look a resource up."""
        return self._lifecycle.read(_kind(request.target), request)

    @override
    def update(self, request: UpdateRequest) -> Properties:
        """Update a resource."""
        return self._lifecycle.update(_kind(request.target), request)

    @override
    def delete(self, request: DeleteRequest) -> None:
        """Delete a resource."""
        self._lifecycle.delete(_kind(request.target), request)

    @override
    def invoke(self, request: InvokeRequest) -> Invoked:
        """Call a function; with an unknown argument or configuration in a preview, nothing of its result is known."""
        function = _carried(FUNCTIONS, request.token, "function")
        if self._configuration is None or self._connections is None or has_unknown(request.args):
            if request.preview:
                return Invoked({"id": UNKNOWN})
            raise PluginError(f"calling {request.token}: the provider's configuration or an argument is not known yet")
        return Invoked(function(self._connections, self._configuration.tags, request.args))


def _kind(target: Target) -> Kind:
    return _carried(KINDS, target.type, "resource type")


def _carried(table: Mapping[str, _Entry], token: str, what: str) -> _Entry:
    entry = table.get(token)
    if entry is None:
        raise UnsupportedError(
            f"the aws plugin stand-in does not carry the {what} {token}; it carries: {', '.join(sorted(table))}. "
            "Use the official aws plugin for others."
        )
    return entry
