"""One way to say that a value given by the user cannot work: what is wrong, and what would be right."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """Why a value cannot work.

    Rules return a `Mistake` (or `None`) instead of raising, so that a caller can collect all of them and
    report each with the path it came from. The texts never contain a secret, and of other values only the
    part at fault.

    Attributes:
        problem: What is wrong, as a clause without a subject: "has a scheme ('https://')".
        remedy: What would be right, as a sentence without its full stop: "Give the bare hostname".
    """

    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.problem}. {self.remedy}."
