"""Repository-name prefixes (the guides' `REPO_PREFIX`) and the repository names below them.

A prefix is the part of a repository's name before a slash: with the prefix `nvcf` the repository
`echo-server` is called `nvcf/echo-server`, and a policy for the prefix covers `nvcf/...` and nothing
else. It is the same for private and public ECR; the alias of a public registry is no prefix, since no ARN
contains it.

A mistake comes back as a `Problem`, so that a caller can report all of them at once next to where each was
written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from policies.document import PolicyError

EcrKind = Literal["ecr-private", "ecr-public"]
"""The two ECR services; they share name rules but not lengths, endpoints or ARNs."""

EVERY_REPOSITORY: Final = "*"
"""The prefix that stands for every repository of the account; needs an explicit opt-in."""

MIN_NAME: Final = 2
"""Fewest characters in a repository name ("ECR API reference: CreateRepository")."""

MAX_NAME: Final[dict[EcrKind, int]] = {"ecr-private": 256, "ecr-public": 205}
"""Most characters in a repository name, prefix included ("CreateRepository" of ECR and of ECR Public)."""

_PART: Final = r"[a-z0-9]+(?:[._-][a-z0-9]+)*"
_NAME: Final = re.compile(rf"(?:{_PART}/)*{_PART}")
_ALLOWED: Final = re.compile(r"[a-zA-Z0-9._/-]")
_DEFAULT_ALIAS: Final = re.compile(r"(?:[a-z][0-9]){4}")
_IMAGE_HOST: Final = re.compile(r"public\.ecr\.aws|[0-9]{12}\.dkr\.ecr\.")


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake and what to write instead.

    Attributes:
        wrong: what is wrong, naming the value.
        remedy: what would be right.
    """

    wrong: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.wrong}: {self.remedy}"


def prefix_problems(prefix: str, *, kind: EcrKind, allow_all: bool = False) -> tuple[Problem, ...]:
    """Return everything wrong with a prefix; nothing when it can be used.

    Args:
        prefix: the prefix as written, without a slash at its end.
        kind: which ECR it is for.
        allow_all: whether the prefix `*`, every repository of the account, was explicitly asked for.
    """
    if prefix == EVERY_REPOSITORY:
        if allow_all:
            return ()
        return (
            Problem(
                "the prefix '*' lets the key pull from every repository of the account",
                "name a prefix, or opt in explicitly if that is meant",
            ),
        )
    if not prefix:
        return (Problem("the prefix is empty", "name one, such as 'nvcf'; repositories are then called 'nvcf/<name>'"),)
    return tuple(_text_problems("prefix", prefix, longest=MAX_NAME[kind] - 2, room=" and leave room for '/<name>'"))


def name_problems(name: str, *, kind: EcrKind) -> tuple[Problem, ...]:
    """Return everything wrong with a repository's name as given below a prefix; lengths are judged when
    joined.

    Args:
        name: the name as written, without the prefix.
        kind: which ECR it is for.
    """
    if not name:
        return (Problem("the repository name is empty", "name the repository, such as 'echo-server'"),)
    return tuple(_text_problems("repository name", name, longest=MAX_NAME[kind], room=""))


def repository_problems(prefix: str, names: Sequence[str], *, kind: EcrKind) -> tuple[tuple[int, Problem], ...]:
    """Return everything wrong with the repositories of one registry, each with its place in the list.

    Args:
        prefix: the registry's prefix; its own mistakes are `prefix_problems`' matter and are not repeated
            here.
        names: the repositories' names without the prefix.
        kind: which ECR it is for.
    """
    problems: list[tuple[int, Problem]] = []
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        own = name_problems(name, kind=kind)
        problems += [(index, problem) for problem in own]
        if own:
            continue
        full = join(prefix, name)
        problems += [(index, problem) for problem in _joined_problems(prefix, name, full, kind)]
        if full in first:
            problems.append(
                (
                    index,
                    Problem(
                        f"repository {full!r} is already listed at position {first[full]}",
                        "drop one or rename one",
                    ),
                )
            )
        first.setdefault(full, index)
    return tuple(problems)


def alias_warning(prefix: str, *, alias: str | None = None) -> Problem | None:
    """Return a warning when the prefix of a public registry looks like its alias.

    The guides tell to set `REPO_PREFIX` to the alias. No ARN of ECR Public contains the alias, so that
    policy never matches an image. It may be a coincidence (repositories may start with the alias), hence a
    warning.

    Args:
        prefix: the prefix given for a public registry.
        alias: the registry's alias where it is known.
    """
    if alias is not None and prefix == alias:
        wrong = f"the prefix {prefix!r} is the registry's public alias, and no ARN contains the alias"
    elif alias is None and _DEFAULT_ALIAS.fullmatch(prefix):
        wrong = f"the prefix {prefix!r} has the form of a default public alias, and no ARN contains the alias"
    else:
        return None
    return Problem(
        wrong,
        f"give what follows 'public.ecr.aws/{prefix}/' in the image path, or keep it"
        f" if repositories really are called '{prefix}/<name>'",
    )


