"""How a registry words a refusal: error codes of the OCI distribution specification, with AWS's texts.

Sources: "Error codes" of the specification; "Troubleshooting" of the ECR User Guide; for what neither says, messages
that clients of ECR print.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.aws.http_messages import HttpResponse

VERSION_HEADER = {"Docker-Distribution-Api-Version": "registry/2.0"}


@dataclass(frozen=True)
class OciCode:
    """An error of the specification.

    Attributes:
        name: Such as `MANIFEST_UNKNOWN`.
        status: HTTP status that goes with it.
    """

    name: str
    status: int


DENIED = OciCode("DENIED", 403)
UNAUTHORIZED = OciCode("UNAUTHORIZED", 401)
UNSUPPORTED = OciCode("UNSUPPORTED", 405)
UNKNOWN = OciCode("UNKNOWN", 500)
DIGEST_INVALID = OciCode("DIGEST_INVALID", 400)
MANIFEST_INVALID = OciCode("MANIFEST_INVALID", 400)
NAME_UNKNOWN = OciCode("NAME_UNKNOWN", 404)
UPLOAD_UNKNOWN = OciCode("BLOB_UPLOAD_UNKNOWN", 404)

_OF_AWS_CODES: Mapping[str, OciCode] = {
    "AccessDeniedException": DENIED,
    "ImageDigestDoesNotMatchException": DIGEST_INVALID,
    "ImageNotFoundException": OciCode("MANIFEST_UNKNOWN", 404),
    "ImageTagAlreadyExistsException": OciCode("TAG_INVALID", 400),
    "InvalidLayerException": DIGEST_INVALID,
    "InvalidLayerPartException": OciCode("BLOB_UPLOAD_INVALID", 416),
    "InvalidParameterException": MANIFEST_INVALID,
    "LayerInaccessibleException": OciCode("BLOB_UNKNOWN", 404),
    "LayersNotFoundException": OciCode("BLOB_UNKNOWN", 404),
    "ReferencedImagesNotFoundException": OciCode("MANIFEST_BLOB_UNKNOWN", 404),
    "RepositoryNotFoundException": NAME_UNKNOWN,
    "UploadNotFoundException": UPLOAD_UNKNOWN,
}
_OF_STATUSES = {401: UNAUTHORIZED.name, 403: DENIED.name, 429: "TOOMANYREQUESTS"}


class OciError(Exception):
    """A registry call fails.

    Attributes:
        code: Error of the specification.
        message: Text for people; names no secret.
        aws_code: What the ECR API would call it, for the log.
        headers: Further headers of the answer.
    """

    def __init__(
        self, code: OciCode, message: str, aws_code: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.aws_code = aws_code or code.name
        self.headers = headers or {}


def of_aws_error(aws_code: str, message: str, status: int | None = None) -> OciError:
    """The registry's way to say what an operation of the ECR API says.

    Args:
        aws_code: Error code of the API.
        message: Its text.
        status: HTTP status to answer with; None takes the one of the specification's error.
    """
    code = _OF_AWS_CODES.get(aws_code)
    if status is not None:
        name = code.name if code is not None else _OF_STATUSES.get(status, UNKNOWN.name)
        code = OciCode(name, status)
    return OciError(code or UNKNOWN, message, aws_code)


def oci_error_response(error: OciError) -> HttpResponse:
    """An error in the shape that registry clients parse."""
    body = json.dumps({"errors": [{"code": error.code.name, "message": error.message}]}).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", **VERSION_HEADER, **error.headers}
    return HttpResponse(error.code.status, body, headers)
