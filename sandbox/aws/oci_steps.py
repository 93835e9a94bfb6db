"""The steps of a pull or a push: each is one operation of ECR, decided, made to fail and logged as such."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sandbox.aws.actions import Call
from sandbox.aws.call_path import CallPath, ConnectionCutError, FaultStruckError, Progress
from sandbox.aws.errors import OperationError, Protocol, RequestRefusedError
from sandbox.aws.http_messages import HttpRequest
from sandbox.aws.layer_store import LayerStoreError
from sandbox.aws.oci_callers import Address, Caller, admit
from sandbox.aws.oci_errors import UNKNOWN, OciError, of_aws_error
from sandbox.aws.oci_requests import OciRequest, Operation
from sandbox.aws.request_bodies import IncompleteBodyError, RequestBody
from sandbox.aws.resources import required_permissions

Result = TypeVar("Result")


@dataclass(frozen=True)
class Exchange:
    """One request of a registry client.

    Attributes:
        request: As it was sent, without its body.
        body: Its body, read as far as it is needed.
        asked: What it asks for.
        caller: Who asks.
        address: The repository it is about.
    """

    request: HttpRequest
    body: RequestBody
    asked: OciRequest
    caller: Caller
    address: Address

    def admit(self, operation: Operation) -> None:
        """Turns away a client that has no business here.

        Raises:
            OciError: Its password is missing, does not hold, or is for another registry.
        """
        admit(self.caller, self.address, self.request.host, is_pull=operation.is_pull)


class Steps:
    """Takes steps where all calls go.

    Args:
        path: The way of calls through the sandbox.
    """

    def __init__(self, path: CallPath) -> None:
        self._path = path

    def take(self, exchange: Exchange, operation: Operation, effect: Callable[[], Result]) -> Result:
        """Takes one step.

        Args:
            exchange: The request it is part of.
            operation: What it does.
            effect: Does it.

        Returns:
            What the effect returned.

        Raises:
            OciError: It is refused, or fails.
            ConnectionCutError: The connection is to be closed without an answer.
            IncompleteBodyError: The client went away in the middle of its request.
        """
        progress = _progress(exchange, operation)
        try:
            exchange.admit(operation)
            # ECR Public knows no permission to pull: everyone may.
            is_free = exchange.address.is_public and operation.is_pull
            result = self._path.take(progress, exchange.caller.credential, effect, is_free=is_free)
        except (ConnectionCutError, IncompleteBodyError) as cut:
            progress.code = cut.code
            self._path.log(progress, 0)
            raise
        except (RequestRefusedError, FaultStruckError, OperationError, LayerStoreError, OciError) as failure:
            error = _oci_error(failure)
            progress.code = error.aws_code
            self._path.log(progress, error.code.status)
            raise error from None
        self._path.log(progress, 200)
        return result


def _progress(exchange: Exchange, operation: Operation) -> Progress:
    address, claims = exchange.address, exchange.caller.claims
    params = {"repositoryName": address.name, "registryId": address.account}
    call = Call(address.service, address.region, operation.aws_name, Protocol.JSON, params)
    return Progress(
        call,
        key_id=claims.key_id if claims is not None else "",
        via="registry",
        is_client_gone=exchange.request.is_client_gone,
        resources=tuple(permission.resource for permission in required_permissions(call, None)),
        principal=claims.principal if claims is not None else "",
    )


def _oci_error(failure: Exception) -> OciError:
    match failure:
        case OciError():
            return failure
        case RequestRefusedError():
            return of_aws_error("AccessDeniedException", failure.message)
        case FaultStruckError():
            return of_aws_error(failure.fault.code, failure.fault.message, failure.status)
        case OperationError():
            return of_aws_error(failure.code, str(failure.message))
        case _:
            return OciError(UNKNOWN, str(failure))