def join(prefix: str, name: str) -> str:
    """Return a repository's full name.

    Args:
        prefix: the registry's prefix; with `*` the name stands alone.
        name: the name below the prefix.
    """
    return name if prefix == EVERY_REPOSITORY else f"{prefix}/{name}"


def repository_pattern(prefix: str, *, kind: EcrKind, allow_all: bool = False) -> str:
    """Return the pattern that matches exactly the repositories under a prefix, for the end of an ARN.

    `<prefix>/*` covers nested names and misses both the repository called like the prefix and look-alikes
    (`nvcf-evil/x`); every repository is `*` alone, since `*/*` would miss the names without a slash.

    Args:
        prefix: the prefix.
        kind: which ECR it is for.
        allow_all: whether the prefix `*` was explicitly asked for.

    Raises:
        PolicyError: the prefix is not one; the text holds every problem.
    """
    problems = prefix_problems(prefix, kind=kind, allow_all=allow_all)
    if problems:
        raise PolicyError("; ".join(str(problem) for problem in problems))
    return EVERY_REPOSITORY if prefix == EVERY_REPOSITORY else f"{prefix}/*"


def _joined_problems(prefix: str, name: str, full: str, kind: EcrKind) -> Iterator[Problem]:
    if len(full) < MIN_NAME:
        yield Problem(f"repository name {full!r} has one character", f"ECR wants at least {MIN_NAME}")
    if len(full) > MAX_NAME[kind]:
        yield Problem(
            f"repository {full[:40]!r}... has {len(full)} characters with its prefix",
            f"shorten it to the {MAX_NAME[kind]} that {kind} allows",
        )
    if prefix != EVERY_REPOSITORY and name.startswith(f"{prefix}/"):
        yield Problem(
            f"repository name {name!r} repeats the prefix and would become {full!r}",
            f"write {name.removeprefix(prefix + '/')!r}",
        )


def _text_problems(what: str, text: str, *, longest: int, room: str) -> Iterator[Problem]:
    """Yield the problems of one prefix or name, each cause once, the most telling first."""
    if _IMAGE_HOST.match(text):
        yield Problem(
            f"{what} {text!r} is an image path",
            "give only what follows the host, and the alias if it is public",
        )
        return
    if not text.strip("/"):
        yield Problem(f"{what} {text!r} holds nothing but slashes", "name what stands before the slash, such as 'nvcf'")
        return
    if "*" in text or "?" in text:
        yield Problem(
            f"{what} {text!r} holds a wildcard, which would also match look-alikes such as 'nvcf-evil'",
            "write it without; whatever lies below the prefix is covered",
        )
    others = sorted({char for char in text if not _ALLOWED.fullmatch(char) and char not in "*?"})
    if others:
        yield Problem(
            f"{what} {text!r} holds {' '.join(repr(char) for char in others)}",
            "use lower-case letters, digits, and single '.', '_' or '-' between them",
        )
    if text.lower() != text:
        yield Problem(f"{what} {text!r} has upper-case letters", f"ECR names are lower case: write {text.lower()!r}")
    if text.startswith("/"):
        yield Problem(f"{what} {text!r} starts with a slash", f"write {text.strip('/')!r}")
    if text.endswith("/"):
        yield Problem(f"{what} {text!r} ends with a slash", f"write {text.strip('/')!r}; the slash is added")
    inner = text.strip("/")
    if "//" in inner:
        yield Problem(f"{what} {text!r} has two slashes in a row", "write one")
    if len(text) > longest:
        yield Problem(f"{what} {text[:40]!r}... has {len(text)} characters", f"use at most {longest}{room}")
    yield from _separator_problems(what, text)


def _separator_problems(what: str, text: str) -> Iterator[Problem]:
    """Yield a problem when separators stand where ECR's name pattern has none."""
    letters = re.sub(r"[^a-z0-9._/-]", "x", text.lower())
    parts = [part for part in letters.split("/") if part]
    if not parts or any(not _NAME.fullmatch(part) for part in parts):
        yield Problem(
            f"{what} {text!r} has a '.', '_' or '-' at the start or end of a part, or two in a row",
            "start and end each part between slashes with a letter or digit, and use single separators",
        )
