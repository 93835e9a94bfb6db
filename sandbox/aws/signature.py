"""Signature Version 4, from the server's side: what was signed, by which key, and whether the signature is right.

The steps are those of "Create a signed AWS API request" in the IAM User Guide. Both places for a signature are read:
the `Authorization` header and the query of a presigned URL (which is how `aws eks get-token` proves an identity).
"""

import datetime as dt
import hashlib
import hmac
import posixpath
from dataclasses import dataclass
from urllib.parse import quote, unquote

from sandbox.aws.errors import Refusal, RequestRefusedError
from sandbox.aws.http_messages import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
CLOCK_SKEW = dt.timedelta(minutes=15)
"""How far the time of a request may be off, either way."""

_TIMESTAMP = "%Y%m%dT%H%M%SZ"
_EMPTY_HASH = hashlib.sha256(b"").hexdigest()
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


@dataclass(frozen=True)
class Signature:
    """The signature a request carries.

    Attributes:
        key_id: Access key id it claims.
        date: Day of the scope, `YYYYMMDD`.
        region: Region of the scope.
        service: Signing name of the scope, such as `ecr-public`.
        signed_headers: Lower-case names, in the order signed.
        value: The signature, in hexadecimal.
        timestamp: Time of signing, `YYYYMMDDTHHMMSSZ`.
        session_token: The token of temporary credentials.
        expires: Lifetime of a presigned URL in seconds; None when the header carries the signature.
    """

    key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    value: str
    timestamp: str
    session_token: str | None = None
    expires: int | None = None


def read_signature(request: HttpRequest) -> Signature | None:
    """Finds the signature of a request.

    Returns:
        The signature, or None when the request carries none.

    Raises:
        RequestRefusedError: There is one, but part of it is missing or malformed.
    """
    header = request.headers.get("authorization")
    if header is not None:
        return _from_header(header, request)
    query = {name: value for name, value in _query_pairs(request.raw_query) if name.startswith("X-Amz-")}
    if query.get("X-Amz-Algorithm") == ALGORITHM:
        return _from_query(query)
    return None


