"""A `Plugin` behind the gRPC service that the engine calls.

Only here is the wire known: requests become the dataclasses of `messages`, answers and errors become protobuf, and the
secrecy of inputs is put back onto outputs.
"""

from collections.abc import Callable, Sequence

from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped]  # protobuf ships no types
from pulumi.runtime.proto import plugin_pb2 as plugin_wire
from pulumi.runtime.proto import provider_pb2 as wire

from sandbox.plugins.protocol.diffs import root
from sandbox.plugins.protocol.errors import InitializationError
from sandbox.plugins.protocol.messages import (
    Autonaming,
    Change,
    ChangeKind,
    Checked,
    CheckFailure,
    CheckRequest,
    CreateRequest,
    DeleteRequest,
    Diff,
    DiffRequest,
    InvokeRequest,
    ReadRequest,
    Target,
    UpdateRequest,
)
from sandbox.plugins.protocol.plugin import Plugin
from sandbox.plugins.protocol.values import Properties, conceal_like, decode, encode, reveal

_KINDS = {
    (ChangeKind.ADD, False): wire.PropertyDiff.ADD,
    (ChangeKind.ADD, True): wire.PropertyDiff.ADD_REPLACE,
    (ChangeKind.DELETE, False): wire.PropertyDiff.DELETE,
    (ChangeKind.DELETE, True): wire.PropertyDiff.DELETE_REPLACE,
    (ChangeKind.UPDATE, False): wire.PropertyDiff.UPDATE,
    (ChangeKind.UPDATE, True): wire.PropertyDiff.UPDATE_REPLACE,
}
_AUTONAMING = {
    wire.CheckRequest.AutonamingOptions.PROPOSE: Autonaming.PROPOSE,
    wire.CheckRequest.AutonamingOptions.ENFORCE: Autonaming.ENFORCE,
    wire.CheckRequest.AutonamingOptions.DISABLE: Autonaming.DISABLE,
}


class ProviderService:
    """The calls of Pulumi's `ResourceProvider` service that a stand-in answers, one method a call.

    Methods raise what the plugin raises; `server` turns that into gRPC statuses.
    """

    def __init__(self, plugin: Plugin, announce: Callable[[str], None]) -> None:
        """Serve a plugin.

        Args:
            plugin: What answers.
            announce: Called with the engine's address whenever the engine introduces itself (empty where a call does
                not carry it); shows the stand-in label, once.
        """
        self._plugin = plugin
        self._announce = announce

    def handshake(self, request: wire.ProviderHandshakeRequest) -> wire.ProviderHandshakeResponse:
        """Agree on the protocol; must say the same as `configure`."""
        self._announce(request.engine_address)
        return wire.ProviderHandshakeResponse(accept_secrets=True, supports_autonaming_configuration=True)

    def attach(self, request: plugin_wire.PluginAttach) -> empty_pb2.Empty:
        """Serve an engine that did not start this process."""
        self._announce(request.address)
        return empty_pb2.Empty()

    def get_plugin_info(self, _request: empty_pb2.Empty) -> plugin_wire.PluginInfo:
        """Report the version."""
        return plugin_wire.PluginInfo(version=self._plugin.version)

    def get_schema(self, _request: wire.GetSchemaRequest) -> wire.GetSchemaResponse:
        """Return the schema, by which `pulumi import` writes code."""
        return wire.GetSchemaResponse(schema=self._plugin.schema())

    def get_mappings(self, _request: wire.GetMappingsRequest) -> wire.GetMappingsResponse:
        """Offer no conversion from other tools."""
        return wire.GetMappingsResponse()

    def check_config(self, request: wire.CheckRequest) -> wire.CheckResponse:
        """Validate the provider's configuration."""
        news = decode(request.news)
        return _checked(self._plugin.check_config(_target(request), reveal(news)), news)

    def diff_config(self, request: wire.DiffRequest) -> wire.DiffResponse:
        """Compare two configurations of the provider."""
        return _diff(self._plugin.diff_config(_diff_request(request)))

    def configure(self, request: wire.ConfigureRequest) -> wire.ConfigureResponse:
        """Configure the provider."""
        self._announce("")
        self._plugin.configure(_plain(request.args))
        return wire.ConfigureResponse(acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True)

    def invoke(self, request: wire.InvokeRequest) -> wire.InvokeResponse:
        """Call a function; a secret argument makes the result that repeats it secret."""
        args = decode(request.args)
        answer = self._plugin.invoke(InvokeRequest(request.tok, reveal(args), request.preview))
        response = wire.InvokeResponse(failures=_failures(answer.failures))
        # The field is named "return", which Python cannot spell as an argument.
        getattr(response, "return").CopyFrom(encode(conceal_like(answer.result, args)))
        return response

    def check(self, request: wire.CheckRequest) -> wire.CheckResponse:
        """Validate and complete a resource's inputs."""
        news = decode(request.news)
        autonaming, proposed = Autonaming.DEFAULT, ""
        if request.HasField("autonaming"):
            autonaming, proposed = _AUTONAMING[request.autonaming.mode], request.autonaming.proposed_name
        checked = self._plugin.check(
            CheckRequest(
                target=_target(request),
                olds=_plain(request.olds),
                news=reveal(news),
                autonaming=autonaming,
                proposed_name=proposed,
                seed=request.randomSeed,
            )
        )
        return _checked(checked, news)

    def diff(self, request: wire.DiffRequest) -> wire.DiffResponse:
        """Compare a resource's state with its new inputs."""
        return _diff(self._plugin.diff(_diff_request(request)))

    def create(self, request: wire.CreateRequest) -> wire.CreateResponse:
        """Create a resource."""
        inputs = decode(request.properties)
        asked = CreateRequest(_target(request), reveal(inputs), request.preview, request.timeout)
        try:
            created = self._plugin.create(asked)
        except InitializationError as error:
            raise _concealed(error, inputs, {}) from error
        return wire.CreateResponse(id=created.id, properties=encode(conceal_like(created.outputs, inputs)))

    def read(self, request: wire.ReadRequest) -> wire.ReadResponse:
        """Look a resource up; an empty id says that it is gone."""
        state, inputs = decode(request.properties), decode(request.inputs)
        found = self._plugin.read(ReadRequest(_target(request), request.id, reveal(state), reveal(inputs)))
        if found is None:
            return wire.ReadResponse()
        return wire.ReadResponse(
            id=found.id,
            properties=encode(conceal_like(conceal_like(found.outputs, state), inputs)),
            inputs=encode(conceal_like(found.inputs, inputs)),
        )

    def update(self, request: wire.UpdateRequest) -> wire.UpdateResponse:
        """Update a resource in place; outputs that the state keeps secret stay secret."""
        state, news = decode(request.olds), decode(request.news)
        computed = {key: value for key, value in state.items() if key not in news}
        asked = UpdateRequest(
            target=_target(request),
            id=request.id,
            outputs=reveal(state),
            old_inputs=_plain(request.old_inputs),
            news=reveal(news),
            preview=request.preview,
            timeout=request.timeout,
            ignore_changes=tuple(request.ignoreChanges),
        )
        try:
            outputs = self._plugin.update(asked)
        except InitializationError as error:
            raise _concealed(error, news, computed) from error
        return wire.UpdateResponse(properties=encode(conceal_like(conceal_like(outputs, news), computed)))

    def delete(self, request: wire.DeleteRequest) -> empty_pb2.Empty:
        """Delete a resource."""
        self._plugin.delete(
            DeleteRequest(
                target=_target(request),
                id=request.id,
                outputs=_plain(request.properties),
                old_inputs=_plain(request.old_inputs),
                timeout=request.timeout,
            )
        )
        return empty_pb2.Empty()

    def cancel(self, _request: empty_pb2.Empty) -> empty_pb2.Empty:
        """Tell the plugin that the user has interrupted the run."""
        self._plugin.cancel()
        return empty_pb2.Empty()


