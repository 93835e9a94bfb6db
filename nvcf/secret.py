"""The secret of a registry credential: a username and a password, encoded only at the moment they are sent.

NVCF takes the base64 of `username:password` and splits the decoded text with Java's `String.split(":")`,
which must give exactly two non-blank parts (NVCF contract 1.7, check 3). Texts it would store and fail on
later, at the registry or in the cluster, are refused here as well.
"""

from __future__ import annotations

import base64
import unicodedata
from dataclasses import dataclass, field

from nvcf.mistakes import Mistake

MAX_ENCODED = 32768
"""The longest encoded value NVCF declares, in characters (NVCF contract 1.3)."""


@dataclass(frozen=True, repr=False)
class RegistrySecret:
    """A username and a password for a registry, kept apart and out of every text.

    Attributes:
        username: The username; for ECR an access key id.
        password: The password; for ECR a secret access key.
    """

    username: str
    password: str = field(repr=False)

    def __repr__(self) -> str:
        return "RegistrySecret(<redacted>)"

    def encoded(self) -> str:
        """Returns the base64 text that NVCF stores, to be sent at once and kept nowhere.

        Raises:
            ValueError: NVCF, the registry or the cluster would refuse this pair; the text repeats neither
                part.
        """
        mistakes = [f"The username {mistake}" for mistake in username_mistakes(self.username)]
        mistakes += [f"The password {mistake}" for mistake in password_mistakes(self.password)]
        if mistakes:
            raise ValueError(f"The credential cannot be encoded. {' '.join(mistakes)}")
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode("ascii")


def username_mistakes(username: str) -> list[Mistake]:
    """Judges a username by what the encoding can carry, in words that do not repeat it."""
    found = _text_mistakes("username", username)
    if ":" in username:
        found.append(Mistake("contains ':'", "NVCF splits there: use an account without one in its name"))
    return found


def password_mistakes(password: str) -> list[Mistake]:
    """Judges a password by what the encoding can carry, in words that do not repeat it.

    Colons at the very end survive Java's split and reach the registry; anywhere else they make a third part.
    """
    found = _text_mistakes("password", password)
    inner = password.rstrip(":")
    if password and not inner.strip():
        found.append(Mistake("is blank", "Give the registry's password or key"))
    if ":" in inner:
        found.append(Mistake("contains ':' before its end", "NVCF splits there: have the registry issue another one"))
    longest = MAX_ENCODED // 4 * 3
    if len(password.encode("utf-8", "surrogatepass")) > longest:
        found.append(Mistake("is too long", f"NVCF takes {MAX_ENCODED} characters once encoded"))
    return found


def java_split(text: str) -> list[str]:
    """Splits on ':' as Java's `String.split(":")` does: trailing empty parts are dropped."""
    parts = text.split(":")
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return parts


def _text_mistakes(what: str, text: str) -> list[Mistake]:
    if not text.strip():
        return [Mistake("is empty", f"Give the registry's {what}")]
    found = []
    if "\n" in text or "\r" in text:
        found.append(
            Mistake(
                "has a line break",
                "Remove it; `printf %s` adds none where `echo` does",
            )
        )
    elif any(unicodedata.category(c) == "Cc" for c in text):
        found.append(Mistake("has a control character", "Copy the value again, as plain text"))
    elif text != text.strip():
        # The cluster's side trims what the API keeps, so that the two would log in differently (contract
        # 4.1).
        found.append(Mistake("has white space around it", "Remove it"))
    if any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        found.append(Mistake("has a broken character", "Copy the value again, as UTF-8 text"))
    return found
