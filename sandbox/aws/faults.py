"""Failures on demand: a test asks for them, and the next matching calls fail that way."""

import re
import threading
from dataclasses import dataclass
from typing import Literal

When = Literal["before", "after"]


@dataclass(frozen=True)
class Fault:
    """One kind of failure.

    Attributes:
        action: Regular expression that must match the whole of `service:Operation`, letter case ignored.
        resource: Regular expression that must match the whole ARN.
        status: HTTP status to answer with; None leaves the answer alone.
        code: AWS error code of that answer.
        message: Text of that answer.
        delay: Seconds to wait first.
        cut: Close the connection instead of answering.
        when: `before` the call has its effect, or `after` it.
        hold: Stop the call until a hook releases it; one whose client goes away meanwhile goes no further.
        times: How many calls it hits; None means every one.
        skip: How many matching calls it lets pass first.
    """

    action: str
    resource: str = ".*"
    status: int | None = None
    code: str = "ServiceUnavailable"
    message: str = "fault injected by the sandbox"
    delay: float = 0.0
    cut: bool = False
    hold: bool = False
    when: When = "before"
    times: int | None = 1
    skip: int = 0

    def __post_init__(self) -> None:
        if self.when not in {"before", "after"}:
            raise ValueError(f"when must be 'before' or 'after', not {self.when!r}")
        if self.status is not None and not 400 <= self.status <= 599:
            raise ValueError(f"status must be between 400 and 599, not {self.status}")
        if self.skip < 0:
            raise ValueError(f"skip must not be negative, got {self.skip}")
        for pattern in (self.action, self.resource):
            re.compile(pattern)

    def hits(self, action: str, resources: tuple[str, ...]) -> bool:
        """Whether a call on any of these resources is meant."""
        return re.fullmatch(self.action, action, re.IGNORECASE) is not None and any(
            re.fullmatch(self.resource, resource) for resource in resources or ("*",)
        )


@dataclass
class _Armed:
    fault: Fault
    left: int | None
    skip: int


class Faults:
    """The failures that are waiting."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Arms a failure."""
        with self._lock:
            self._armed.append(_Armed(fault, fault.times, fault.skip))

    def clear(self) -> None:
        """Disarms all of them."""
        with self._lock:
            self._armed.clear()

    def waiting(self) -> list[Fault]:
        """Those that would still hit a call."""
        with self._lock:
            return [armed.fault for armed in self._armed]

    def take(self, action: str, resources: tuple[str, ...]) -> Fault | None:
        """The first failure meant for this call; counts it as spent."""
        with self._lock:
            for armed in self._armed:
                if armed.fault.hits(action, resources):
                    if armed.skip:
                        armed.skip -= 1
                        continue
                    if armed.left is not None:
                        armed.left -= 1
                        if armed.left == 0:
                            self._armed.remove(armed)
                    return armed.fault
        return None
