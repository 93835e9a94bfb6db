"""When runs of a stack were at work, as the engine's history tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

ENTRIES = 50
"""How many of the newest runs are looked at."""

MARGIN = timedelta(seconds=2)
"""AWS, the cluster and this machine may disagree about the time by so much; all of them tell it in whole seconds."""


@dataclass(frozen=True)
class Run:
    """One run that ended; a killed one is never in the history.

    Attributes:
        kind: `update`, `refresh`, `destroy`, `resource-import` …
        failed: whether it did not succeed.
        began: when.
        ended: when.
    """

    kind: str
    failed: bool
    began: datetime
    ended: datetime

    def spans(self, moment: datetime) -> bool:
        """Tell whether a moment lies within the run, as far as the clocks agree."""
        return self.began - MARGIN <= moment <= self.ended + MARGIN

    def surely_spans(self, moment: datetime) -> bool:
        """Tell whether a moment lies within the run and not at its rims, where it could be somebody else's."""
        return self.began <= moment < self.ended


def read_history(entries: Iterable[Mapping[str, Any]]) -> tuple[Run, ...]:
    """Read the engine's history, the newest first; what is still under way is left out."""
    return tuple(
        Run(str(each["kind"]), each.get("result") != "succeeded", _time(each["startTime"]), _time(each["endTime"]))
        for each in entries
        if each.get("startTime") and each.get("endTime")
    )


def left_off(runs: Sequence[Run]) -> bool:
    """Tell whether the newest run that reads or changes everything failed."""
    return next((run.failed for run in runs if run.kind in ("update", "refresh", "destroy")), False)


def last_success(runs: Sequence[Run]) -> datetime | None:
    """Return when the newest successful update ended: what is older was in state then, or is nobody's of ours."""
    return next((run.ended - MARGIN for run in runs if run.kind == "update" and not run.failed), None)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
