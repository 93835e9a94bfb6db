"""The measurements as a plot: time by number of resources, both programs, one panel a command."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.measurements import STEPS, Measurements


def plot(measurements: Measurements, path: Path) -> None:
    """Write the plot as SVG, the same bytes for the same measurements."""
    with mpl.rc_context({"svg.hashsalt": "benchmarks", "font.size": 9}):
        figure = Figure(figsize=(10, 2.8), layout="constrained")
        for panel, step in zip(figure.subplots(1, len(STEPS)), STEPS, strict=True):
            for program, style in (("components", "o-"), ("flat", "s--")):
                counts = [measurements.of(program, wanted, step)[0].size.resources for wanted in measurements.sizes]
                seconds = [measurements.seconds(program, wanted, step) for wanted in measurements.sizes]
                panel.loglog(counts, seconds, style, label=program, markersize=4)
            panel.set_title(step)
            panel.set_xlabel("resources")
            panel.grid(alpha=0.3, which="both")
        figure.axes[0].set_ylabel("seconds")
        figure.axes[0].legend()
        figure.savefig(path, metadata={"Date": None})
