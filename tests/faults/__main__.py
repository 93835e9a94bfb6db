"""Runs the fault matrix: `python -m tests.faults [--slice N/M] [--only REGEX] [--jobs 2]`."""

# ruff: noqa: T201 - a command line prints

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.engine.stacks import PROJECT
from tests.faults.cases import Case, cases_of
from tests.faults.matrix import record, run
from tests.faults.report import Report, page
from tests.faults.trial import Outcome

PAGE = PROJECT / "docs" / "fault-matrix.md"


def chosen(cases: Sequence[Case], only: str, part: str) -> list[Case]:
    """Return the cases that options ask for.

    Args:
        cases: all of them.
        only: a regular expression to be found in the id.
        part: `N/M`: every M-th, from the N-th on.

    Raises:
        ValueError: there is no such part.
    """
    number, _, count = part.partition("/")
    if not 1 <= int(number) <= int(count):
        raise ValueError(f"--slice {part}: give N/M with N from 1 to M")
    return [case for case in cases if re.search(only, case.id)][int(number) - 1 :: int(count)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a program; returns 1 when any case ended badly."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Strike every call of every operation.")
    parser.add_argument("--only", default="", metavar="REGEX", help="cases whose id this is found in")
    parser.add_argument("--slice", default="1/1", metavar="N/M", help="every M-th case, from the N-th on")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="stacks struck at the same time")
    parser.add_argument("--list", action="store_true", help="name the cases and try none")
    parser.add_argument("--out", type=Path, help="where reports go (default: a new temporary directory)")
    parser.add_argument("--page", action="store_true", help=f"write {PAGE.relative_to(PROJECT)}")
    options = parser.parse_args(arguments)
    out: Path = options.out or Path(tempfile.mkdtemp(prefix="fault-matrix-"))
    out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-") as work:
        recordings = record(Path(work) / "recording")
        cases = chosen(cases_of(recordings), options.only, options.slice)
        print(f"{sum(map(len, recordings.values()))} calls recorded, {len(cases)} cases", flush=True)
        if options.list:
            print("\n".join(case.id for case in cases))
            return 0
        report = Report(cases, out)

        def tell(outcome: Outcome) -> None:
            print(report.add(outcome), flush=True)

        run(cases, Path(work) / "run", options.jobs, tell)
    print(f"\n{report.summary()}\n{time.monotonic() - started:.0f} s; everything is in {report.write()}")
    if options.page:
        PAGE.write_text(page(report.outcomes, recordings), encoding="utf-8")
    return 1 if report.bad else 0


if __name__ == "__main__":
    sys.exit(main())
