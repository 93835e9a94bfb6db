"""Lengths of time, as people write and read them: `90d`, `36h`, `5m`, `30s`."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SPAN = re.compile(r"([0-9]+)([smhdw])")


def read_span(text: str) -> timedelta:
    """Read a length of time.

    Args:
        text: a whole number and a unit: s, m, h, d or w.

    Raises:
        ValueError: it is none.
    """
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no length of time; write a number and s, m, h, d or w, such as 90d or 12h")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def span(length: timedelta) -> str:
    """Write a length of time in its two largest units: `3d 4h`, `5m`, `0s`."""
    left = max(0, round(length.total_seconds()))
    parts = []
    for unit in ("d", "h", "m", "s"):
        count, left = divmod(left, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"
