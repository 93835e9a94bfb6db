"""The way of an AWS call through the sandbox: read, authenticated, then taken where every call goes."""

from botocore.exceptions import UnknownServiceError

from sandbox.aws.actions import Call, UnknownOperationError, check_operation, check_scope, read_call
from sandbox.aws.authentication import authenticate
from sandbox.aws.call_path import CallPath, ConnectionCutError, FaultStruckError, Progress
from sandbox.aws.cloud import Cloud
from sandbox.aws.ecr import EcrService
from sandbox.aws.ecr_public import EcrPublicService, EndpointMissingError
from sandbox.aws.errors import Protocol, RequestRefusedError, error_response, refusal_code
from sandbox.aws.hooks import PREFIX, Hooks
from sandbox.aws.http_messages import HttpRequest, HttpResponse
from sandbox.aws.iam import IamService
from sandbox.aws.moto_service import MotoService, Visit
from sandbox.aws.other_services import OtherServices
from sandbox.aws.signature import Signature, read_signature
from sandbox.aws.sts import StsService

_SERVICES: dict[str, type[MotoService]] = {
    "ecr": EcrService,
    "ecr-public": EcrPublicService,
    "iam": IamService,
    "sts": StsService,
}


class Gateway:
    """Answers every call of an AWS API that reaches the server."""

    def __init__(self, cloud: Cloud, path: CallPath) -> None:
        self._cloud = cloud
        self._path = path
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
        progress = Progress(call, signature.key_id if signature else "", "api", request.is_client_gone)
        try:
            response = self._try(request, signature, refused, progress)
        except ConnectionCutError as cut:
            progress.code = cut.code
            self._path.log(progress, 0)
            raise
        except FaultStruckError as struck:
            response = self._fail(progress, struck.fault.code, struck.fault.message, struck.status)
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
        self._path.log(progress, response.status)
        return response

    def _try(
        self,
        request: HttpRequest,
        signature: Signature | None,
        refused: RequestRefusedError | None,
        progress: Progress,
    ) -> HttpResponse:
        if refused is not None:
            raise refused
        call = progress.call
        with self._cloud.lock:
            credential = authenticate(self._cloud, request, signature, call)
            if signature is not None:
                check_scope(call, signature)
            progress.principal = credential.principal.arn if credential is not None else ""
            if call.service in _SERVICES:
                check_operation(call)
        visit = Visit(self._cloud, request, call, credential)
        return self._path.take(progress, credential, lambda: self._serve(visit, progress))

    def _serve(self, visit: Visit, progress: Progress) -> HttpResponse:
        service = _SERVICES.get(visit.call.service)
        with self._cloud.lock:
            response = service().respond(visit) if service else self._other_services.respond(visit)
        if response.status >= 400:
            progress.code = _error_code(response)
        return response

    @staticmethod
    def _fail(progress: Progress, code: str, message: str, status: int) -> HttpResponse:
        progress.code = code
        call = progress.call
        return error_response(call.protocol, call.service, code, message, status)


def _error_code(response: HttpResponse) -> str:
    for name, value in response.headers.items():
        if name.lower() == "x-amzn-errortype":
            return value
    text = response.body.decode("utf-8", "replace")
    for before, after in (("<Code>", "</Code>"), ('"__type": "', '"'), ('"__type":"', '"')):
        if before in text:
            return text.partition(before)[2].partition(after)[0]
    return ""
