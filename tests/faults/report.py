"""What a run of the matrix says: its size, how the cases ended, and everything about those that ended badly."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.calls import Call
from tests.faults.cases import KILLS, Blow, Case
from tests.faults.operations import Operation
from tests.faults.trial import Outcome, Verdict

_HEAD = """# Fault matrix

Written by `make faults`; [testing.md](testing.md) says what it does. Each case strikes one call of one operation. A
killed run is followed by `ops recover` and one `pulumi up` (or `destroy`), any other failure by one `pulumi up` alone,
if by anything. Where AWS creates something and its answer is lost, that does not do: the aws plugin asks again and is
told that the name is taken, or gets a second key. These cases took a `recover` as well and are counted apart.
"""


@dataclass
class Report:
    """The outcomes so far.

    Attributes:
        planned: the cases that are to be tried.
        directory: where the details of bad outcomes go.
        outcomes: how cases ended.
    """

    planned: Sequence[Case]
    directory: Path
    outcomes: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> str:
        """Note an outcome, keep its details where it is bad, and return a line about it."""
        self.outcomes.append(outcome)
        line = f"{len(self.outcomes)}/{len(self.planned)} {outcome.seconds:5.1f} s  {outcome.case.id}: "
        if outcome.is_good:
            return line + outcome.verdict.value
        file = self.directory / (re.sub(r"[^A-Za-z0-9#.-]+", "-", outcome.case.id) + ".txt")
        file.write_text(outcome.text(), encoding="utf-8")
        said = "".join(f"\n    {problem.strip().splitlines()[-1][:300]}" for problem in outcome.problems)
        again = f"python -m tests.faults --only '^{re.escape(outcome.case.id)}$'"
        return f"{line}{outcome.verdict.value.upper()}{said}\n    all of it: {file}\n    once more: {again}"

    @property
    def bad(self) -> list[Outcome]:
        """The outcomes that are not as they should be."""
        return [each for each in self.outcomes if not each.is_good]

    def summary(self) -> str:
        """Return the matrix's size and how it went, for people."""
        verdicts = Counter(each.verdict for each in self.outcomes)
        killed = sum(each.case.blow.kills for each in self.outcomes)
        lines = [
            f"{len(self.outcomes)} cases: {killed} kills, {len(self.outcomes) - killed} failures",
            *(f"  {count:5d} {verdict.value}" for verdict, count in verdicts.most_common()),
        ]
        return "\n".join(lines)

    def document(self) -> dict[str, Any]:
        """Return everything, for machines."""
        return {
            "cases": len(self.outcomes),
            "byBlow": dict(Counter(each.case.blow.value for each in self.outcomes)),
            "byVerdict": dict(Counter(each.verdict.name.lower() for each in self.outcomes)),
            "outcomes": [
                {
                    "id": each.case.id,
                    "verdict": each.verdict.name.lower(),
                    "problems": each.problems,
                    "seconds": round(each.seconds, 2),
                }
                for each in sorted(self.outcomes, key=lambda each: each.case.id)
            ],
        }

    def write(self) -> Path:
        """Write `matrix.json` and return its path."""
        file = self.directory / "matrix.json"
        file.write_text(json.dumps(self.document(), indent=1), encoding="utf-8")
        return file


def page(outcomes: Sequence[Outcome], recordings: Mapping[Operation, Sequence[Call]]) -> str:
    """Return the page for the documentation: per operation and kind of call, what was tried and how it ended."""
    verdicts = Counter(each.verdict for each in outcomes)
    rows = [
        _HEAD,
        "| Operation | Call | Calls | Kills | Failures | Ended well | Did not |",
        "|---|---|---|---|---|---|---|",
    ]
    for operation in Operation:
        kinds: dict[str, list[Outcome]] = {}
        for each in outcomes:
            if each.case.operation is operation:
                kinds.setdefault(each.case.call.kind, []).append(each)
        for kind, group in sorted(kinds.items()):
            calls = len({each.case.call for each in group})
            killed = sum(each.case.blow.kills for each in group)
            good = sum(each.is_good for each in group)
            with_recover = sum(each.is_good and each.verdict is Verdict.NEEDED_RECOVER for each in group)
            rows.append(
                f"| {operation.value} | `{kind}` | {calls} | {killed} | {len(group) - killed} | {good - with_recover} "
                f"| {with_recover or ''} | {len(group) - good or ''} |"
            )
    rows += ["", _sizes(outcomes, recordings), "", "| Verdict | Cases |", "|---|---|"]
    rows += [f"| {verdict.value} | {verdicts[verdict]} |" for verdict in Verdict if verdicts[verdict]]
    return "\n".join(rows) + "\n"


def _sizes(outcomes: Sequence[Outcome], recordings: Mapping[Operation, Sequence[Call]]) -> str:
    made = sum(len(calls) for calls in recordings.values())
    writes = sum(call.writes for calls in recordings.values() for call in calls)
    blows = Counter(each.case.blow for each in outcomes)
    killed = sum(blows[blow] for blow in KILLS)
    by_blow = ", ".join(f"{blow.value} {blows[blow]}" for blow in Blow if blows[blow])
    return (
        f"Recorded were {made} calls, {writes} of which write. That makes {len(outcomes)} cases, {killed} of them "
        f"kills: {by_blow}."
    )
