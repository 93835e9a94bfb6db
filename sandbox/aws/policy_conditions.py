"""The `Condition` block of a policy statement ("IAM JSON policy elements: Condition operators", IAM User Guide)."""

import datetime as dt
import ipaddress
from collections.abc import Callable, Iterable

from sandbox.aws.policy_document import (
    Condition,
    Context,
    expand_variables,
    matches_glob,
)

Comparison = Callable[[str, str], bool]
"""Takes the value in the policy and the value in the request."""


class UnknownOperatorError(Exception):
    """The condition uses an operator that this evaluator does not know."""


def conditions_hold(conditions: Iterable[Condition], context: Context) -> bool:
    """Whether every condition of a statement is met.

    Args:
        conditions: The statement's conditions.
        context: Condition keys of the request.

    Raises:
        UnknownOperatorError: An operator is unknown; the caller must then refuse.
    """
    return all(_holds(condition, context) for condition in conditions)


def _holds(condition: Condition, context: Context) -> bool:
    operator = condition.operator
    quantifier, _, rest = operator.rpartition(":")
    present = context.get(condition.key, ())
    if rest == "Null":
        return (not present) == (condition.values[0].lower() == "true")
    if_exists = rest.endswith("IfExists")
    name = rest.removesuffix("IfExists")
    if name not in _OPERATORS or quantifier not in {"", "ForAnyValue", "ForAllValues"}:
        raise UnknownOperatorError(operator)
    compare, negated = _OPERATORS[name]
    wanted = [text for value in condition.values if (text := expand_variables(value, context)) is not None]

    def fits(value: str) -> bool:
        return any(compare(text, value) for text in wanted) != negated

    if quantifier == "ForAllValues":
        return all(fits(value) for value in present)
    if quantifier == "ForAnyValue":
        return any(fits(value) for value in present)
    if not present:
        # A key that is absent fails a positive operator and satisfies a negated one.
        return if_exists or negated
    return all(fits(value) for value in present) if negated else any(fits(value) for value in present)


def _arn(pattern: str, value: str) -> bool:
    wanted, given = pattern.split(":", 5), value.split(":", 5)
    return len(wanted) == len(given) and all(matches_glob(p, g) for p, g in zip(wanted, given, strict=True))


def _number(test: Callable[[float, float], bool]) -> Comparison:
    def compare(wanted: str, given: str) -> bool:
        try:
            return test(float(given), float(wanted))
        except ValueError:
            return False

    return compare


def _date(test: Callable[[float, float], bool]) -> Comparison:
    def compare(wanted: str, given: str) -> bool:
        try:
            return test(_moment(given), _moment(wanted))
        except ValueError:
            return False

    return compare


def _moment(text: str) -> float:
    if text.isdigit():
        return float(text)
    moment = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)).timestamp()


def _address(wanted: str, given: str) -> bool:
    try:
        return ipaddress.ip_address(given) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def _same_text(wanted: str, given: str) -> bool:
    return wanted == given


def _same_letters(wanted: str, given: str) -> bool:
    return wanted.lower() == given.lower()


_OPERATORS: dict[str, tuple[Comparison, bool]] = {
    "StringEquals": (_same_text, False),
    "StringNotEquals": (_same_text, True),
    "StringEqualsIgnoreCase": (_same_letters, False),
    "StringNotEqualsIgnoreCase": (_same_letters, True),
    "StringLike": (matches_glob, False),
    "StringNotLike": (matches_glob, True),
    "ArnEquals": (_arn, False),
    "ArnNotEquals": (_arn, True),
    "ArnLike": (_arn, False),
    "ArnNotLike": (_arn, True),
    "Bool": (_same_letters, False),
    "NumericEquals": (_number(lambda given, wanted: given == wanted), False),
    "NumericNotEquals": (_number(lambda given, wanted: given == wanted), True),
    "NumericLessThan": (_number(lambda given, wanted: given < wanted), False),
    "NumericLessThanEquals": (_number(lambda given, wanted: given <= wanted), False),
    "NumericGreaterThan": (_number(lambda given, wanted: given > wanted), False),
    "NumericGreaterThanEquals": (_number(lambda given, wanted: given >= wanted), False),
    "DateEquals": (_date(lambda given, wanted: given == wanted), False),
    "DateNotEquals": (_date(lambda given, wanted: given == wanted), True),
    "DateLessThan": (_date(lambda given, wanted: given < wanted), False),
    "DateLessThanEquals": (_date(lambda given, wanted: given <= wanted), False),
    "DateGreaterThan": (_date(lambda given, wanted: given > wanted), False),
    "DateGreaterThanEquals": (_date(lambda given, wanted: given >= wanted), False),
    "IpAddress": (_address, False),
    "NotIpAddress": (_address, True),
}
"""Comparison of each operator, and whether it is negated."""
