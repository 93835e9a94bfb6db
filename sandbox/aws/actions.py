"""Which operation of which AWS service a request calls, and with what parameters."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from botocore.model import OperationNotFoundError
from moto.core.request import Request
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from sandbox.aws.account import GLOBAL_REGION
from sandbox.aws.errors import Protocol, Refusal, RequestRefusedError
from sandbox.aws.http_messages import HttpRequest
from sandbox.aws.signature import Signature

_BY_TARGET = {"AmazonEC2ContainerRegistry_V20150921": "ecr", "SpencerFrontendService": "ecr-public"}
_BY_VERSION = {"2010-05-08": "iam", "2011-06-15": "sts"}
_PROTOCOLS = {
    "iam": Protocol.QUERY,
    "sts": Protocol.QUERY,
    "ecr": Protocol.JSON,
    "ecr-public": Protocol.JSON,
    "eks": Protocol.REST_JSON,
    "s3": Protocol.REST_XML,
}


@dataclass(frozen=True)
class Call:
    """One call to an AWS service.

    Attributes:
        service: Signing name, such as `ecr-public`; empty when the request does not tell.
        region: Region whose endpoint is meant.
        operation: Name in the service's API, such as `DescribeImages`; empty when it cannot be told.
        protocol: How the service speaks, and so how errors look.
        params: Parameters by their wire name. Query parameters stay flat: `Tags.member.1.Key`.
    """

    service: str
    region: str
    operation: str
    protocol: Protocol
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def action(self) -> str:
        """Name of the IAM action, `service:Operation`."""
        return f"{self.service}:{self.operation}"


class UnknownOperationError(Exception):
    """The service has no such operation."""


def read_call(request: HttpRequest, signature: Signature | None) -> Call:
    """Tells what a request calls, before anything about it is believed.

    Args:
        request: The request.
        signature: Its signature, whose scope names service and region; None for an unsigned request.
    """
    target = request.headers.get("x-amz-target", "")
    addressed = _BY_TARGET.get(target.partition(".")[0], "")
    params: Mapping[str, Any] = {}
    operation = ""
    if target:
        operation = target.rpartition(".")[2]
        params = _json_params(request.body)
    elif form := _form_params(request):
        params, operation = form, form.get("Action", "")
        addressed = addressed or _BY_VERSION.get(form.get("Version", ""), "")
    service = addressed or (signature.service if signature else "")
    if not operation and service:
        operation, params = _rest_operation(request, service)
    return Call(
        service=service,
        region=signature.region if signature else GLOBAL_REGION,
        operation=operation,
        protocol=_protocol(service, target, operation, params),
        params=params,
    )


def check_scope(call: Call, signature: Signature) -> None:
    """Refuses a signature made for another service.

    Raises:
        RequestRefusedError: The credential scope names another service than the request does.
    """
    if signature.service != call.service:
        raise RequestRefusedError(
            Refusal.WRONG_SIGNATURE, f"Credential should be scoped to correct service: '{call.service}'. "
        )


def check_operation(call: Call) -> None:
    """Refuses an operation that the service's API model does not have.

    Raises:
        UnknownOperationError: There is none of that name.
    """
    if not _knows(call.service, call.operation):
        raise UnknownOperationError(f"{call.service} has no operation {call.operation or '(none named)'}")


@functools.lru_cache(maxsize=1024)
def _knows(service: str, operation: str) -> bool:
    try:
        get_service_model(service).operation_model(operation)
    except OperationNotFoundError:
        return False
    return True


def _protocol(service: str, target: str, operation: str, params: Mapping[str, Any]) -> Protocol:
    if service in _PROTOCOLS:
        return _PROTOCOLS[service]
    if target:
        return Protocol.JSON
    return Protocol.QUERY if operation and params.get("Action") == operation else Protocol.REST_JSON


def _json_params(body: bytes) -> Mapping[str, Any]:
    try:
        params = json.loads(body or b"{}")
    except ValueError:
        return {}
    return params if isinstance(params, dict) else {}


def _form_params(request: HttpRequest) -> dict[str, str]:
    params = dict(parse_qsl(request.raw_query, keep_blank_values=True))
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        params.update(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return params if "Action" in params else {}


def _rest_operation(request: HttpRequest, service: str) -> tuple[str, Mapping[str, Any]]:
    if _PROTOCOLS.get(service) in {Protocol.QUERY, Protocol.JSON}:
        return "", {}
    try:
        operation, in_path = get_service_router(service).match(to_moto_request(request))
    except (NotFound, NotImplementedError, KeyError, ValueError):
        return "", {}
    return operation.name, {**_json_params(request.body), **in_path}


def to_moto_request(request: HttpRequest) -> Request:
    """The same request in the type that moto's services take."""
    query = f"?{request.raw_query}" if request.raw_query else ""
    made = Request.from_primitives(
        request.method, f"http://{request.host}{request.raw_path}{query}", request.headers, request.body
    )
    made.environ["RAW_URI"] = request.raw_path + query
    return made
