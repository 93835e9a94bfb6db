"""The engine's log: how a plugin tells the user something that is not an error."""

import grpc  # type: ignore[import-untyped]  # grpcio ships no types
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

_DEADLINE_SECONDS = 5.0


def log_info(address: str, message: str, urn: str = "") -> None:
    """Show `message` to the user of the engine at `address`, under the resource `urn` if one is given.

    A message that cannot be delivered is dropped: the engine is gone, and with it whoever would read it.
    """
    request = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=message, urn=urn)
    with grpc.insecure_channel(address) as channel:
        try:
            engine_pb2_grpc.EngineStub(channel).Log(request, timeout=_DEADLINE_SECONDS)
        except grpc.RpcError:
            return
