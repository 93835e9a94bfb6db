from __future__ import annotations

import base64
import json
import urllib.parse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nvcf.redaction import REDACTED, redact, secret_values

SECRET = 'p/ss"w\\rd Ünïcode>>>???~~~0123456789'
PAIR = base64.b64encode(f"AKIAIOSFODNN7EXAMPLE:{SECRET}".encode()).decode()
FORMS = {
    "plain": SECRET,
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "url-safe base64": base64.urlsafe_b64encode(SECRET.encode()).decode(),
    "URL": urllib.parse.quote(SECRET, safe=""),
    "form": urllib.parse.quote_plus(SECRET),
    "JSON": json.dumps(SECRET)[1:-1],
    "JSON in UTF-8": json.dumps(SECRET, ensure_ascii=False)[1:-1],
    "pair": PAIR,
    "unpadded pair": PAIR.rstrip("="),
    "cut pair": PAIR[:20],
    "cut password": SECRET[:15],
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_goes(form: str) -> None:
    text = redact(f"before {form} after", secret_values("AKIAIOSFODNN7EXAMPLE", SECRET))
    assert form not in text
    assert REDACTED in text
    assert text.startswith("before ")
    assert text.endswith(" after")


def test_what_servers_cut_goes_too() -> None:
    value = base64.b64encode(b"user:" + b"x1y2z3" * 100).decode()
    text = redact(f"rejected={value[:256]}, message=too long", secret_values("user", "x1y2z3" * 100))
    assert value[:16] not in text
    assert value[100:116] not in text
    assert text.endswith(", message=too long")


def test_ordinary_words_stay() -> None:
    assert redact("the user bob may not", secret_values("bob", "a-long-password")) == "the user bob may not"
    said = "Missing $oauthtoken username"
    assert redact(said, secret_values("$oauthtoken", "nvapi-0123456789")) == said


def test_a_secret_too_short_to_tell_withholds_the_text() -> None:
    assert "everything" not in redact("everything is bad", secret_values("bob", "bad"))


@settings(deadline=None)
@given(st.text(min_size=4, max_size=40), st.text(max_size=30), st.text(max_size=30))
def test_the_secret_never_survives(secret: str, before: str, after: str) -> None:
    text = redact(before + secret + after, [secret])
    assert secret not in text.replace(REDACTED, "\0") or secret in REDACTED
