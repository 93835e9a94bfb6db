"""How AWS words a refusal: error codes, status codes and bodies, for each of its protocols.

The same mistake has a different name in each protocol: an unknown key is `InvalidClientTokenId` (403) to IAM and STS,
which speak the query protocol, and `UnrecognizedClientException` (400) to ECR, which speaks JSON 1.1. Clients retry, or
give up, by these codes ("Common errors" in the IAM, STS and ECR API references).
"""

import json
import uuid
from dataclasses import dataclass
from enum import Enum
from xml.sax.saxutils import escape

from moto.core.exceptions import ServiceException

from sandbox.aws.http_messages import HttpResponse


class Protocol(Enum):
    """The AWS protocols that differ in how an error looks."""

    QUERY = "query"
    JSON = "json"
    REST_JSON = "rest-json"
    REST_XML = "rest-xml"


class Refusal(Enum):
    """Reasons to refuse a request before its service sees it."""

    MISSING_AUTHENTICATION = "missing authentication"
    INCOMPLETE_SIGNATURE = "incomplete signature"
    UNKNOWN_KEY = "unknown key"
    WRONG_SIGNATURE = "wrong signature"
    EXPIRED_TOKEN = "expired token"
    DENIED = "denied"


@dataclass(frozen=True)
class _Wording:
    code: str
    status: int


_QUERY = {
    Refusal.MISSING_AUTHENTICATION: _Wording("MissingAuthenticationToken", 403),
    Refusal.INCOMPLETE_SIGNATURE: _Wording("IncompleteSignature", 400),
    Refusal.UNKNOWN_KEY: _Wording("InvalidClientTokenId", 403),
    Refusal.WRONG_SIGNATURE: _Wording("SignatureDoesNotMatch", 403),
    Refusal.EXPIRED_TOKEN: _Wording("ExpiredToken", 403),
    Refusal.DENIED: _Wording("AccessDenied", 403),
}
_JSON_CODES = {
    Refusal.MISSING_AUTHENTICATION: "MissingAuthenticationTokenException",
    Refusal.INCOMPLETE_SIGNATURE: "IncompleteSignatureException",
    Refusal.UNKNOWN_KEY: "UnrecognizedClientException",
    Refusal.WRONG_SIGNATURE: "InvalidSignatureException",
    Refusal.EXPIRED_TOKEN: "ExpiredTokenException",
    Refusal.DENIED: "AccessDeniedException",
}
_WORDINGS = {
    Protocol.QUERY: _QUERY,
    Protocol.JSON: {refusal: _Wording(code, 400) for refusal, code in _JSON_CODES.items()},
    Protocol.REST_JSON: {refusal: _Wording(code, 403) for refusal, code in _JSON_CODES.items()},
    Protocol.REST_XML: _QUERY
    | {
        Refusal.MISSING_AUTHENTICATION: _Wording("AccessDenied", 403),
        Refusal.UNKNOWN_KEY: _Wording("InvalidAccessKeyId", 403),
    },
}
_XML_NAMESPACES = {
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}


class RequestRefusedError(Exception):
    """The request is turned away, for a reason whose code depends on the protocol.

    Attributes:
        refusal: Why.
        message: What the caller is told; names no secret.
    """

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.message = message


class OperationError(ServiceException):
    """An operation fails with one of the errors its API model has; moto gives it the service's shape and status.

    Made of an error code and a message. It is a class of its own because moto tells the service of its own exceptions
    by the module they come from.
    """


def refusal_code(refusal: Refusal, protocol: Protocol) -> tuple[str, int]:
    """The error code and HTTP status with which a protocol refuses."""
    wording = _WORDINGS[protocol][refusal]
    return wording.code, wording.status


def error_response(protocol: Protocol, service: str, code: str, message: str, status: int) -> HttpResponse:
    """An error in the shape the protocol's clients parse.

    Args:
        protocol: Which shape.
        service: Signing name; picks the XML namespace.
        code: AWS error code.
        message: Text for people.
        status: HTTP status.
    """
    request_id = str(uuid.uuid4())
    headers = {"x-amzn-RequestId": request_id}
    if protocol is Protocol.QUERY:
        kind = "Sender" if status < 500 else "Receiver"
        text = (
            f'<ErrorResponse xmlns="{_XML_NAMESPACES.get(service, "")}"><Error><Type>{kind}</Type>'
            f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return HttpResponse(status, text.encode(), headers | {"Content-Type": "text/xml"})
    if protocol is Protocol.REST_XML:
        text = (
            f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
            f"<RequestId>{request_id}</RequestId></Error>"
        )
        return HttpResponse(status, text.encode(), headers | {"Content-Type": "application/xml"})
    if protocol is Protocol.REST_JSON:
        body = json.dumps({"message": message}).encode()
        return HttpResponse(status, body, headers | {"Content-Type": "application/json", "x-amzn-ErrorType": code})
    body = json.dumps({"__type": code, "message": message}).encode()
    return HttpResponse(status, body, headers | {"Content-Type": "application/x-amz-json-1.1"})
