"""IAM policy documents, parsed once into statements that can be matched quickly.

Grammar and matching rules: "Grammar of the IAM JSON policy language" and "IAM JSON policy elements" in the IAM User
Guide.
"""

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LITERAL_VARIABLES = {"*": "*", "?": "?", "$": "$"}

Context = Mapping[str, tuple[str, ...]]
"""Condition keys of a request, in lower case, with their values."""


@dataclass(frozen=True)
class Condition:
    """One operator, key and its accepted values."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """One statement of a policy.

    Attributes:
        allows: True for `Allow`, False for `Deny`.
        actions: Patterns of `Action`, or of `NotAction`.
        not_actions: Whether `actions` came from `NotAction`.
        resources: Patterns of `Resource`, or of `NotResource`; empty in a resource-based policy that names none.
        not_resources: Whether `resources` came from `NotResource`.
        principals: `(kind, value)` pairs such as `("AWS", "123456789012")`; empty in an identity-based policy.
        not_principals: Whether `principals` came from `NotPrincipal`.
        conditions: All must hold.
    """

    allows: bool
    actions: tuple[str, ...]
    not_actions: bool
    resources: tuple[str, ...]
    not_resources: bool
    principals: tuple[tuple[str, str], ...]
    not_principals: bool
    conditions: tuple[Condition, ...]


@functools.lru_cache(maxsize=8192)
def parse_policy(text: str) -> tuple[Statement, ...]:
    """Parses a policy document; a text is parsed once and kept.

    Args:
        text: The document, as JSON.

    Raises:
        ValueError: It is no JSON object with statements.
    """
    document = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError("a policy document must be a JSON object")  # noqa: TRY004 - bad text, not a bad type
    statements = document.get("Statement", [])
    return tuple(_statement(item) for item in (statements if isinstance(statements, list) else [statements]))


def matches_action(pattern: str, action: str) -> bool:
    """Whether an action such as `ecr:PutImage` fits a pattern; letter case is ignored, as IAM does."""
    return _glob(pattern.lower()).fullmatch(action.lower()) is not None


def matches_resource(pattern: str, resource: str, context: Context) -> bool:
    """Whether an ARN fits a pattern.

    A wildcard stays within its ARN segment, save in the last one, where it also spans slashes and colons.

    Args:
        pattern: A `Resource` entry, policy variables included.
        resource: The ARN asked for, or `*` for calls that have no resource.
        context: Values for policy variables; a variable without a value matches nothing.
    """
    if pattern == "*":
        return True
    expanded = expand_variables(pattern, context)
    if expanded is None:
        return False
    wanted, given = expanded.split(":", 5), resource.split(":", 5)
    return len(wanted) == len(given) and all(matches_glob(p, g) for p, g in zip(wanted, given, strict=True))


def matches_glob(pattern: str, value: str) -> bool:
    """Whether a value fits a pattern of `*` and `?`, minding letter case."""
    return _glob(pattern).fullmatch(value) is not None


def expand_variables(text: str, context: Context) -> str | None:
    """Puts condition keys in place of `${key}`; None when one has no single value."""
    if "${" not in text:
        return text
    missing = False

    def replace(match: re.Match[str]) -> str:
        nonlocal missing
        name, _, default = match.group(1).partition(",")
        name = name.strip()
        if name in _LITERAL_VARIABLES:
            return f"[{_LITERAL_VARIABLES[name]}]" if name != "$" else "$"
        values = context.get(name.lower(), ())
        if len(values) == 1:
            return values[0]
        fallback = default.strip().strip("'\"")
        missing = missing or not fallback
        return fallback

    expanded = _VARIABLE.sub(replace, text)
    return None if missing else expanded


@functools.lru_cache(maxsize=8192)
def _glob(pattern: str) -> re.Pattern[str]:
    # "[*]" and "[?]" are what expand_variables leaves for ${*} and ${?}: the character itself.
    parts = re.split(r"(\[\*\]|\[\?\]|\*|\?)", pattern)
    wild = {"*": ".*", "?": ".", "[*]": r"\*", "[?]": r"\?"}
    return re.compile("".join(wild.get(part) or re.escape(part) for part in parts), re.DOTALL)


def _statement(item: Mapping[str, Any]) -> Statement:
    return Statement(
        allows=item["Effect"] == "Allow",
        actions=_strings(item.get("Action", item.get("NotAction", []))),
        not_actions="NotAction" in item,
        resources=_strings(item.get("Resource", item.get("NotResource", []))),
        not_resources="NotResource" in item,
        principals=_principals(item.get("Principal", item.get("NotPrincipal"))),
        not_principals="NotPrincipal" in item,
        conditions=tuple(
            Condition(operator, key.lower(), _strings(values))
            for operator, keys in item.get("Condition", {}).items()
            for key, values in keys.items()
        ),
    )


def _principals(value: Any) -> tuple[tuple[str, str], ...]:
    if value is None:
        return ()
    if value == "*":
        return (("AWS", "*"),)
    return tuple((kind, name) for kind, names in value.items() for name in _strings(names))


def _strings(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(("true" if item else "false") if isinstance(item, bool) else str(item) for item in items)
