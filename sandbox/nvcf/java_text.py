"""Text rules of the Java platform that show through the API: lengths, UUIDs, base64, splitting, URIs, instants.

Sources: the Java SE API documentation of `UUID.fromString`, `Base64.getDecoder`, `String.split`, `java.net.URI` and
`Instant.toString`, checked against the recorded exchanges.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone

_BASE64 = re.compile(r"([A-Za-z0-9+/]*)(={0,2})")
_HEX = re.compile(r"\+?[0-9a-fA-F]+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*")
_ILLEGAL_IN_URI = re.compile(r"[\x00-\x20\x7f\"<>\\^`{|}]|%(?![0-9A-Fa-f]{2})")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?"
# Only the last of several labels must start with a letter; a lone label may be a number.
_HOSTNAME = re.compile(rf"{_LABEL}\.?|(?:{_LABEL}\.)+[A-Za-z](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.?")
_IPV4 = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
_AUTHORITY = re.compile(r"(?:[^@]*@)?([^:@]*)(?::(\d*))?")


def length(text: str) -> int:
    """Length in UTF-16 code units, which is what Java counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def trim(text: str) -> str:
    """`String.trim`: strips everything up to and including the space character."""
    return text.strip("".join(map(chr, range(0x21))))


def is_blank(text: str) -> bool:
    """True for empty text or white space only."""
    return not text or text.isspace()


def parse_uuid(text: str) -> uuid.UUID | None:
    """`UUID.fromString`: five dash-separated hexadecimal numbers, short ones filled up, long ones cut.

    Returns:
        The UUID, or None where Java throws.
    """
    stripped = trim(text)
    parts = stripped.split("-")
    if len(stripped) > 36 or len(parts) != 5 or not all(_HEX.fullmatch(p) for p in parts):
        return None
    numbers = [int(p, 16) for p in parts]
    if any(n >= 1 << 63 for n in numbers):
        return None
    widths = (32, 16, 16, 16, 48)
    value = 0
    for number, width in zip(numbers, widths, strict=True):
        value = value << width | number & ((1 << width) - 1)
    return uuid.UUID(int=value)


def decode_base64(text: str) -> bytes | None:
    """`Base64.getDecoder().decode`: basic alphabet only, padding may be left out but not be wrong.

    Returns:
        The bytes, or None where Java throws.
    """
    match = _BASE64.fullmatch(text)
    if match is None:
        return None
    digits, padding = match.groups()
    missing = -len(digits) % 4
    if missing == 3 or len(padding) not in {0, missing}:
        return None
    try:
        return base64.b64decode(digits + "=" * missing)
    except binascii.Error:
        return None


def split_on_colon(text: str) -> list[str]:
    """`String.split(":")`: trailing empty parts are dropped."""
    parts = text.split(":")
    while parts and not parts[-1]:
        parts.pop()
    return parts


@dataclass(frozen=True)
class Uri:
    """The parts of a `java.net.URI` that the server looks at."""

    scheme: str | None
    host: str | None
    path: str


def parse_uri(text: str) -> Uri | None:
    """`java.net.URI`: None where Java throws; `host` is None where its authority is no host name.

    Args:
        text: Anything; ASCII control characters, blanks and a few others are refused.
    """
    if _ILLEGAL_IN_URI.search(text):
        return None
    scheme, rest = _split_scheme(text)
    if scheme is not None and (not _SCHEME.fullmatch(scheme) or not rest or rest.startswith("#")):
        return None
    if not rest.startswith("//"):
        return Uri(scheme, None, rest)
    authority, _, path = re.split(r"[?#]", rest[2:], maxsplit=1)[0].partition("/")
    return Uri(scheme, _host(authority), "/" + path)


def _split_scheme(text: str) -> tuple[str | None, str]:
    """A colon before any slash, question mark or hash ends a scheme, even an illegal one."""
    stop = re.search(r"[/?#:]", text)
    if stop is None or stop.group() != ":":
        return None, text
    return text[: stop.start()], text[stop.end() :]


def _host(authority: str) -> str | None:
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        return None
    host = match.group(1)
    return host if _IPV4.fullmatch(host) or _HOSTNAME.fullmatch(host) else None


def format_instant(nanos: int) -> str:
    """`Instant.toString` of a time in nanoseconds since 1970: no, 3, 6 or 9 decimals, whichever is exact."""
    seconds, fraction = divmod(nanos, 1_000_000_000)
    text = datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    digits = f"{fraction:09d}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return f"{text}.{digits}Z" if digits else f"{text}Z"


def to_milliseconds(nanos: int) -> int:
    """A time cut to the milliseconds that the database keeps, still in nanoseconds."""
    return nanos // 1_000_000 * 1_000_000
