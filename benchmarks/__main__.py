"""`python -m benchmarks`: times the program next to a flat one, writes a table and a plot.

Everything runs in one sandbox, the two programs in turn, so that the ratios hold when the machine's speed drifts.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.measurements import Measurement, Measurements
from benchmarks.plot import plot
from benchmarks.report import report
from benchmarks.stacks import prepare, size_for
from sandbox.options import Options
from sandbox.running import Sandbox

RESULTS = Path(__file__).parent
PROGRAMS = ("components", "flat")
#: How often each size is measured without checkpoints; the large one is steady, and slow.
ROUNDS = {10: 3, 100: 3, 1000: 1}
#: With checkpoints the engine's file backend writes the whole state at every step: minutes at 1,000 resources.
CHECKPOINT_ROUNDS = {10: 2, 100: 3, 1000: 1}
#: Tells the engine to write the state once, at the end (an experimental switch of Pulumi's).
NO_CHECKPOINTS = {"PULUMI_EXPERIMENTAL": "1", "PULUMI_SKIP_CHECKPOINTS": "1"}


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=sorted(ROUNDS), help="resources a stack")
    parser.add_argument("--rounds", type=int, help="how often each size is measured")
    parser.add_argument("--output", type=Path, default=RESULTS, help="directory for README.md and the plot")
    options = parser.parse_args()
    measurements = Measurements()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as directory:
        for checkpoints, rounds in ((False, ROUNDS), (True, CHECKPOINT_ROUNDS)):
            for size in options.sizes:
                for number in range(options.rounds or rounds.get(size, 0)):
                    # A sandbox of its own for each round: what one leaves behind must not slow down the next.
                    root = Path(directory) / f"{size}-{number}-{checkpoints}"
                    with Sandbox(root / "sandbox", Options()) as sandbox:
                        # The second program of a round meets warmer caches, so they take turns at being it.
                        for program in PROGRAMS if number % 2 else reversed(PROGRAMS):
                            measure(Trial(checkpoints, program, size), measurements, sandbox, root / program)
    options.output.joinpath("README.md").write_text(report(measurements), encoding="utf-8")
    plot(measurements.select(checkpoints=False), options.output / "scaling.svg")
    print(f"written: {options.output / 'README.md'} and {options.output / 'scaling.svg'}")


@dataclass(frozen=True)
class Trial:
    """What is measured.

    Attributes:
        checkpoints: whether the engine writes the state at every step.
        program: "components" or "flat".
        resources: how many resources, about.
    """

    checkpoints: bool
    program: str
    resources: int


def measure(trial: Trial, measurements: Measurements, sandbox: Sandbox, directory: Path) -> None:
    """Measure one program at one size: preview, up, up again with nothing to do, destroy."""
    size = size_for(trial.resources)
    environment = {**sandbox.env, **({} if trial.checkpoints else NO_CHECKPOINTS)}
    stack = prepare(directory, trial.program, size, environment)
    steps = {
        "preview": ("preview",),
        "up": ("up", "--yes", "--skip-preview"),
        "no-op up": ("up", "--yes", "--skip-preview", "--expect-no-changes"),
        "destroy": ("destroy", "--yes", "--skip-preview"),
    }
    for step, command in steps.items():
        before = nvcf_calls(sandbox)
        usage = stack.run(*command)
        calls = {key: count - before[key] for key, count in nvcf_calls(sandbox).items()}
        measurements.add(Measurement(trial.checkpoints, trial.program, trial.resources, size, step, usage, calls))
        print(
            f"{trial.program:>10}  {size.resources:>5} resources  {step:<9} {usage.seconds:7.2f} s"
            f"{'  (checkpoints)' if trial.checkpoints else ''}",
            flush=True,
        )


def nvcf_calls(sandbox: Sandbox) -> dict[str, int]:
    """Return how many calls NVCF's emulator has had so far, by method."""
    log = httpx.get(f"{sandbox.endpoints['nvcf']}/__sandbox/calls", trust_env=False).raise_for_status().json()
    counts = {"POST": 0, "PATCH": 0, "DELETE": 0, "GET": 0}
    for call in log["calls"]:
        if "registry" in call["path"]:
            counts[call["method"]] += 1
    return counts


if __name__ == "__main__":
    main()
