from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nvcf.secret import RegistrySecret, java_split, password_mistakes, username_mistakes

PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=60)


def accepted_by_nvcf(value: str) -> bool:
    """NVCF contract 1.7, check 3, on the decoded text."""
    parts = java_split(base64.b64decode(value, validate=True).decode())
    return len(parts) == 2 and all(part.strip() for part in parts)


def test_the_documented_pair() -> None:
    secret = RegistrySecret("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    assert secret.encoded() == "QUtJQUlPU0ZPRE5ON0VYQU1QTEU6d0phbHJYVXRuRkVNSS9LN01ERU5HL2JQeFJmaUNZRVhBTVBMRUtFWQ=="


@settings(deadline=None)
@given(PLAIN, PLAIN)
def test_what_encodes_is_accepted_and_decodes_to_the_same_pair(username: str, password: str) -> None:
    secret = RegistrySecret(username, password)
    if username_mistakes(username) or password_mistakes(password):
        with pytest.raises(ValueError, match="cannot be encoded") as caught:
            secret.encoded()
        assert len(password) < 10 or password not in str(caught.value)
    else:
        value = secret.encoded()
        assert accepted_by_nvcf(value)
        name, _, rest = base64.b64decode(value).decode().partition(":")
        assert (name, rest) == (username, password)


@settings(deadline=None)
@given(PLAIN.filter(lambda t: ":" not in t and t == t.strip()), PLAIN.filter(lambda t: ":" not in t and t == t.strip()))
def test_ordinary_pairs_always_encode(username: str, password: str) -> None:
    assert accepted_by_nvcf(RegistrySecret(username, password).encoded())


@pytest.mark.parametrize(
    ("username", "password", "part"),
    [
        ("", "p", "username is empty"),
        ("u", "  ", "password is empty"),
        ("u:v", "p", "username contains ':'"),
        ("u", "p:q", "password contains ':'"),
        ("u", ":", "blank"),
        ("u", "p\n", "password has a line break"),
        ("u", "p\x00q", "control character"),
        ("u", " p", "password has white space"),
        ("u ", "p", "username has white space"),
        ("u", "p\ud800", "broken character"),
        ("u", "p" * 24577, "too long"),
    ],
)
def test_pairs_that_cannot_work(username: str, password: str, part: str) -> None:
    with pytest.raises(ValueError, match="cannot be encoded") as caught:
        RegistrySecret(username, password).encoded()
    assert part in str(caught.value)


def test_a_colon_at_the_end_is_kept() -> None:
    assert base64.b64decode(RegistrySecret("u", "p:").encoded()) == b"u:p:"


@pytest.mark.parametrize(
    ("text", "parts"), [("a:b", ["a", "b"]), ("a:b::", ["a", "b"]), ("a::b", ["a", "", "b"]), (":", [""]), ("", [""])]
)
def test_java_split(text: str, parts: list[str]) -> None:
    assert java_split(text) == parts


def test_no_text_of_it_shows_the_secret() -> None:
    secret = RegistrySecret("AKIAMARKER", "PASSMARKER")
    for text in (repr(secret), str(secret), f"{secret}", f"{secret!r}", f"{[secret]}"):
        assert "MARKER" not in text
