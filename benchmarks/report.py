"""The measurements as a page of Markdown."""

import platform
import statistics
from pathlib import Path

from benchmarks.measurements import STEPS, Measurements

RATIO_TARGET = 1.15
GROWTH_TARGET = 1.3


def report(measurements: Measurements) -> str:
    """Return the page; it says what was measured, on what, and whether the targets are met."""
    return "\n".join(
        [
            "# What it costs",
            "",
            "Made by `make bench`. Wall time and peak memory of whole Pulumi commands: engine, language host, program",
            "and plugins together. Next to the project's program runs a flat one that declares the same resources by",
            "hand, without settings, components or checks. Both run in turn in one sandbox: AWS and NVCF are",
            "emulators, the plugins stand-ins, so seconds say little about a real environment; the ratios count.",
            "",
            f"Measured on {machine()}.",
            "",
            "## The program",
            "",
            "With one checkpoint at the end of each command (`PULUMI_SKIP_CHECKPOINTS=1`), so that what is seen is the",
            "program and not the engine's file backend.",
            "",
            *_table(measurements.select(checkpoints=False)),
            "",
            "![time by number of resources](scaling.svg)",
            "",
            "## As the engine does it by default",
            "",
            "A checkpoint at every step. The file backend writes the whole state each time, so time grows with the",
            "square of the number of resources, for both programs alike.",
            "",
            *_table(measurements.select(checkpoints=True)),
            "",
            "## Targets",
            "",
            *_targets(measurements),
            "",
        ]
    )


def _table(measurements: Measurements) -> list[str]:
    lines = [
        "| Resources | Command | Seconds | Flat program | Ratio (median of rounds; least-most) | Peak memory | Flat |",
        "|---|---|---|---|---|---|---|",
    ]
    for wanted in measurements.sizes:
        for step in STEPS:
            ours = measurements.of("components", wanted, step)
            ratios = measurements.ratios(wanted, step)
            lines.append(
                f"| {ours[0].size.resources} | {step} | {measurements.seconds('components', wanted, step):.2f} "
                f"| {measurements.seconds('flat', wanted, step):.2f} "
                f"| **{statistics.median(ratios):.2f}** ({min(ratios):.2f}-{max(ratios):.2f}, {_rounds(len(ratios))}) "
                f"| {measurements.megabytes('components', wanted, step):.0f} MB "
                f"| {measurements.megabytes('flat', wanted, step):.0f} MB |"
            )
    return lines


def _targets(measurements: Measurements) -> list[str]:
    lines = ["| Target | Measured | Met |", "|---|---|---|"]
    for checkpoints, way in ((False, "one checkpoint"), (True, "a checkpoint at every step")):
        chosen = measurements.select(checkpoints=checkpoints)
        for step in STEPS:
            ratio = max(statistics.median(chosen.ratios(wanted, step)) for wanted in chosen.sizes)
            text = f"{step}, {way}: at most {RATIO_TARGET} times the flat program, at any size"
            lines.append(_row(text, f"{ratio:.2f}", ratio <= RATIO_TARGET))
        if {100, 1000} <= set(chosen.sizes):
            lines += [_growth(chosen, step, way, checkpoints=checkpoints) for step in STEPS]
    idle = sum(
        sum(each.nvcf_calls.values())
        for each in measurements.all
        if (each.program, each.step) == ("components", "no-op up")
    )
    lines.append(_row("no call to NVCF in a no-op up", str(idle), idle == 0))
    ups = [each for each in measurements.all if (each.program, each.step) == ("components", "up")]
    written = [each.nvcf_calls["POST"] + each.nvcf_calls["PATCH"] for each in ups]
    wanted = [each.size.registries for each in ups]
    lines.append(_row("one write for each created credential", f"{sum(written)} for {sum(wanted)}", written == wanted))
    return lines


def _growth(chosen: Measurements, step: str, way: str, *, checkpoints: bool) -> str:
    growth = chosen.growth(step, 100, 1000)
    text = f"{step}, {way}: time per resource at 1,000 at most {GROWTH_TARGET} times that at 100"
    if not checkpoints:
        return _row(text, f"{growth:.2f}", growth <= GROWTH_TARGET)
    # The file backend's growth is every program's: ours is to add nothing to it.
    flat = chosen.growth(step, 100, 1000, "flat")
    met = growth <= max(GROWTH_TARGET, RATIO_TARGET * flat)
    return _row(f"{text}, or what the flat program's is", f"{growth:.2f}; flat {flat:.2f}", met)


def _row(target: str, measured: str, met: bool) -> str:  # noqa: FBT001 - a column of the table
    return f"| {target} | {measured} | {'yes' if met else 'no'} |"


def machine() -> str:
    """Return what was measured on."""
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text(encoding="utf-8").splitlines() if cpu.exists() else []
    cores = sum(line.startswith("processor") for line in lines)
    return f"{cores or 'some'} cores ({platform.machine()}), Python {platform.python_version()}"


def _rounds(count: int) -> str:
    return "1 round" if count == 1 else f"{count} rounds"
