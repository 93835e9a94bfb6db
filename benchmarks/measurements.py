"""What was measured, and what follows from it."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.process_tree import Usage
from benchmarks.stacks import Size

STEPS = ("preview", "up", "no-op up", "destroy")


@dataclass(frozen=True)
class Measurement:
    """One command, once.

    Attributes:
        checkpoints: whether the engine wrote the state at every step, as it does by default, or once at the end.
        program: "components" or "flat".
        wanted: the size that was asked for, in resources.
        size: what the stack consisted of.
        step: which command.
        usage: time and memory.
        nvcf_calls: how many calls NVCF had during it, by method.
    """

    checkpoints: bool
    program: str
    wanted: int
    size: Size
    step: str
    usage: Usage
    nvcf_calls: Mapping[str, int]


@dataclass
class Measurements:
    """All measurements of one run."""

    all: list[Measurement] = field(default_factory=list)

    def add(self, measurement: Measurement) -> None:
        """Add one."""
        self.all.append(measurement)

    def select(self, *, checkpoints: bool) -> "Measurements":
        """Return those that were made with, or without, a checkpoint at every step."""
        return Measurements([each for each in self.all if each.checkpoints == checkpoints])

    @property
    def sizes(self) -> list[int]:
        """The sizes that were asked for, smallest first."""
        return sorted({each.wanted for each in self.all})

    def of(self, program: str, wanted: int, step: str) -> list[Measurement]:
        """Return the rounds of one command."""
        return [each for each in self.all if (each.program, each.wanted, each.step) == (program, wanted, step)]

    def seconds(self, program: str, wanted: int, step: str) -> float:
        """Return the median wall time."""
        return statistics.median(each.usage.seconds for each in self.of(program, wanted, step))

    def megabytes(self, program: str, wanted: int, step: str) -> float:
        """Return the median peak memory in 10^6 bytes."""
        return statistics.median(each.usage.peak_bytes for each in self.of(program, wanted, step)) / 1e6

    def ratios(self, wanted: int, step: str) -> list[float]:
        """Return the time of the project's program over the flat one's, round by round."""
        pairs = zip(self.of("components", wanted, step), self.of("flat", wanted, step), strict=True)
        return [ours.usage.seconds / flat.usage.seconds for ours, flat in pairs]

    def growth(self, step: str, small: int, large: int, program: str = "components") -> float:
        """Return the time per resource at the large size over that at the small one."""
        per_resource = [
            self.seconds(program, wanted, step) / self.of(program, wanted, step)[0].size.resources
            for wanted in (small, large)
        ]
        return per_resource[1] / per_resource[0]
