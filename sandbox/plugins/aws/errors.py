"""What AWS answers to a call that fails, as the user is to read it."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from sandbox.plugins.protocol.errors import PluginError

# https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and the services' own lists.
_BAD_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
CALL_ERRORS = (ClientError, BotoCoreError, ResponseParserError)
"""All that the SDK raises when a call fails; the last one is for an answer that is not AWS's."""

_CREDENTIALS_REMEDY = (
    "check the credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the profile, or the provider's accessKey "
    "and secretKey"
)


class AwsError(PluginError):
    """A call to AWS that failed.

    Attributes:
        code: The service's error code, such as `NoSuchEntity`; empty when there was no answer.
        detail: The service's own message.
    """

    def __init__(self, message: str, code: str = "", detail: str = "") -> None:
        """Take the whole text for the user, and the parts by which a caller decides."""
        super().__init__(message)
        self.code = code
        self.detail = detail


def explain(doing: str, service: str, operation: str, error: Exception) -> AwsError:
    """Describe a failed call the way the official provider does: what was being done, to what, and AWS's answer.

    Args:
        doing: The deed and the resource, such as `creating IAM User (puller)`.
        service: The service's short name, such as `IAM`.
        operation: The API operation, such as `CreateUser`.
        error: What the SDK raised, one of `CALL_ERRORS`.
    """
    if not isinstance(error, ClientError):
        return AwsError(f"{doing}: operation error {service}: {operation}, {_unanswered(error)}")
    answer = error.response
    code = answer["Error"].get("Code", "Unknown")
    detail = answer["Error"].get("Message", "")
    meta = answer.get("ResponseMetadata", {})
    status, request_id = meta.get("HTTPStatusCode", 0), meta.get("RequestId", "")
    text = (
        f"{doing}: operation error {service}: {operation}, https response error StatusCode: {status}, "
        f"RequestID: {request_id}, {code}: {detail}"
    )
    if code in _BAD_CREDENTIALS:
        text += f" ({_CREDENTIALS_REMEDY})"
    return AwsError(text, code, detail)


def _unanswered(error: Exception) -> str:
    if isinstance(error, (NoCredentialsError, PartialCredentialsError)):
        return f"no valid credential sources found: {_CREDENTIALS_REMEDY}"
    if isinstance(error, ProfileNotFound):
        return f"{error}; name an existing profile in the provider's profile or in AWS_PROFILE"
    if isinstance(error, (EndpointConnectionError, ConnectTimeoutError, ReadTimeoutError)):
        return f"{error}; check AWS_ENDPOINT_URL, the provider's endpoints and region, and that the server runs"
    if isinstance(error, ResponseParserError):
        return "the server gave an answer that is not AWS's; check what listens at AWS_ENDPOINT_URL"
    return str(error)
