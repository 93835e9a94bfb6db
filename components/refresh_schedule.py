"""Whether a cron schedule refreshes a pull secret often enough.

A token of ECR lives 12 hours. Refreshed at half of that, one failed run does no harm (the kubelet's own ECR credential
provider caches for half a token's life as well).
"""

from typing import Final

MAX_GAP_MINUTES: Final = 6 * 60
_DAY: Final = 24 * 60


def schedule_problem(schedule: str) -> str | None:
    """Return what is wrong with a schedule of five cron fields, or None.

    Args:
        schedule: minute and hour as numbers, ``*``, lists, ranges and steps; the three day fields as ``*``.
    """
    fields = schedule.split()
    if len(fields) != 5:
        return f"{schedule!r} has {len(fields)} fields, not the five of cron; write for example '17 */4 * * *'"
    if fields[2:] != ["*", "*", "*"]:
        return f"{schedule!r} does not run every day, but a token lives 12 hours; write * in the last three fields"
    try:
        minutes, hours = _values(fields[0], 60), _values(fields[1], 24)
    except ValueError as error:
        return f"{schedule!r} is no schedule: {error}; write for example '17 */4 * * *'"
    gap = longest_gap(minutes, hours)
    if gap > MAX_GAP_MINUTES:
        return (
            f"{schedule!r} leaves {gap // 60} h {gap % 60} min between two runs, but a token lives 12 hours and one "
            "failed run must do no harm; run at least every 6 hours, for example '17 */4 * * *'"
        )
    return None


def longest_gap(minutes: frozenset[int], hours: frozenset[int]) -> int:
    """Return the longest time between two runs, in minutes, of a schedule with these minutes and hours."""
    runs = sorted(hour * 60 + minute for hour in hours for minute in minutes)
    following = [*runs[1:], runs[0] + _DAY]
    return max(after - before for before, after in zip(runs, following, strict=True))


def _values(field: str, count: int) -> frozenset[int]:
    values: set[int] = set()
    for part in field.split(","):
        span, _, step_text = part.partition("/")
        step = int(step_text) if step_text else 1
        if step < 1:
            raise ValueError(f"{part!r} has a step below 1")
        if span == "*":
            first, last = 0, count - 1
        else:
            first_text, _, last_text = span.partition("-")
            first = int(first_text)
            last = int(last_text) if last_text else (count - 1 if step_text else first)
        if not 0 <= first <= last < count:
            raise ValueError(f"{part!r} is not within 0-{count - 1}")
        values.update(range(first, last + 1, step))
    return frozenset(values)
