"""Taking secrets out of texts that others wrote, before anybody sees them.

NVCF's validation errors repeat the rejected value, and registries' answers are passed on word for word (NVCF
contract 1.9): nothing a server says is shown before it has been through here.
"""

from __future__ import annotations

import base64
import json
import urllib.parse
from collections.abc import Iterable, Iterator

REDACTED = "[redacted]"

_TOO_SHORT = 4
_PREFIX = 12
_PUBLIC = frozenset({"$oauthtoken"})


def redact(text: str, secrets: Iterable[str]) -> str:
    """Removes secrets from a text, in every form a server is likely to write them.

    Looked for are the values themselves, their base64, URL-escaped and JSON-escaped forms, and, since servers
    cut long values, any beginning of such a form of 12 characters or more. A secret too short to be told from
    ordinary text makes the whole text unsafe; it is then withheld.

    Args:
        text: What a server or a library said.
        secrets: The values that must not be seen; empty ones are ignored.

    Returns:
        The text with `[redacted]` in their place.
    """
    values = sorted({s for s in secrets if s and s not in _PUBLIC}, key=len, reverse=True)
    for form in sorted({form for value in values for form in _forms(value)}, key=len, reverse=True):
        if len(form) < _TOO_SHORT:
            if form in text:
                return f"{REDACTED} (the answer contained the credential's secret)"
            continue
        text = _without(text, form)
    return text


def secret_values(username: str, password: str) -> tuple[str, ...]:
    """Lists what must not be seen of a credential: the password, and the pair as NVCF gets it.

    The username is included when it is long enough to be a key rather than a word.
    """
    name = (username,) if len(username) >= 2 * _TOO_SHORT else ()
    return (password, f"{username}:{password}", *name)


def _forms(value: str) -> Iterator[str]:
    raw = value.encode("utf-8", "surrogatepass")
    yield value
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(raw).decode("ascii").rstrip("=")
    yield urllib.parse.quote(raw, safe="")
    yield urllib.parse.quote_plus(raw)
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]


def _without(text: str, form: str) -> str:
    text = text.replace(form, REDACTED)
    if len(form) <= _PREFIX:
        return text
    start = text.find(form[:_PREFIX])
    while start >= 0:
        end = start + _PREFIX
        while end < len(text) and end - start < len(form) and text[end] == form[end - start]:
            end += 1
        text = text[:start] + REDACTED + text[end:]
        start = text.find(form[:_PREFIX], start + len(REDACTED))
    return text
