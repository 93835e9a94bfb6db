"""Signatures as botocore makes them, checked without a server."""

import datetime as dt
from typing import Any

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from sandbox.aws.errors import Refusal, RequestRefusedError
from sandbox.aws.http_messages import HttpRequest
from sandbox.aws.signature import Signature, calculate, check_signature, check_time, read_signature

SECRET = "se/cr+et"


def signed(
    method: str = "POST",
    url: str = "http://127.0.0.1:5000/",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    service: str = "ecr",
    auth: Any = SigV4Auth,
) -> HttpRequest:
    request = AWSRequest(method=method, url=url, data=body, headers=headers or {})
    auth(Credentials("AKIAEXAMPLE", SECRET, "token"), service, "us-west-2").add_auth(request)
    prepared = request.prepare()
    rest = prepared.url.removeprefix("http://127.0.0.1:5000")
    path, _, query = rest.partition("?")
    made = {name.lower(): str(value) for name, value in prepared.headers.items()}
    return HttpRequest(method, path, query, {"host": "127.0.0.1:5000"} | made, body)


def found(request: HttpRequest) -> Signature:
    signature = read_signature(request)
    assert signature is not None
    return signature


text = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)


@given(
    segments=st.lists(st.text("abcXYZ09-_.~", min_size=1).filter(lambda s: s not in {".", ".."}), max_size=4),
    query=st.dictionaries(text.filter(lambda t: t and "=" not in t), text, max_size=4),
    body=st.binary(max_size=200),
)
def test_what_botocore_signs_is_accepted(segments: Any, query: Any, body: bytes) -> None:
    from urllib.parse import quote, urlencode

    url = "http://127.0.0.1:5000/" + "/".join(segments)
    if query:
        url += "?" + urlencode(query, quote_via=quote)
    request = signed(url=url, body=body)
    check_signature(request, found(request), SECRET)


def test_an_encoded_path_is_accepted() -> None:
    request = signed("GET", "http://127.0.0.1:5000/tags/arn%3Aaws%3Aeks%3Aus-west-2%3A1%3Acluster%2Fdev", service="eks")
    check_signature(request, found(request), SECRET)


def test_a_presigned_url_is_accepted() -> None:
    request = signed("GET", "http://127.0.0.1:5000/?Action=GetCallerIdentity", service="sts", auth=SigV4QueryAuth)
    signature = found(request)
    assert (signature.expires, signature.session_token) == (3600, "token")
    check_signature(request, signature, SECRET)


@pytest.mark.parametrize("part", ["method", "raw_path", "raw_query", "body", "header", "secret", "scope"])
def test_any_changed_part_is_refused(part: str) -> None:
    request = signed(url="http://127.0.0.1:5000/a?b=c", body=b"{}", headers={"X-Amz-Target": "A.B"})
    signature, secret = found(request), SECRET
    changed: dict[str, dict[str, Any]] = {
        "method": {"method": "PUT"},
        "raw_path": {"raw_path": "/b"},
        "raw_query": {"raw_query": "b=d"},
        "body": {"body": b"{ }"},
        "header": {"headers": {**request.headers, "x-amz-target": "A.C"}},
    }
    request = HttpRequest(**{**vars(request), **changed.get(part, {})})
    if part == "secret":
        secret = SECRET + "x"
    if part == "scope":
        signature = Signature(**{**vars(signature), "region": "eu-west-1"})
    with pytest.raises(RequestRefusedError) as refused:
        check_signature(request, signature, secret)
    assert refused.value.refusal is Refusal.WRONG_SIGNATURE
    assert secret not in str(refused.value)


@pytest.mark.parametrize(("minutes", "accepted"), [(0, True), (14, True), (16, False), (-14, True), (-16, False)])
def test_the_clocks_may_differ_by_a_quarter_of_an_hour(minutes: int, accepted: bool) -> None:
    signature = found(signed())
    signed_at = dt.datetime.strptime(signature.timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.timezone.utc)
    now = signed_at + dt.timedelta(minutes=minutes)
    if accepted:
        check_time(signature, now)
    else:
        with pytest.raises(RequestRefusedError, match=r"Signature (expired|not yet current)"):
            check_time(signature, now)


@pytest.mark.parametrize(
    "header",
    [
        "Basic abc",
        "AWS4-HMAC-SHA256 Credential=a/20260101/us-west-2/ecr/aws4_request, SignedHeaders=host",
        "AWS4-HMAC-SHA256 Credential=a/us-west-2/ecr/aws4_request, SignedHeaders=host, Signature=00",
        "AWS4-HMAC-SHA256 Credential=a/20260101/us-west-2/ecr/aws4_request, SignedHeaders=host, Signature=00",
    ],
)
def test_half_a_signature_is_refused(header: str) -> None:
    with pytest.raises(RequestRefusedError) as refused:
        read_signature(HttpRequest("POST", "/", "", {"authorization": header}))
    assert refused.value.refusal is Refusal.INCOMPLETE_SIGNATURE


def test_the_published_example_gives_the_published_key() -> None:
    """AWS's worked example: the ListUsers request of "Signature Version 4" with the documentation's example key."""
    signature = Signature(
        "AKIDEXAMPLE", "20150830", "us-east-1", "iam", ("content-type", "host", "x-amz-date"), "", "20150830T123600Z"
    )
    request = HttpRequest(
        "GET",
        "/",
        "Action=ListUsers&Version=2010-05-08",
        {
            "host": "iam.amazonaws.com",
            "content-type": "application/x-www-form-urlencoded; charset=utf-8",
            "x-amz-date": "20150830T123600Z",
        },
    )
    value = calculate(request, signature, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    assert value == "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
