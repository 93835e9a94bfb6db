"""The engine's side of the plugin protocol, over loopback gRPC, with Python values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc  # type: ignore[import-untyped]  # grpcio ships no types
from google.protobuf import empty_pb2  # type: ignore[import-untyped]  # protobuf ships no types
from pulumi.runtime.proto import provider_pb2 as wire
from pulumi.runtime.proto import provider_pb2_grpc, status_pb2

from sandbox.plugins.aws.plugin import AwsPlugin
from sandbox.plugins.protocol.server import build
from sandbox.plugins.protocol.service import ProviderService
from sandbox.plugins.protocol.values import Properties, decode, encode, reveal

CONFIG: Mapping[str, str] = {
    "region": "us-west-2",
    "accessKey": "AKIAIOSFODNN7EXAMPLE",
    "secretKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}


@dataclass
class Resource:
    """A resource as the engine's state has it."""

    token: str
    name: str
    id: str
    inputs: Properties
    outputs: Properties


@dataclass
class CallError(Exception):
    """A call that the plugin refused."""

    code: str
    message: str
    initialized: wire.ErrorResourceInitFailed | None = None


class Engine:
    """Calls one plugin the way the engine does; `up` is check, diff and then create, update or replace."""

    def __init__(self, port: int) -> None:
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def close(self) -> None:
        self._channel.close()

    def call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self._stub, method)(request, timeout=60)
        except grpc.RpcError as error:
            raise CallError(error.code().name, error.details(), _initialized(error)) from None

    def configure(self, **config: Any) -> None:
        self.call("Configure", wire.ConfigureRequest(args=encode({**CONFIG, **config}), acceptSecrets=True))

    def check_config(self, **config: Any) -> tuple[Properties, dict[str, str]]:
        answer = self.call("CheckConfig", wire.CheckRequest(urn=_urn("pulumi:providers:aws", "p"), news=encode(config)))
        return decode(answer.inputs), {failure.property: failure.reason for failure in answer.failures}

    def schema(self) -> str:
        return str(self.call("GetSchema", wire.GetSchemaRequest()).schema)

    def version(self) -> str:
        return str(self.call("GetPluginInfo", empty_pb2.Empty()).version)

    def invoke(self, token: str, *, preview: bool = False, **args: Any) -> Properties:
        answer = self.call("Invoke", wire.InvokeRequest(tok=token, args=encode(args), preview=preview))
        return decode(getattr(answer, "return"))

    def check(
        self, token: str, name: str, news: Properties, olds: Properties | None = None, **options: Any
    ) -> tuple[Properties, dict[str, str]]:
        request = wire.CheckRequest(
            urn=_urn(token, name), type=token, name=name, news=encode(news), olds=encode(olds or {}), **options
        )
        answer = self.call("Check", request)
        return decode(answer.inputs), {failure.property: failure.reason for failure in answer.failures}

    def diff(self, resource: Resource, news: Properties, ignore: tuple[str, ...] = ()) -> wire.DiffResponse:
        """Compare with inputs that have been checked."""
        request = wire.DiffRequest(
            urn=_urn(resource.token, resource.name),
            id=resource.id,
            olds=encode(resource.outputs),
            old_inputs=encode(resource.inputs),
            news=encode(news),
            ignoreChanges=ignore,
        )
        answer: wire.DiffResponse = self.call("Diff", request)
        return answer

    def create(self, token: str, name: str, program: Properties, *, preview: bool = False) -> Resource:
        """Check and create."""
        inputs, failures = self.check(token, name, program)
        assert not failures, failures
        answer = self.call(
            "Create", wire.CreateRequest(urn=_urn(token, name), properties=encode(inputs), preview=preview)
        )
        return Resource(token, name, answer.id, inputs, decode(answer.properties))

    def update(self, resource: Resource, program: Properties, *, preview: bool = False) -> Resource:
        """Check and update in place."""
        inputs, failures = self.check(resource.token, resource.name, program, resource.inputs)
        assert not failures, failures
        request = wire.UpdateRequest(
            urn=_urn(resource.token, resource.name),
            id=resource.id,
            olds=encode(resource.outputs),
            old_inputs=encode(resource.inputs),
            news=encode(inputs),
            preview=preview,
        )
        outputs = decode(self.call("Update", request).properties)
        return Resource(resource.token, resource.name, resource.id, inputs, outputs)

    def changed(self, resource: Resource, program: Properties) -> wire.DiffResponse:
        """Check, then compare."""
        inputs, failures = self.check(resource.token, resource.name, program, resource.inputs)
        assert not failures, failures
        return self.diff(resource, inputs)

    def read(self, resource: Resource) -> Resource | None:
        """Refresh."""
        return self._read(resource.token, resource.name, resource.id, resource.outputs, resource.inputs)

    def import_(self, token: str, name: str, resource_id: str) -> Resource | None:
        """Read with nothing but an id."""
        return self._read(token, name, resource_id, {}, {})

    def delete(self, resource: Resource) -> None:
        request = wire.DeleteRequest(
            urn=_urn(resource.token, resource.name), id=resource.id, properties=encode(resource.outputs)
        )
        self.call("Delete", request)

    def _read(
        self, token: str, name: str, resource_id: str, outputs: Properties, inputs: Properties
    ) -> Resource | None:
        request = wire.ReadRequest(
            urn=_urn(token, name), id=resource_id, properties=encode(outputs), inputs=encode(inputs)
        )
        answer = self.call("Read", request)
        if not answer.id:
            return None
        return Resource(token, name, answer.id, decode(answer.inputs), decode(answer.properties))


@contextmanager
def plugin() -> Iterator[Engine]:
    """Serve a fresh plugin and yield the engine's side of it, not configured yet."""
    server, port = build(ProviderService(AwsPlugin(), announce=lambda _address: None))
    server.start()
    engine = Engine(port)
    try:
        yield engine
    finally:
        engine.close()
        server.stop(None).wait()


def plain(properties: Properties) -> Properties:
    """Property values without their secrecy."""
    result: Properties = reveal(properties)
    return result


def kinds(diff: wire.DiffResponse) -> dict[str, str]:
    """The detailed diff as path and kind, such as `{"name": "UPDATE_REPLACE"}`."""
    return {path: wire.PropertyDiff.Kind.Name(entry.kind) for path, entry in diff.detailedDiff.items()}


def _urn(token: str, name: str) -> str:
    return f"urn:pulumi:stack::project::{token}::{name}"


def _initialized(error: grpc.RpcError) -> wire.ErrorResourceInitFailed | None:
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            detail = wire.ErrorResourceInitFailed()
            if status.details and status.details[0].Unpack(detail):
                return detail
    return None