def _concealed(error: InitializationError, inputs: Properties, computed: Properties) -> InitializationError:
    """Give what the engine will record the secrecy of the inputs and of the state's computed outputs."""
    return InitializationError(
        str(error),
        resource_id=error.resource_id,
        outputs=conceal_like(conceal_like(error.outputs, inputs), computed),
        inputs=conceal_like(error.inputs, inputs),
        reasons=error.reasons,
    )


def _plain(struct: struct_pb2.Struct) -> Properties:
    plain: Properties = reveal(decode(struct))
    return plain


def _target(
    request: wire.CheckRequest
    | wire.DiffRequest
    | wire.CreateRequest
    | wire.ReadRequest
    | wire.UpdateRequest
    | wire.DeleteRequest,
) -> Target:
    # A URN ends in "::<parent types>$<type>::<name>"; engines before 3.133 send nothing but the URN.
    qualified, _, name = request.urn.rpartition("::")
    token = qualified.rpartition("::")[2].rpartition("$")[2]
    return Target(urn=request.urn, type=request.type or token, name=request.name or name)


def _diff_request(request: wire.DiffRequest) -> DiffRequest:
    return DiffRequest(
        target=_target(request),
        id=request.id,
        outputs=_plain(request.olds),
        old_inputs=_plain(request.old_inputs),
        news=_plain(request.news),
        ignore_changes=tuple(request.ignoreChanges),
    )


def _failures(failures: Sequence[CheckFailure]) -> list[wire.CheckFailure]:
    return [wire.CheckFailure(property=failure.path, reason=failure.reason) for failure in failures]


def _checked(checked: Checked, news: Properties) -> wire.CheckResponse:
    return wire.CheckResponse(inputs=encode(conceal_like(checked.inputs, news)), failures=_failures(checked.failures))


def _diff(diff: Diff) -> wire.DiffResponse:
    some = wire.DiffResponse.DIFF_SOME if diff.changes else wire.DiffResponse.DIFF_NONE
    return wire.DiffResponse(
        changes=some,
        diffs=_roots(diff.changes),
        replaces=_roots([change for change in diff.changes if change.replace]),
        stables=list(diff.stables),
        deleteBeforeReplace=diff.delete_before_replace,
        detailedDiff={
            change.path: wire.PropertyDiff(kind=_KINDS[change.kind, change.replace], inputDiff=change.of_inputs)
            for change in diff.changes
        },
        hasDetailedDiff=True,
    )


def _roots(changes: Sequence[Change]) -> list[str]:
    return sorted({root(change.path) for change in changes})
