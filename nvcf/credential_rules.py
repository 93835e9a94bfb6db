"""What the parts of an NVCF registry credential may hold: its name, tags, description and artifact types.

The server declares the rule for names without enforcing it (NVCF contract 1.3); it is enforced here, since a
name outside it may be refused by any later release, and by then it is bound to running functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from nvcf.mistakes import Mistake

ARTIFACT_TYPES = ("CONTAINER", "HELM", "MODEL", "RESOURCE")
MAX_NAME = 48
MAX_TAGS = 64
MAX_TAG = 128
MAX_DESCRIPTION = 256

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)
_TAG = re.compile(r"[A-Za-z0-9\-_:=]+", re.ASCII)


def name_mistake(name: str) -> Mistake | None:
    """Judges a credential's name, `secret.name` in NVCF's API (NVCF contract 1.3)."""
    if not name:
        return Mistake("is empty", f"Give 1 to {MAX_NAME} characters")
    if len(name) > MAX_NAME:
        return Mistake(f"has {len(name)} characters", f"NVCF takes at most {MAX_NAME}")
    if not _NAME.fullmatch(name):
        return Mistake(
            f"is '{_shown(name)}'",
            "A name starts with a letter or digit and goes on with letters, digits, '_', '.', '-'",
        )
    return None


def tag_mistake(tag: str) -> Mistake | None:
    """Judges one tag (NVCF contract 1.3): shorter and plainer than AWS's tags."""
    if len(tag) > MAX_TAG:
        return Mistake(f"has {len(tag)} characters", f"NVCF takes at most {MAX_TAG} a tag")
    if not _TAG.fullmatch(tag):
        return Mistake(
            f"is '{_shown(tag)}'",
            "A tag has letters, digits, '-', '_', ':' and '=' only: no dot, slash or space",
        )
    return None


def tags_mistakes(tags: Iterable[str]) -> list[Mistake]:
    """Judges all tags of a credential; each mistake names its tag."""
    distinct = sorted(set(tags))
    found = [
        Mistake(f"has a tag that {mistake.problem}", mistake.remedy)
        for mistake in map(tag_mistake, distinct)
        if mistake
    ]
    if len(distinct) > MAX_TAGS:
        found.append(Mistake(f"has {len(distinct)} tags", f"NVCF takes at most {MAX_TAGS}"))
    return found


def description_mistake(description: str) -> Mistake | None:
    """Judges a credential's description (NVCF contract 1.3)."""
    if len(description) > MAX_DESCRIPTION:
        return Mistake(f"has {len(description)} characters", f"NVCF takes at most {MAX_DESCRIPTION}")
    return None


def artifact_types_mistake(types: Iterable[str]) -> Mistake | None:
    """Judges a list of artifact types by themselves; what a registry can carry is `registries`' business.

    NVCF also takes other spellings ('container'); here they are refused, so that what is declared and what
    NVCF answers are the same text.
    """
    given = list(types)
    if not given:
        return Mistake("is empty", f"Name at least one of {', '.join(ARTIFACT_TYPES)}")
    for value in given:
        if value not in ARTIFACT_TYPES:
            guess = value.upper() if value.upper() in ARTIFACT_TYPES else ""
            return Mistake(
                f"contains '{_shown(value)}'",
                f"Write '{guess}'" if guess else f"The types are {', '.join(ARTIFACT_TYPES)}",
            )
    return None


def _shown(value: str) -> str:
    """Shortens a value for a message and makes control characters visible."""
    plain = value if value.isprintable() else value.encode("unicode_escape").decode("ascii")
    return plain if len(plain) <= 60 else f"{plain[:57]}…"
