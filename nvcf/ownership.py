"""Which stack a credential belongs to, as its tags tell.

NVCF knows a credential by hostname and name alone, and two stacks of one AWS account declare the same hostname and,
copied from each other, the same name. Creation takes over what exists, so that it finds its own earlier effect; without
a mark it would take the credential of a running environment for that, give it another key, and delete it in the end.
"""

from __future__ import annotations

from collections.abc import Iterable

_STACK = "stack="


def stack_tags(project: str, stack: str) -> tuple[str, ...]:
    """Returns the tags that mark a credential as a stack's.

    NVCF allows letters, digits and ``- _ : =`` in a tag (NVCF contract 1.3); a stack's name may hold a dot.

    Args:
        project: The Pulumi project's name.
        stack: The stack's name.
    """
    return ("managed-by=pulumi", f"{_STACK}{project}:{stack}".replace(".", "_"))


def stack_of(tags: Iterable[str]) -> str | None:
    """Returns the stack that tags name, as ``<project>:<stack>``; `None` when they name none."""
    return next((tag.removeprefix(_STACK) for tag in sorted(tags) if tag.startswith(_STACK)), None)