def check_time(signature: Signature, now: dt.datetime) -> None:
    """Refuses a request that was signed too long ago, or in the future.

    Args:
        signature: What the request carries.
        now: The server's clock, with its timezone.

    Raises:
        RequestRefusedError: The clock skew, or the lifetime of a presigned URL, is exceeded.
    """
    signed_at = dt.datetime.strptime(signature.timestamp, _TIMESTAMP).replace(tzinfo=dt.timezone.utc)
    lifetime = CLOCK_SKEW if signature.expires is None else dt.timedelta(seconds=signature.expires)
    if signed_at < now - lifetime:
        minutes = int(lifetime.total_seconds() // 60)
        raise RequestRefusedError(
            Refusal.WRONG_SIGNATURE,
            f"Signature expired: {signature.timestamp} is now earlier than {(now - lifetime).strftime(_TIMESTAMP)} "
            f"({now.strftime(_TIMESTAMP)} - {minutes} min.)",
        )
    if signed_at > now + CLOCK_SKEW:
        raise RequestRefusedError(
            Refusal.WRONG_SIGNATURE,
            f"Signature not yet current: {signature.timestamp} is still later than "
            f"{(now + CLOCK_SKEW).strftime(_TIMESTAMP)} ({now.strftime(_TIMESTAMP)} + 15 min.)",
        )


def check_signature(request: HttpRequest, signature: Signature, secret: str) -> None:
    """Computes the signature again and compares.

    Args:
        request: The request as sent.
        signature: What it carries.
        secret: Secret access key of the claimed key id.

    Raises:
        RequestRefusedError: The two differ.
    """
    if not hmac.compare_digest(calculate(request, signature, secret), signature.value):
        raise RequestRefusedError(Refusal.WRONG_SIGNATURE, _MISMATCH)


def calculate(request: HttpRequest, signature: Signature, secret: str) -> str:
    """The signature that `secret` gives to the request, in hexadecimal."""
    canonical = hashlib.sha256(_canonical_request(request, signature).encode()).hexdigest()
    scope = f"{signature.date}/{signature.region}/{signature.service}/aws4_request"
    text = "\n".join((ALGORITHM, signature.timestamp, scope, canonical))
    key = f"AWS4{secret}".encode()
    for part in (signature.date, signature.region, signature.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def _from_header(header: str, request: HttpRequest) -> Signature:
    algorithm, _, rest = header.partition(" ")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not fields.get(name)]
    if algorithm != ALGORITHM or missing:
        raise _incomplete(f"Authorization header requires {', '.join(missing) or ALGORITHM}.")
    timestamp = request.headers.get("x-amz-date", "")
    key_id, date, region, service = _scope(fields["Credential"], timestamp)
    return Signature(
        key_id=key_id,
        date=date,
        region=region,
        service=service,
        signed_headers=tuple(fields["SignedHeaders"].split(";")),
        value=fields["Signature"],
        timestamp=timestamp,
        session_token=request.headers.get("x-amz-security-token"),
    )


def _from_query(query: dict[str, str]) -> Signature:
    names = ("X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Date", "X-Amz-Expires")
    missing = [name for name in names if not query.get(name)]
    if missing or not query["X-Amz-Expires"].isdigit():
        raise _incomplete(f"AWS query-string parameters must include {', '.join(missing or ['X-Amz-Expires'])}.")
    key_id, date, region, service = _scope(query["X-Amz-Credential"], query["X-Amz-Date"])
    return Signature(
        key_id=key_id,
        date=date,
        region=region,
        service=service,
        signed_headers=tuple(query["X-Amz-SignedHeaders"].split(";")),
        value=query["X-Amz-Signature"],
        timestamp=query["X-Amz-Date"],
        session_token=query.get("X-Amz-Security-Token"),
        expires=int(query["X-Amz-Expires"]),
    )


def _scope(credential: str, timestamp: str) -> tuple[str, str, str, str]:
    scope = credential.split("/")
    if len(scope) != 5 or scope[4] != "aws4_request":
        raise _incomplete(
            "Credential must have exactly 5 slash-delimited elements: keyid/date/region/service/aws4_request."
        )
    try:
        dt.datetime.strptime(timestamp, _TIMESTAMP).replace(tzinfo=dt.timezone.utc)
    except ValueError:
        raise _incomplete("Authorization requires an X-Amz-Date in ISO 8601 basic format.") from None
    if scope[1] != timestamp[:8]:
        raise RequestRefusedError(
            Refusal.WRONG_SIGNATURE,
            f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{scope[1]}'.",
        )
    return scope[0], scope[1], scope[2], scope[3]


def _incomplete(message: str) -> RequestRefusedError:
    return RequestRefusedError(Refusal.INCOMPLETE_SIGNATURE, message)


def _canonical_request(request: HttpRequest, signature: Signature) -> str:
    headers = "".join(
        f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in signature.signed_headers
    )
    return "\n".join(
        (
            request.method,
            _canonical_path(request.raw_path, signature.service),
            _canonical_query(request.raw_query),
            headers,
            ";".join(signature.signed_headers),
            _payload_hash(request, signature),
        )
    )


def _canonical_path(raw_path: str, service: str) -> str:
    # S3 alone signs the path as sent; all others normalise it and encode it once more.
    if service == "s3":
        return raw_path
    path = posixpath.normpath(raw_path) if raw_path not in {"", "/"} else "/"
    if raw_path.endswith("/") and path != "/":
        path += "/"
    return quote(path.replace("//", "/"), safe="/~")


def _canonical_query(raw_query: str) -> str:
    pairs = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in _query_pairs(raw_query)
        if name != "X-Amz-Signature"
    )
    return "&".join(f"{name}={value}" for name, value in pairs)


def _query_pairs(raw_query: str) -> list[tuple[str, str]]:
    pairs = (part.partition("=") for part in raw_query.split("&") if part)
    return [(unquote(name), unquote(value)) for name, _, value in pairs]


def _payload_hash(request: HttpRequest, signature: Signature) -> str:
    declared = request.headers.get("x-amz-content-sha256")
    if declared is not None and declared.startswith(("UNSIGNED-PAYLOAD", "STREAMING-")):
        return declared
    if signature.expires is not None and signature.service != "s3":
        return _EMPTY_HASH
    return hashlib.sha256(request.body).hexdigest() if request.body else _EMPTY_HASH
