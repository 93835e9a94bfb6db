"""What commands decide about a registry when they decide to leave it alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Skip:
    """Nothing is to be done for the registry.

    Attributes:
        registry: the registry's name.
        reason: why, in a sentence without its full stop.
    """

    registry: str
    reason: str

    def __str__(self) -> str:
        return f"{self.registry}: nothing to do, {self.reason}"

    def report(self) -> dict[str, object]:
        """Return it for machines."""
        return {"registry": self.registry, "outcome": "skipped", "reason": self.reason}


@dataclass(frozen=True)
class Refuse:
    """The registry cannot be touched now.

    Attributes:
        registry: the registry's name.
        problem: what is in the way, in sentences.
        remedy: what to do about it, in sentences.
    """

    registry: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.registry}: {self.problem} {self.remedy}"

    def report(self) -> dict[str, object]:
        """Return it for machines."""
        return {"registry": self.registry, "outcome": "refused", "problem": self.problem, "remedy": self.remedy}
