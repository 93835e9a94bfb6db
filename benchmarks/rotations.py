"""`python -m benchmarks.rotations`: what a rotation costs, alone and in a fleet; writes rotations.md and a plot.

Everything of a ratio is measured in one run on one sandbox, in turn. AWS and NVCF are emulators, the plugins stand-ins.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl

from benchmarks.fleet import Fleet
from benchmarks.report import machine
from sandbox.options import Options
from sandbox.parts import aws, nvcf
from sandbox.running import Sandbox

RESULTS = Path(__file__).parent
ROTATION_TARGET = 1.5
FLEET_TARGET = 0.6
#: Seconds until the emulated AWS knows a new key; real IAM takes about as long or longer.
PROPAGATION = 2.0
#: Seconds that NVCF's caches are configured to take, instead of six minutes.
CACHES = 5


@dataclass(frozen=True)
class Rotation:
    """One rotation of one registry.

    Attributes:
        idle: seconds of an `up` with nothing to do, just before.
        by_hand: seconds of `pulumi up` with the next generation.
        command: seconds of `ops rotate` beyond the propagation that it waits for, planning and verifying included.
        iam_writes: writes to IAM's keys of the command.
        nvcf_writes: writes to NVCF of the command.
    """

    idle: float
    by_hand: float
    command: float
    iam_writes: int
    nvcf_writes: int


def measure_rotations(fleet: Fleet, stack: str, rounds: int) -> list[Rotation]:
    """Rotate one registry again and again, by hand and by command."""
    measured = []
    for number in range(rounds):
        idle = fleet.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", stack)
        fleet.next_generation(stack, 2 * number + 2)
        by_hand = fleet.pulumi("up", "--yes", "--skip-preview", "--stack", stack)
        before = fleet.writes()
        time.sleep(CACHES)
        command = fleet.rotate("--stack", stack) - CACHES
        iam, nvcf_writes = (after - earlier for after, earlier in zip(fleet.writes(), before, strict=True))
        measured.append(Rotation(idle, by_hand, command, iam, nvcf_writes))
        print(f"no-op up {idle:.2f} s, by hand {by_hand:.2f} s, ops rotate {command:.2f} s", flush=True)
    return measured


def measure_fleet(fleet: Fleet, jobs: int, rounds: int) -> list[tuple[float, float]]:
    """Rotate all stacks, one after another and side by side; returns the seconds of both, round by round."""
    measured = []
    for _ in range(rounds):
        # The rotation before must be known everywhere, or the next one waits for that; it is not what is measured.
        time.sleep(CACHES)
        serial = fleet.rotate("--all", "--no-wait", "--jobs", "1")
        time.sleep(CACHES)
        parallel = fleet.rotate("--all", "--no-wait", "--jobs", str(jobs))
        measured.append((serial, parallel))
        print(f"fleet: one after another {serial:.1f} s, {jobs} at a time {parallel:.1f} s", flush=True)
    return measured


def report(rotations: Sequence[Rotation], fleet: Sequence[tuple[float, float]], stacks: int, jobs: int) -> str:
    """Return the page."""
    idle = statistics.median(each.idle for each in rotations)
    by_hand = statistics.median(each.by_hand / each.idle for each in rotations)
    command = statistics.median(each.command / each.idle for each in rotations)
    side_by_side = statistics.median(parallel / serial for serial, parallel in fleet)
    iam, nvcf_writes = max(each.iam_writes for each in rotations), max(each.nvcf_writes for each in rotations)
    rows = [
        ("rotation by configuration, times a no-op up", by_hand, by_hand <= ROTATION_TARGET, f"{ROTATION_TARGET}"),
        ("`ops rotate`, planning and verifying included", command, command <= ROTATION_TARGET, f"{ROTATION_TARGET}"),
        ("most writes to IAM in a rotation", iam, iam <= 3, "3"),
        ("most writes to NVCF in a rotation", nvcf_writes, nvcf_writes <= 1, "1"),
        (
            f"{stacks} stacks, {jobs} at a time, times one after another",
            side_by_side,
            side_by_side <= FLEET_TARGET,
            f"{FLEET_TARGET}",
        ),
    ]
    return "\n".join(
        [
            "# What a rotation costs",
            "",
            "Made by `python -m benchmarks.rotations`. Whole commands, engine, program and plugins included, on",
            f"emulators and stand-ins. Measured on {machine()}; a no-op up took {idle:.2f} s. `ops rotate` is",
            f"measured less the {CACHES} s that NVCF's caches are configured to take; it verifies while it waits.",
            f"In the fleet a new key is unknown to AWS for {PROPAGATION:.0f} s, as it is on real IAM, and NVCF's",
            f"account has room for exactly the {stacks} credentials.",
            "",
            "| | Measured | At most | Met |",
            "|---|---|---|---|",
            *(f"| {what} | {value:.3g} | {most} | {'yes' if met else 'no'} |" for what, value, met, most in rows),
            "",
            f"Medians of {len(rotations)} rotations and {len(fleet)} rounds of the fleet.",
            "",
            "![one after another and side by side](rotations.svg)",
            "",
        ]
    )


def plot(rotations: Sequence[Rotation], fleet: Sequence[tuple[float, float]], jobs: int, file: Path) -> None:
    """Draw the medians as bars."""
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "rotations"
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after the backend is chosen

    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    names = ("no-op up", "by hand", "ops rotate")
    measured = [(each.idle, each.by_hand, each.command) for each in rotations]
    seconds = [statistics.median(values) for values in zip(*measured, strict=True)]
    left.bar(names, seconds)
    left.set_ylabel("seconds")
    left.set_title("one registry")
    right.bar(("1 at a time", f"{jobs} at a time"), [statistics.median(values) for values in zip(*fleet, strict=True)])
    right.set_title("fleet")
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rotations", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rotations of one registry")
    parser.add_argument("--stacks", type=int, default=20, help="stacks of the fleet")
    parser.add_argument("--jobs", type=int, default=6, help="stacks at a time")
    parser.add_argument("--fleet-rounds", type=int, default=1, help="rounds of the fleet")
    parser.add_argument("--output", type=Path, default=RESULTS, help="directory for the page and the plot")
    options = parser.parse_args()
    names = [f"s{number:02}" for number in range(options.stacks)]
    with tempfile.TemporaryDirectory(prefix="rotations-") as directory:
        root = Path(directory)
        with Sandbox(root / "sandbox", Options(), parts=[aws(0.0, images=False), nvcf()]) as sandbox:
            fleet = Fleet(root / "fleet", sandbox, names)
            fleet.propagation(0, CACHES)
            fleet.deploy()
            rotations = measure_rotations(fleet, names[0], options.rounds)
            fleet.propagation(PROPAGATION, CACHES)
            rounds = measure_fleet(fleet, options.jobs, options.fleet_rounds)
    page = report(rotations, rounds, options.stacks, options.jobs)
    (options.output / "rotations.md").write_text(page, encoding="utf-8")
    plot(rotations, rounds, options.jobs, options.output / "rotations.svg")
    print(page)


if __name__ == "__main__":
    main()
