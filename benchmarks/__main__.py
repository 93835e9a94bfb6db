"""`python -m benchmarks`: times the program next to a flat one, writes a table and a plot.

Everything runs in one sandbox, the two programs in turn, so that the ratios hold when the machine's speed drifts.
"""

import argparse
import tempfile
from pathlib import Path

import httpx

from benchmarks.measurements import Measurement, Measurements
from benchmarks.plot import plot
from benchmarks.report import report
from benchmarks.stacks import Stack, prepare, size_for
from sandbox.options import Options
from sandbox.running import Sandbox

RESULTS = Path(__file__).parent
PROGRAMS = ("components", "flat")
#: How often each size is measured; the large one is steady enough, and slow.
ROUNDS = {10: 5, 100: 3, 1000: 2}


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=sorted(ROUNDS), help="resources a stack")
    parser.add_argument("--rounds", type=int, help="how often each size is measured")
    parser.add_argument("--output", type=Path, default=RESULTS, help="directory for README.md and the plot")
    options = parser.parse_args()
    measurements = Measurements()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as directory:
        for size in options.sizes:
            for number in range(options.rounds or ROUNDS.get(size, 2)):
                # A sandbox of its own for each round: what one leaves behind must not slow down the next.
                root = Path(directory) / f"{size}-{number}"
                with Sandbox(root / "sandbox", Options()) as sandbox:
                    # The second program of a round meets warmer caches, so they take turns at being it.
                    for program in PROGRAMS if number % 2 else reversed(PROGRAMS):
                        measure(measurements, sandbox, root / program, program, size)
    options.output.joinpath("README.md").write_text(report(measurements), encoding="utf-8")
    plot(measurements, options.output / "scaling.svg")
    print(f"written: {options.output / 'README.md'} and {options.output / 'scaling.svg'}")


def measure(measurements: Measurements, sandbox: Sandbox, directory: Path, program: str, resources: int) -> None:
    """Measure one program at one size: preview, up, up again with nothing to do, destroy."""
    size = size_for(resources)
    stack = prepare(directory, program, size, sandbox.env)
    steps = {
        "preview": ("preview",),
        "up": ("up", "--yes", "--skip-preview"),
        "no-op up": ("up", "--yes", "--skip-preview", "--expect-no-changes"),
        "destroy": ("destroy", "--yes", "--skip-preview"),
    }
    for step, command in steps.items():
        before = writes(sandbox)
        usage = stack.run(*command)
        calls = {key: count - before.get(key, 0) for key, count in writes(sandbox).items()}
        measurements.add(Measurement(program, resources, size, step, usage, calls))
        print(f"{program:>10}  {size.resources:>5} resources  {step:<9} {usage.seconds:7.2f} s", flush=True)
    remove(stack)


def remove(stack: Stack) -> None:
    """Remove a destroyed stack, so that its history is not carried along."""
    stack.run("stack", "rm", "--yes", "bench")


def writes(sandbox: Sandbox) -> dict[str, int]:
    """Return how many calls NVCF's emulator has had so far, by method."""
    log = httpx.get(f"{sandbox.endpoints['nvcf']}/__sandbox/calls", trust_env=False).raise_for_status().json()
    counts = {"POST": 0, "PATCH": 0, "DELETE": 0, "GET": 0}
    for call in log["calls"]:
        if "registry" in call["path"]:
            counts[call["method"]] += 1
    return counts


if __name__ == "__main__":
    main()
