"""A mistake in the configuration, and the error that reports all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from nvcf.connection import NAMESPACE


@dataclass(frozen=True)
class Problem:
    """One mistake in the configuration.

    Attributes:
        path: where it is, as `pulumi config set --path` spells it: ``nvcf-registry:registries[0].prefix``.
        text: what is wrong and what would be right. Never contains a secret.
        warning: whether the stack can be deployed all the same.
    """

    path: str
    text: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


class SettingsError(Exception):
    """The configuration of a stack is wrong.

    Args:
        stack: the stack's name.
        problems: every mistake, in the order to show them.
    """

    def __init__(self, stack: str, problems: Sequence[Problem]) -> None:
        mistakes = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        lines = "".join(f"\n  {problem}" for problem in problems)
        super().__init__(f"{mistakes} in the configuration of stack {stack}; nothing was changed:{lines}")
        self.problems = tuple(problems)


def problem(path: str, text: object, *, warning: bool = False) -> Problem:
    """Return a problem at a path below the project's namespace."""
    return Problem(f"{NAMESPACE}:{path}", str(text), warning)
