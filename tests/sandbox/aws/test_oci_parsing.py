"""What is understood of a registry's requests, without a server."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.aws.manifests import InvalidManifestError, read_manifest
from sandbox.aws.oci_callers import Address, Caller, find_address
from sandbox.aws.oci_errors import OciError, of_aws_error
from sandbox.aws.oci_requests import OciRequest, Operation, first_byte, read_oci_request
from sandbox.aws.request_bodies import PIECE, BodyTooLongError, IncompleteBodyError, RequestBody
from sandbox.aws.tokens import TokenClaims

DIGEST = "sha256:" + "a" * 64
PRIVATE = TokenClaims("ecr", "eu-west-1", "arn", "AKIA", 0)
PUBLIC = TokenClaims("ecr-public", "us-east-1", "arn", "AKIA", 0)


@pytest.mark.parametrize(
    ("method", "path", "query", "expected"),
    [
        ("GET", "/v2/", "", OciRequest(Operation.PING)),
        ("HEAD", "/v2", "", OciRequest(Operation.PING)),
        ("GET", "/v2/a/b/manifests/v1.0_x", "", OciRequest(Operation.READ_MANIFEST, "a/b", tag="v1.0_x")),
        ("HEAD", f"/v2/a/manifests/{DIGEST}", "", OciRequest(Operation.READ_MANIFEST, "a", digest=DIGEST)),
        ("PUT", "/v2/a/manifests/v1", "", OciRequest(Operation.PUT_MANIFEST, "a", tag="v1")),
        ("GET", f"/v2/a/blobs/{DIGEST}", "", OciRequest(Operation.READ_LAYER, "a", digest=DIGEST)),
        ("GET", f"/v2/a/blobs/sha256%3A{'a' * 64}", "", OciRequest(Operation.READ_LAYER, "a", digest=DIGEST)),
        ("HEAD", f"/v2/a/blobs/{DIGEST}", "", OciRequest(Operation.CHECK_LAYER, "a", digest=DIGEST)),
        ("POST", "/v2/a/blobs/uploads/", "", OciRequest(Operation.BEGIN_UPLOAD, "a")),
        ("POST", "/v2/a/blobs/uploads", f"mount={DIGEST}&from=b", OciRequest(Operation.BEGIN_UPLOAD, "a")),
        ("PATCH", "/v2/a/blobs/uploads/u-1", "", OciRequest(Operation.UPLOAD_PART, "a", upload="u-1")),
        ("GET", "/v2/a/blobs/uploads/u-1", "", OciRequest(Operation.UPLOAD_PROGRESS, "a", upload="u-1")),
        (
            "PUT",
            "/v2/a/blobs/uploads/u-1",
            f"digest={DIGEST}",
            OciRequest(Operation.FINISH_UPLOAD, "a", digest=DIGEST, upload="u-1"),
        ),
        ("GET", "/v2/a/tags/list", "", OciRequest(Operation.LIST_TAGS, "a")),
        ("GET", "/v2/a/tags/list", "n=2&last=v1", OciRequest(Operation.LIST_TAGS, "a", limit=2, after="v1")),
        ("GET", "/v2/a/tags/list", "n=99999", OciRequest(Operation.LIST_TAGS, "a", limit=1000)),
        # Names may look like what comes after them.
        ("GET", "/v2/blobs/uploads/tags/list", "", OciRequest(Operation.LIST_TAGS, "blobs/uploads")),
        ("GET", "/v2/a/manifests/b/manifests/v1", "", OciRequest(Operation.READ_MANIFEST, "a/manifests/b", tag="v1")),
    ],
)
def test_a_request_is_understood(method: str, path: str, query: str, expected: OciRequest) -> None:
    assert read_oci_request(method, path, query) == expected


@pytest.mark.parametrize(
    ("method", "path", "query", "code", "status"),
    [
        ("GET", "/v2/_catalog", "", "NAME_UNKNOWN", 404),
        ("GET", "/v2/Upper/manifests/v1", "", "NAME_UNKNOWN", 404),
        ("GET", "/v2/a/../b/manifests/v1", "", "NAME_UNKNOWN", 404),
        ("GET", f"/v2/a/referrers/{DIGEST}", "", "NAME_UNKNOWN", 404),
        ("DELETE", "/v2/a/manifests/v1", "", "UNSUPPORTED", 405),
        ("DELETE", f"/v2/a/blobs/{DIGEST}", "", "UNSUPPORTED", 405),
        ("GET", "/v2/a/manifests/-v1", "", "MANIFEST_INVALID", 400),
        ("GET", "/v2/a/manifests/sha256:short", "", "DIGEST_INVALID", 400),
        ("GET", "/v2/a/blobs/md5:abc", "", "DIGEST_INVALID", 400),
        ("PUT", "/v2/a/blobs/uploads/u-1", "", "DIGEST_INVALID", 400),
    ],
)
def test_what_ecr_lacks_or_nobody_has_is_refused(method: str, path: str, query: str, code: str, status: int) -> None:
    with pytest.raises(OciError) as refused:
        read_oci_request(method, path, query)
    assert (refused.value.code.name, refused.value.code.status) == (code, status)


@pytest.mark.parametrize(("header", "first"), [(None, None), ("0-9", 0), ("bytes 10-19/*", 10), ("5-5", 5)])
def test_a_chunk_says_where_it_begins(header: str | None, first: int | None) -> None:
    assert first_byte(header) == first


@pytest.mark.parametrize("header", ["", "9-0", "a-b", "-5"])
def test_a_chunk_that_begins_nowhere_is_refused(header: str) -> None:
    with pytest.raises(OciError) as refused:
        first_byte(header)
    assert refused.value.code.status == 416


@pytest.mark.parametrize(
    ("host", "name", "claims", "expected"),
    [
        (
            "123456789012.dkr.ecr.us-west-2.amazonaws.com",
            "nvcf/a",
            None,
            Address("ecr", "123456789012", "us-west-2", "nvcf/a", is_loopback=False),
        ),
        (
            "210987654321.dkr.ecr-fips.us-gov-west-1.amazonaws.com:4566",
            "a",
            PRIVATE,
            Address("ecr", "210987654321", "us-gov-west-1", "a", is_loopback=False),
        ),
        (
            "public.ecr.aws",
            "s4ndb0x1/nvcf/a",
            None,
            Address("ecr-public", "123456789012", "us-east-1", "nvcf/a", is_loopback=False),
        ),
        (
            "public.ecr.aws",
            "somebody/a",
            None,
            Address("ecr-public", "000000000000", "us-east-1", "somebody/a", is_loopback=False),
        ),
        ("127.0.0.1:4566", "a", PRIVATE, Address("ecr", "123456789012", "eu-west-1", "a", is_loopback=True)),
        ("localhost:4566", "a", None, Address("ecr", "123456789012", "us-east-1", "a", is_loopback=True)),
        (
            "127.0.0.1:4566",
            "s4ndb0x1/a",
            PUBLIC,
            Address("ecr-public", "123456789012", "us-east-1", "a", is_loopback=True),
        ),
        (
            "127.0.0.1:4566",
            "s4ndb0x1/a",
            None,
            Address("ecr-public", "123456789012", "us-east-1", "a", is_loopback=True),
        ),
        (
            "127.0.0.1:4566",
            "s4ndb0x1/a",
            PRIVATE,
            Address("ecr", "123456789012", "eu-west-1", "s4ndb0x1/a", is_loopback=True),
        ),
    ],
)
def test_the_name_of_the_server_says_which_registry(
    host: str, name: str, claims: TokenClaims | None, expected: Address
) -> None:
    assert find_address(host, name, Caller(claims)) == expected


@given(
    st.lists(st.binary(min_size=1, max_size=PIECE + 10), max_size=4),
    st.sampled_from([b"", b";name=value"]),
)
def test_a_body_arrives_in_small_pieces_however_it_is_sent(parts: list[bytes], extension: bytes) -> None:
    content = b"".join(parts)
    chunked = b"".join(b"%x%s\r\n%s\r\n" % (len(part), extension, part) for part in parts) + b"0\r\n\r\nnext"
    for body in (
        RequestBody(io.BytesIO(content + b"next"), len(content)),
        RequestBody(io.BytesIO(chunked), None),
    ):
        pieces = list(body.pieces())
        assert b"".join(pieces) == content
        assert all(0 < len(piece) <= PIECE for piece in pieces)


def test_what_follows_a_body_is_left() -> None:
    connection = io.BytesIO(b"3\r\nabc\r\n0\r\nTrailer: x\r\n\r\nnext")
    RequestBody(connection, None).discard()
    assert connection.read() == b"next"


@pytest.mark.parametrize(
    ("sent", "length"), [(b"ab", 3), (b"3\r\nab", None), (b"3\r\nabc\r\n", None), (b"x\r\n", None), (b"", None)]
)
def test_a_body_that_breaks_off_is_noticed(sent: bytes, length: int | None) -> None:
    with pytest.raises(IncompleteBodyError):
        RequestBody(io.BytesIO(sent), length).read()


def test_a_body_may_be_limited() -> None:
    assert RequestBody(io.BytesIO(b"abc"), 3).read(3) == b"abc"
    with pytest.raises(BodyTooLongError):
        RequestBody(io.BytesIO(b"abcd"), 4).read(3)


def test_a_manifest_says_what_it_is_made_of() -> None:
    foreign = {"digest": "sha256:far", "size": 5, "urls": ["https://elsewhere.test"]}
    text = json.dumps(
        {
            "mediaType": "application/x",
            "config": {"digest": "sha256:c", "size": 2},
            "layers": [{"digest": "sha256:l", "size": 10}, {"digest": "sha256:l", "size": 10}, foreign],
        }
    )
    manifest = read_manifest(text)
    assert (manifest.media_type, manifest.layers, manifest.images) == ("application/x", ("sha256:c", "sha256:l"), ())
    assert manifest.size == len(text) + 25
    index = read_manifest(json.dumps({"manifests": [{"digest": "sha256:i", "size": 1}]}))
    assert (index.images, index.layers, index.media_type) == (("sha256:i",), (), "")


@pytest.mark.parametrize("text", ["", "[]", '"text"', "{"])
def test_not_everything_is_a_manifest(text: str) -> None:
    with pytest.raises(InvalidManifestError):
        read_manifest(text)


@pytest.mark.parametrize(
    ("aws_code", "status", "expected"),
    [
        ("RepositoryNotFoundException", None, ("NAME_UNKNOWN", 404)),
        ("ImageTagAlreadyExistsException", None, ("TAG_INVALID", 400)),
        ("SomethingElse", None, ("UNKNOWN", 500)),
        ("ThrottlingException", 400, ("UNKNOWN", 400)),
        ("ThrottlingException", 429, ("TOOMANYREQUESTS", 429)),
        ("ServerException", 503, ("UNKNOWN", 503)),
        ("AccessDeniedException", 403, ("DENIED", 403)),
    ],
)
def test_errors_are_translated(aws_code: str, status: int | None, expected: tuple[str, int]) -> None:
    error = of_aws_error(aws_code, "text", status)
    assert ((error.code.name, error.code.status), error.aws_code) == (expected, aws_code)
