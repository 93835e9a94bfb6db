"""What a request of the OCI distribution API asks for (specification, version 1.1, "API"). Pure: no state, no I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from urllib.parse import parse_qs, unquote

from sandbox.aws.oci_errors import DIGEST_INVALID, MANIFEST_INVALID, NAME_UNKNOWN, UNSUPPORTED, OciCode, OciError

_NAME = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}")
_RANGE = re.compile(r"(?:bytes[= ])?(\d+)-(\d+)(?:/\S+)?")
_MOST_TAGS = 1000


class Operation(Enum):
    """What a registry does."""

    PING = "ping"
    READ_MANIFEST = "read manifest"
    PUT_MANIFEST = "put manifest"
    CHECK_LAYER = "check layer"
    READ_LAYER = "read layer"
    BEGIN_UPLOAD = "begin upload"
    UPLOAD_PART = "upload part"
    FINISH_UPLOAD = "finish upload"
    UPLOAD_PROGRESS = "upload progress"
    LIST_TAGS = "list tags"

    @property
    def aws_name(self) -> str:
        """The operation of the ECR API whose permission it takes; empty for a ping."""
        return _AWS_NAMES.get(self, "")

    @property
    def is_pull(self) -> bool:
        """Whether it only reads what ECR Public lets everyone read."""
        return self in {Operation.READ_MANIFEST, Operation.READ_LAYER, Operation.LIST_TAGS}


# A push and a pull are made of these ("Private repository policies" and "IAM for image push", ECR User Guide).
_AWS_NAMES = {
    Operation.READ_MANIFEST: "BatchGetImage",
    Operation.PUT_MANIFEST: "PutImage",
    Operation.CHECK_LAYER: "BatchCheckLayerAvailability",
    Operation.READ_LAYER: "GetDownloadUrlForLayer",
    Operation.BEGIN_UPLOAD: "InitiateLayerUpload",
    Operation.UPLOAD_PART: "UploadLayerPart",
    Operation.FINISH_UPLOAD: "CompleteLayerUpload",
    Operation.UPLOAD_PROGRESS: "UploadLayerPart",
    Operation.LIST_TAGS: "ListImages",
}


@dataclass(frozen=True)
class OciRequest:
    """One request, understood.

    Attributes:
        operation: What it asks for.
        name: Repository as the path has it; for ECR Public with the alias before it. Empty for a ping.
        tag: Tag of a manifest; empty when it is asked for by digest.
        digest: Digest of the manifest or layer; empty where there is none.
        upload: Id of the upload that goes on.
        limit: Most tags to list.
        after: Lists only tags behind this one.
    """

    operation: Operation
    name: str = ""
    tag: str = ""
    digest: str = ""
    upload: str = ""
    limit: int = _MOST_TAGS
    after: str = ""


_MANIFEST = re.compile(rf"/v2/(?P<name>{_NAME})/manifests/(?P<reference>[^/]+)")
_LAYER = re.compile(rf"/v2/(?P<name>{_NAME})/blobs/(?P<digest>[^/]+:[^/]+)")
_UPLOADS = re.compile(rf"/v2/(?P<name>{_NAME})/blobs/uploads/?")
_UPLOAD = re.compile(rf"/v2/(?P<name>{_NAME})/blobs/uploads/(?P<upload>[^/]+)")
_TAGS = re.compile(rf"/v2/(?P<name>{_NAME})/tags/list")

_ROUTES: tuple[tuple[re.Pattern[str], Mapping[str, Operation]], ...] = (
    (re.compile(r"/v2/?"), {"GET": Operation.PING, "HEAD": Operation.PING}),
    (
        _MANIFEST,
        {"GET": Operation.READ_MANIFEST, "HEAD": Operation.READ_MANIFEST, "PUT": Operation.PUT_MANIFEST},
    ),
    (_LAYER, {"GET": Operation.READ_LAYER, "HEAD": Operation.CHECK_LAYER}),
    (_UPLOADS, {"POST": Operation.BEGIN_UPLOAD}),
    (
        _UPLOAD,
        {"PATCH": Operation.UPLOAD_PART, "PUT": Operation.FINISH_UPLOAD, "GET": Operation.UPLOAD_PROGRESS},
    ),
    (_TAGS, {"GET": Operation.LIST_TAGS, "HEAD": Operation.LIST_TAGS}),
)


def read_oci_request(method: str, raw_path: str, raw_query: str) -> OciRequest:
    """Understands a request.

    Args:
        method: Verb in capitals.
        raw_path: Path as on the wire, from `/v2` on.
        raw_query: Query as on the wire.

    Raises:
        OciError: There is no such call, ECR does not have it, or it is malformed.
    """
    path = unquote(raw_path)
    for pattern, operations in _ROUTES:
        match = pattern.fullmatch(path)
        if match is None:
            continue
        operation = operations.get(method)
        if operation is None:
            raise OciError(UNSUPPORTED, f"The operation is unsupported: {method} {path}")
        query = {name: values[-1] for name, values in parse_qs(raw_query).items()}
        return _read(operation, match.groupdict(), query)
    raise OciError(OciCode(NAME_UNKNOWN.name, 404), f"there is nothing at {path}")


def _read(operation: Operation, parts: Mapping[str, str], query: Mapping[str, str]) -> OciRequest:
    name, upload = parts.get("name", ""), parts.get("upload", "")
    if "reference" in parts:
        return _manifest_request(operation, name, parts["reference"])
    if operation is Operation.FINISH_UPLOAD:
        return OciRequest(operation, name, digest=_checked_digest(query.get("digest", "")), upload=upload)
    if "digest" in parts:
        return OciRequest(operation, name, digest=_checked_digest(parts["digest"]))
    if operation is Operation.LIST_TAGS:
        asked = query.get("n", "")
        limit = min(int(asked), _MOST_TAGS) if asked.isascii() and asked.isdigit() else _MOST_TAGS
        return OciRequest(operation, name, limit=limit, after=query.get("last", ""))
    return OciRequest(operation, name, upload=upload)


def _manifest_request(operation: Operation, name: str, reference: str) -> OciRequest:
    if ":" in reference:
        return OciRequest(operation, name, digest=_checked_digest(reference))
    if _TAG.fullmatch(reference) is None:
        raise OciError(MANIFEST_INVALID, f"'{reference}' is neither a tag nor a digest")
    return OciRequest(operation, name, tag=reference)


def _checked_digest(text: str) -> str:
    if _DIGEST.fullmatch(text) is None:
        raise OciError(DIGEST_INVALID, f"Invalid layer digest '{text}': ECR takes sha256 only")
    return text


def first_byte(content_range: str | None) -> int | None:
    """Where a chunk says it begins.

    Args:
        content_range: The `Content-Range` header, `<first>-<last>`; docker sends none.

    Returns:
        Position of its first byte, or None when it does not say.

    Raises:
        OciError: The header is no range.
    """
    if content_range is None:
        return None
    match = _RANGE.fullmatch(content_range.strip())
    if match is None or int(match[2]) < int(match[1]):
        raise OciError(OciCode("BLOB_UPLOAD_INVALID", 416), f"'{content_range}' is not a range")
    return int(match[1])
