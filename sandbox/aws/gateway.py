"""The way of a request through the sandbox's AWS: authenticated, made to fail if asked, authorised, carried out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from botocore.exceptions import UnknownServiceError

from sandbox.aws.actions import Call, UnknownOperationError, check_operation, check_scope, read_call
from sandbox.aws.authentication import authenticate
from sandbox.aws.authorization import authorize
from sandbox.aws.cloud import Cloud
from sandbox.aws.ecr import EcrService
from sandbox.aws.ecr_public import EcrPublicService, EndpointMissingError
from sandbox.aws.errors import Protocol, RequestRefusedError, error_response, refusal_code
from sandbox.aws.faults import Fault
from sandbox.aws.hooks import PREFIX, Hooks
from sandbox.aws.http_messages import HttpRequest, HttpResponse
from sandbox.aws.iam import IamService
from sandbox.aws.identities import Credential
from sandbox.aws.moto_service import MotoService, Visit
from sandbox.aws.other_services import OtherServices
from sandbox.aws.resources import Permission, required_permissions
from sandbox.aws.signature import Signature, read_signature
from sandbox.aws.sts import StsService

Sleep = Callable[[float], None]

_SERVICES: dict[str, type[MotoService]] = {
    "ecr": EcrService,
    "ecr-public": EcrPublicService,
    "iam": IamService,
    "sts": StsService,
}


class ConnectionCutError(Exception):
    """A fault asks for the connection to be closed without an answer."""


@dataclass
class _Progress:
    """What is known of a request so far, for the log."""

    call: Call
    key_id: str
    resources: tuple[str, ...] = ()
    principal: str = ""
    code: str = field(default="")


class Gateway:
    """Answers every request that reaches the server."""

    def __init__(self, cloud: Cloud, sleep: Sleep) -> None:
        self._cloud = cloud
        self._sleep = sleep
        self._hooks = Hooks(cloud)
        self._other_services = OtherServices()

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Answers one request.

        Args:
            request: An AWS call, or a call of the hooks under `/__sandbox/`.

        Raises:
            ConnectionCutError: The connection is to be closed without an answer.
        """
        if request.raw_path.startswith(PREFIX):
            return self._hooks.answer(request)
        try:
            signature = read_signature(request)
        except RequestRefusedError as error:
            return self._answer_call(request, None, read_call(request, None), error)
        try:
            call = read_call(request, signature)
        except UnknownServiceError:
            call = Call(signature.service if signature else "", "", "", Protocol.REST_JSON)
        return self._answer_call(request, signature, call, None)

    def _answer_call(
        self, request: HttpRequest, signature: Signature | None, call: Call, refused: RequestRefusedError | None
    ) -> HttpResponse:
        progress = _Progress(call, signature.key_id if signature else "")
        try:
            response = self._try(request, signature, refused, progress)
        except ConnectionCutError:
            progress.code = "ConnectionCut"
            self._log(progress, 0)
            raise
        except RequestRefusedError as error:
            code, status = refusal_code(error.refusal, call.protocol)
            response = self._fail(progress, code, error.message, status)
        except UnknownOperationError as error:
            query = call.protocol is Protocol.QUERY
            response = self._fail(progress, "InvalidAction" if query else "UnknownOperationException", str(error), 400)
        except EndpointMissingError as error:
            response = self._fail(progress, "UnsupportedCommandException", str(error), 400)
        except NotImplementedError as error:
            response = self._fail(progress, "NotImplemented", f"the sandbox lacks this operation: {error}", 501)
        self._log(progress, response.status)
        return response

    def _try(
        self,
        request: HttpRequest,
        signature: Signature | None,
        refused: RequestRefusedError | None,
        progress: _Progress,
    ) -> HttpResponse:
        if refused is not None:
            raise refused
        call = progress.call
        with self._cloud.lock:
            credential = authenticate(self._cloud, request, signature, call)
            if signature is not None:
                check_scope(call, signature)
            principal = credential.principal if credential is not None else None
            progress.principal = principal.arn if principal is not None else ""
            if call.service in _SERVICES:
                check_operation(call)
            needed = required_permissions(call, principal)
        progress.resources = tuple(dict.fromkeys(permission.resource for permission in needed))
        fault = self._cloud.faults.take(call.action, progress.resources)
        if fault is not None and fault.delay:
            self._sleep(fault.delay)
        if fault is not None and fault.when == "before" and (failure := self._failure(fault, progress)):
            return failure
        with self._cloud.lock:
            response = self._carry_out(Visit(self._cloud, request, call, credential), needed, progress)
        if fault is not None and fault.when == "after" and (failure := self._failure(fault, progress)):
            return failure
        return response

    def _carry_out(self, visit: Visit, needed: Sequence[Permission], progress: _Progress) -> HttpResponse:
        self._authorize(visit.credential, needed, visit.call)
        service = _SERVICES.get(visit.call.service)
        response = service().respond(visit) if service else self._other_services.respond(visit)
        if response.status >= 400:
            progress.code = _error_code(response)
        return response

    def _authorize(self, credential: Credential | None, needed: Sequence[Permission], call: Call) -> None:
        if credential is not None:
            for permission in needed:
                authorize(credential, permission, call.region, self._cloud.clock())

    def _failure(self, fault: Fault, progress: _Progress) -> HttpResponse | None:
        if fault.cut:
            raise ConnectionCutError
        if fault.status is None:
            return None
        return self._fail(progress, fault.code, fault.message, fault.status)

    @staticmethod
    def _fail(progress: _Progress, code: str, message: str, status: int) -> HttpResponse:
        progress.code = code
        call = progress.call
        return error_response(call.protocol, call.service, code, message, status)

    def _log(self, progress: _Progress, status: int) -> None:
        call = progress.call
        self._cloud.calls.add(
            at=self._cloud.clock().isoformat(),
            service=call.service,
            action=call.action,
            region=call.region,
            resources=progress.resources,
            key_id=progress.key_id,
            principal=progress.principal,
            status=status,
            code=progress.code,
        )


def _error_code(response: HttpResponse) -> str:
    for name, value in response.headers.items():
        if name.lower() == "x-amzn-errortype":
            return value
    text = response.body.decode("utf-8", "replace")
    for before, after in (("<Code>", "</Code>"), ('"__type": "', '"'), ('"__type":"', '"')):
        if before in text:
            return text.partition(before)[2].partition(after)[0]
    return ""
