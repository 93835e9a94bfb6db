"""Policy documents, compared by what they mean.

AWS gives back a document other than it was given: keys in another order, a list of one as a string. A difference in
form alone is no change.
"""

import json
from typing import Any

# Elements of a statement whose lists are sets, by the policy grammar
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).
_SETS = ("Action", "NotAction", "Resource", "NotResource")
_PRINCIPALS = ("Principal", "NotPrincipal")


def normalized(text: str) -> str:
    """Write JSON text compactly with sorted keys; the form in which a document is sent and kept.

    Raises:
        ValueError: The text is no JSON.
    """
    return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def is_json(text: str) -> bool:
    """Tell whether `text` is JSON."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def same_policy(left: str, right: str) -> bool:
    """Tell whether two IAM policy documents mean the same; text that is no JSON only equals itself."""
    return _same(left, right, _policy)


def same_lifecycle(left: str, right: str) -> bool:
    """Tell whether two ECR lifecycle policies mean the same: rules by priority, tag lists as sets."""
    return _same(left, right, _lifecycle)


def kept(known: str | None, live: str, same: Any) -> str:
    """Return the text to keep in state: the `known` one as long as it means the same as the `live` one."""
    return known if known and same(known, live) else normalized(live)


def _same(left: str, right: str, canonical: Any) -> bool:
    if left == right:
        return True
    try:
        return bool(canonical(json.loads(left)) == canonical(json.loads(right)))
    except (ValueError, AttributeError, TypeError):
        return False


def _policy(document: dict[str, Any]) -> dict[str, Any]:
    statements = document.get("Statement", [])
    if isinstance(statements, dict):
        statements = [statements]
    # The order of statements means nothing, but equal documents must come out equal: sort by text.
    canonical = sorted((_statement(statement) for statement in statements), key=text)
    return {**document, "Statement": canonical}


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    result = dict(statement)
    for element in _SETS:
        if element in result:
            result[element] = _set(result[element])
    for element in _PRINCIPALS:
        principal = result.get(element)
        if principal == "*":
            result[element] = {"AWS": ["*"]}
        elif isinstance(principal, dict):
            result[element] = {kind: _set(names) for kind, names in principal.items()}
    condition = result.get("Condition")
    if isinstance(condition, dict):
        result["Condition"] = {
            operator: {key: _set(values) for key, values in test.items()} for operator, test in condition.items()
        }
    return result


def _set(value: Any) -> list[str]:
    """Read one value or a list of them as a set; booleans and numbers equal the strings they are written as."""
    values = value if isinstance(value, list) else [value]
    return sorted(item if isinstance(item, str) else json.dumps(item) for item in values)


def _lifecycle(document: dict[str, Any]) -> list[dict[str, Any]]:
    rules = sorted(document.get("rules", []), key=lambda rule: rule.get("rulePriority", 0))
    return [{**rule, "selection": _selection(rule.get("selection", {}))} for rule in rules]


def _selection(selection: dict[str, Any]) -> dict[str, Any]:
    tag_lists = ("tagPatternList", "tagPrefixList")
    rest = {key: value for key, value in selection.items() if key not in tag_lists}
    return {**rest, **{key: sorted(selection[key]) for key in tag_lists if selection.get(key)}}


def text(value: Any) -> str:
    """Write a document that has been parsed, with sorted keys."""
    return json.dumps(value, sort_keys=True)
