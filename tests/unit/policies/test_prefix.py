"""Repository-name prefixes: every mistake by its own message, with what to write instead."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.document import PolicyError
from policies.prefix import (
    MAX_NAME,
    EcrKind,
    alias_warning,
    join,
    name_problems,
    prefix_problems,
    repository_pattern,
    repository_problems,
)

KINDS: tuple[EcrKind, ...] = get_args(EcrKind)

# The pattern of the ECR and ECR Public API references (CreateRepository, repositoryName), kept apart from the code's.
AWS_PATTERN = re.compile(r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*")


def said(prefix: str, kind: EcrKind = "ecr-private", *, allow_all: bool = False) -> list[str]:
    return [str(problem) for problem in prefix_problems(prefix, kind=kind, allow_all=allow_all)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("prefix", ["nvcf", "my-cluster", "a", "1", "team/nvcf", "a.b_c-d/e", "nvcf2", "a" * 203])
def test_valid_prefixes(prefix: str, kind: EcrKind) -> None:
    assert said(prefix, kind) == []
    assert repository_pattern(prefix, kind=kind) == f"{prefix}/*"


@pytest.mark.parametrize(
    ("prefix", "wrong", "remedy"),
    [
        ("", "the prefix is empty", "name one, such as 'nvcf'"),
        ("/", "nothing but slashes", "such as 'nvcf'"),
        ("/nvcf", "starts with a slash", "write 'nvcf'"),
        ("nvcf/", "ends with a slash", "write 'nvcf'; the slash is added"),
        ("a//b", "two slashes in a row", "write one"),
        ("nvcf*", "holds a wildcard", "write it without"),
        ("nvcf/*", "holds a wildcard", "write it without"),
        ("nv?f", "holds a wildcard", "write it without"),
        ("NVCF", "upper-case letters", "write 'nvcf'"),
        ("-nvcf", "start or end of a part", "single separators"),
        ("nvcf-", "start or end of a part", "single separators"),
        ("nv--cf", "two in a row", "single separators"),
        ("nv._cf", "two in a row", "single separators"),
        ("team/_x", "start or end of a part", "single separators"),
        ("nv cf", "holds ' '", "lower-case letters, digits"),
        ("nvcf:1", "holds ':'", "lower-case letters, digits"),
        ("nvcf\n", r"holds '\n'", "lower-case letters, digits"),
        ("nvçf", "holds 'ç'", "lower-case letters, digits"),
        ("public.ecr.aws/a1b2c3d4/nvcf", "is an image path", "what follows the host"),
        ("123456789012.dkr.ecr.us-west-2.amazonaws.com/nvcf", "is an image path", "what follows the host"),
        ("a" * 255, "has 255 characters", "at most 254 and leave room for '/<name>'"),
        ("*", "every repository of the account", "opt in explicitly"),
    ],
)
def test_each_mistake_has_its_own_message(prefix: str, wrong: str, remedy: str) -> None:
    messages = said(prefix)
    assert len(messages) == 1, messages
    assert wrong in messages[0]
    assert remedy in messages[0]
    with pytest.raises(PolicyError, match=re.escape(wrong)):
        repository_pattern(prefix, kind="ecr-private")


def test_several_mistakes_are_reported_together() -> None:
    assert len(said("/NVCF--x/")) == 4


def test_the_longest_prefix_leaves_room_for_a_name() -> None:
    assert said("a" * 254) == []
    assert said("a" * 203, "ecr-public") == []
    assert "at most 203" in said("a" * 204, "ecr-public")[0]


def test_every_repository_needs_the_opt_in_and_is_one_star() -> None:
    assert repository_pattern("*", kind="ecr-private", allow_all=True) == "*"
    with pytest.raises(PolicyError, match="opt in explicitly"):
        repository_pattern("*", kind="ecr-private")


def test_the_opt_in_changes_nothing_else() -> None:
    assert said("nvcf*", allow_all=True) == said("nvcf*")


@settings(deadline=None)
@given(st.text(alphabet="ab1._-/*AZ ç", max_size=12) | st.text(max_size=8))
def test_a_prefix_is_accepted_exactly_when_aws_would_take_it_in_a_name(prefix: str) -> None:
    assert (said(prefix) == []) == bool(AWS_PATTERN.fullmatch(prefix))


@settings(deadline=None)
@given(st.text(alphabet="ab1._-/*AZ ç", max_size=12) | st.text(max_size=8))
def test_a_name_is_accepted_exactly_when_aws_takes_it_below_a_prefix(name: str) -> None:
    assert (name_problems(name, kind="ecr-private") == ()) == bool(AWS_PATTERN.fullmatch(name))


@settings(deadline=None)
@given(st.text(max_size=300))
def test_no_text_breaks_the_check_and_every_message_has_a_remedy(text: str) -> None:
    for problem in prefix_problems(text, kind="ecr-public"):
        assert problem.wrong
        assert problem.remedy


def test_joining() -> None:
    assert join("nvcf", "echo") == "nvcf/echo"
    assert join("*", "echo") == "echo"


def test_repositories_that_are_fine() -> None:
    assert repository_problems("nvcf", ["echo", "triton", "team/echo", "x"], kind="ecr-private") == ()


@pytest.mark.parametrize(
    ("prefix", "names", "index", "message"),
    [
        ("nvcf", ["echo", "triton", "echo"], 2, "'nvcf/echo' is already listed at position 0"),
        ("nvcf", ["nvcf/echo"], 0, "would become 'nvcf/nvcf/echo': write 'echo'"),
        ("nvcf", ["echo", ""], 1, "repository name is empty"),
        ("nvcf", ["Echo"], 0, "write 'echo'"),
        ("*", ["x"], 0, "has one character: ECR wants at least 2"),
        ("nvcf", ["x" * 252], 0, "has 257 characters with its prefix: shorten it to the 256"),
    ],
)
def test_mistakes_in_repositories_say_where(prefix: str, names: list[str], index: int, message: str) -> None:
    problems = repository_problems(prefix, names, kind="ecr-private")
    assert len(problems) == 1
    assert problems[0][0] == index
    assert message in str(problems[0][1])


def test_the_longest_names() -> None:
    for kind in KINDS:
        longest = "x" * (MAX_NAME[kind] - len("nvcf/"))
        assert repository_problems("nvcf", [longest], kind=kind) == ()
        assert len(repository_problems("nvcf", [longest + "x"], kind=kind)) == 1


def test_three_times_the_same_name_points_at_the_first() -> None:
    problems = repository_problems("nvcf", ["a", "a", "a"], kind="ecr-public")
    assert [index for index, _ in problems] == [1, 2]
    assert all("position 0" in str(problem) for _, problem in problems)


@pytest.mark.parametrize(
    ("prefix", "alias", "warned"),
    [
        ("nvidia", "nvidia", True),
        ("nvcf", "nvidia", False),
        ("a1b2c3d4", None, True),
        ("nvcf", None, False),
        ("a1b2c3d4", "nvidia", False),
    ],
)
def test_the_alias_given_as_prefix_is_warned_of(prefix: str, alias: str | None, warned: bool) -> None:
    warning = alias_warning(prefix, alias=alias)
    assert (warning is not None) == warned
    if warning:
        assert "no ARN contains the alias" in str(warning)
