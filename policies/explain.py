"""A policy document as text: what each statement allows, on what, and why."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

from policies.document import Document, Statement

_WIDTH: Final = 100


def explain(document: Document) -> list[str]:
    """Return a document in lines of text, statement by statement.

    Args:
        document: the policy to explain.
    """
    lines: list[str] = []
    for statement in document.statements:
        lines += [statement.sid, *_statement_lines(statement), ""]
    lines.append(f"{document.size} of {document.limit} characters used; whatever is not listed is denied.")
    return lines


def _statement_lines(statement: Statement) -> Iterator[str]:
    yield from _labelled("allows", ", ".join(sorted(statement.actions)))
    for resource in sorted(statement.resources):
        yield from _labelled("on", resource)
    if statement.federated:
        yield from _labelled("to", f"tokens of {statement.federated}")
    for condition in statement.conditions:
        yield from _labelled("if", f"{condition.key} {condition.operator} {' or '.join(condition.values)}")
    yield from _labelled("because", statement.reason)
    if statement.wildcard:
        yield from _labelled("wildcard", statement.wildcard)


def _labelled(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        width=_WIDTH,
        initial_indent=f"  {label:<9}",
        subsequent_indent=" " * 11,
        break_long_words=False,
        break_on_hyphens=False,
    )
