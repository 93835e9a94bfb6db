"""For any prefix and any repository name: the policy covers exactly the names that start with the prefix and a slash.

The matcher here follows IAM's rule for `*` and `?` in a resource and shares nothing with the code under test; what
must match is said without any pattern at all.
"""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from policies import ecr_pull
from policies.document import Document
from policies.prefix import prefix_problems
from tests.least_privilege.matrix import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, REGION, private, public

PART = st.from_regex(r"[a-z0-9]{1,3}(?:[._-][a-z0-9]{1,2}){0,1}", fullmatch=True)
NAME = st.lists(PART, min_size=1, max_size=4).map("/".join)


def matches(pattern: str, text: str) -> bool:
    """Decide IAM's `*` (any run of characters, slashes too) and `?` (one character), by recursion."""

    @cache
    def rest(at_pattern: int, at_text: int) -> bool:
        if at_pattern == len(pattern):
            return at_text == len(text)
        if pattern[at_pattern] == "*":
            return rest(at_pattern + 1, at_text) or (at_text < len(text) and rest(at_pattern, at_text + 1))
        return at_text < len(text) and pattern[at_pattern] in ("?", text[at_text]) and rest(at_pattern + 1, at_text + 1)

    return rest(0, 0)


def allows(document: Document, action: str, resource: str) -> bool:
    return any(
        action in statement.actions and any(matches(pattern, resource) for pattern in statement.resources)
        for statement in document.statements
    )


@st.composite
def prefix_and_name(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a prefix, and a name that is often close to it: below, nested, look-alike, equal, or unrelated."""
    prefix = draw(NAME)
    tail = draw(NAME)
    name = draw(
        st.sampled_from(
            [
                prefix,
                f"{prefix}/{tail}",
                f"{prefix}{tail}",
                f"{prefix}-{tail}",
                f"{tail}/{prefix}/{tail}",
                tail,
                prefix[:-1],
            ]
        )
    )
    assume(name)
    return prefix, name


@settings(deadline=None)
@given(prefix_and_name())
@example(("nvcf", "nvcf"))
@example(("nvcf", "nvcf/echo"))
@example(("nvcf", "nvcf-evil/echo"))
@example(("a.b", "axb/echo"))
def test_a_private_policy_covers_exactly_what_lies_below_its_prefix(drawn: tuple[str, str]) -> None:
    prefix, name = drawn
    assume(not prefix_problems(prefix, kind="ecr-private"))
    document = ecr_pull.private_pull(account=ACCOUNT, region=REGION, prefix=prefix)
    expected = name.startswith(prefix + "/")
    for action in ecr_pull.PULL + ecr_pull.DESCRIBE:
        assert allows(document, action, private(name)) == expected
        assert not allows(document, action, private(name, account=OTHER_ACCOUNT))
        assert not allows(document, action, private(name, region=OTHER_REGION))
        assert not allows(document, action, public(name))


@settings(deadline=None)
@given(prefix_and_name())
def test_a_public_policy_covers_exactly_what_lies_below_its_prefix(drawn: tuple[str, str]) -> None:
    prefix, name = drawn
    assume(not prefix_problems(prefix, kind="ecr-public"))
    document = ecr_pull.public_pull(account=ACCOUNT, prefix=prefix)
    assert allows(document, "ecr-public:DescribeImages", public(name)) == name.startswith(prefix + "/")
    assert not allows(document, "ecr-public:DescribeImages", public(name, account=OTHER_ACCOUNT))


@settings(deadline=None)
@given(NAME)
def test_every_repository_is_every_name_of_this_registry_only(name: str) -> None:
    document = ecr_pull.private_pull(account=ACCOUNT, region=REGION, prefix="*", allow_all=True)
    assert allows(document, "ecr:BatchGetImage", private(name))
    assert not allows(document, "ecr:BatchGetImage", private(name, account=OTHER_ACCOUNT))
    assert not allows(document, "ecr:BatchGetImage", private(name, region=OTHER_REGION))


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*", "", True),
        ("a/*", "a/", True),
        ("a/*", "a/b/c", True),
        ("a/*", "a", False),
        ("*/*", "a", False),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("a*c", "abbd", False),
    ],
)
def test_the_matcher_itself(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) == expected
