"""The gRPC server around a `ProviderService`, and how what a plugin raises reaches the engine."""

import sys
import traceback
from collections.abc import Callable
from concurrent import futures
from typing import Any

import grpc  # type: ignore[import-untyped]  # grpcio ships no types
from google.protobuf import any_pb2, empty_pb2  # type: ignore[import-untyped]  # protobuf ships no types
from pulumi.runtime.proto import plugin_pb2 as plugin_wire
from pulumi.runtime.proto import provider_pb2 as wire
from pulumi.runtime.proto import status_pb2

from sandbox.plugins.protocol.errors import InitializationError, PluginError, UnsupportedError
from sandbox.plugins.protocol.service import ProviderService
from sandbox.plugins.protocol.values import encode

_SERVICE = "pulumirpc.ResourceProvider"
# Calls mostly wait for a server, and the engine runs some ten resources at once for each core.
_WORKERS = 64
# The engine's own limit for one message, 400 MiB.
_OPTIONS = [("grpc.max_receive_message_length", 400 << 20), ("grpc.max_send_message_length", 400 << 20)]


def build(service: ProviderService) -> tuple[grpc.Server, int]:
    """Make a server for `service` on a free loopback port.

    Returns:
        The server, not started yet, and its port.
    """
    server = grpc.server(futures.ThreadPoolExecutor(_WORKERS), options=_OPTIONS)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, _handlers(service)),))
    return server, server.add_insecure_port("127.0.0.1:0")


def _handlers(service: ProviderService) -> dict[str, grpc.RpcMethodHandler]:
    """Map the service's calls; one that is not here is answered UNIMPLEMENTED by gRPC."""
    methods: dict[str, tuple[Callable[[Any], Any], type[Any]]] = {
        "Handshake": (service.handshake, wire.ProviderHandshakeRequest),
        "Attach": (service.attach, plugin_wire.PluginAttach),
        "GetPluginInfo": (service.get_plugin_info, empty_pb2.Empty),
        "GetSchema": (service.get_schema, wire.GetSchemaRequest),
        "GetMappings": (service.get_mappings, wire.GetMappingsRequest),
        "CheckConfig": (service.check_config, wire.CheckRequest),
        "DiffConfig": (service.diff_config, wire.DiffRequest),
        "Configure": (service.configure, wire.ConfigureRequest),
        "Invoke": (service.invoke, wire.InvokeRequest),
        "Check": (service.check, wire.CheckRequest),
        "Diff": (service.diff, wire.DiffRequest),
        "Create": (service.create, wire.CreateRequest),
        "Read": (service.read, wire.ReadRequest),
        "Update": (service.update, wire.UpdateRequest),
        "Delete": (service.delete, wire.DeleteRequest),
        "Cancel": (service.cancel, empty_pb2.Empty),
    }
    return {
        name: grpc.unary_unary_rpc_method_handler(
            _answering(name, method),
            request_deserializer=request_type.FromString,
            response_serializer=lambda response: response.SerializeToString(),
        )
        for name, (method, request_type) in methods.items()
    }


def _answering(name: str, method: Callable[[Any], Any]) -> Callable[[Any, grpc.ServicerContext], Any]:
    """Wrap a method so that what it raises becomes the status that the engine understands."""

    def answer(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(request)
        except InitializationError as error:
            context.set_trailing_metadata((("grpc-status-details-bin", _initialized(error)),))
            return context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except UnsupportedError as error:
            return context.abort(grpc.StatusCode.UNIMPLEMENTED, str(error))
        except PluginError as error:
            return context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except Exception as error:  # noqa: BLE001  # a bug has to reach the user as an error of this resource
            # The text of an unforeseen exception may quote property values, secrets among them: show its place only.
            frames = "".join(traceback.format_tb(error.__traceback__))
            kind = type(error).__name__
            print(f"{name}: {kind} at\n{frames}", file=sys.stderr, flush=True)
            return context.abort(
                grpc.StatusCode.INTERNAL, f"defect in the plugin stand-in: {kind} in {name}, see its output above"
            )

    return answer


def _initialized(error: InitializationError) -> bytes:
    """Pack the status details that make the engine keep the resource in state."""
    detail = wire.ErrorResourceInitFailed(
        id=error.resource_id,
        properties=encode(error.outputs),
        reasons=list(error.reasons),
        inputs=encode(error.inputs),
    )
    packed = any_pb2.Any()
    packed.Pack(detail)
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error), details=[packed])
    packed_status: bytes = status.SerializeToString()
    return packed_status
