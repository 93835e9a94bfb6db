"""Faults put in on purpose: what a test can make the server do wrong, for how many calls.

A fault strikes before the call has its effect or after it. `docs/emulator.md` lists the actions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Action(Enum):
    """What happens to a matched call; the value is its name in the hook's JSON."""

    STATUS = "status"
    DELAY = "delay"
    CUT = "cut"
    NOT_JSON = "not-json"
    SECRET_STORE_DOWN = "secret-store-down"
    THROTTLE = "throttle"
    HOLD = "hold"


class Moment(Enum):
    """When a fault strikes, seen from the call's effect."""

    BEFORE = "before"
    AFTER = "after"


@dataclass
class Fault:
    """One planned fault.

    Attributes:
        path: Regular expression that must be found in the path.
        account: Id of the only account whose calls are struck; None is every account.
        remaining: Calls still to be struck; None is every call until the plan is cleared.
        skip: Matching calls that still pass before the first is struck.
        seconds: Length of a DELAY.
        status, body, headers: The answer of STATUS, and of NOT_JSON, which defaults to a gateway's HTML page.
    """

    action: Action
    method: re.Pattern[str]
    path: re.Pattern[str]
    account: str | None = None
    moment: Moment = Moment.BEFORE
    remaining: int | None = 1
    skip: int = 0
    seconds: float = 0.0
    status: int = 503
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Fault:
        """Reads {action, method?, path?, account?, when?, times?, skip?, seconds?, status?, body?, headers?}.

        Raises:
            ValueError: A member has a value it cannot have.
            KeyError: `action` is missing.
        """
        times = document.get("times", 1)
        return cls(
            action=Action(document["action"]),
            method=re.compile(document.get("method", ".*")),
            path=re.compile(document.get("path", "")),
            account=document.get("account"),
            moment=Moment(document.get("when", "before")),
            remaining=None if times is None else int(times),
            skip=int(document.get("skip", 0)),
            seconds=float(document.get("seconds", 0)),
            status=int(document.get("status", 503)),
            body=str(document.get("body", "")),
            headers=dict(document.get("headers", {})),
        )

    def as_json(self) -> dict[str, object]:
        """What the hook shows of a planned fault."""
        return {
            "action": self.action.value,
            "method": self.method.pattern,
            "path": self.path.pattern,
            "account": self.account,
            "when": self.moment.value,
            "remaining": self.remaining,
            "skip": self.skip,
        }

    def matches(self, method: str, path: str, account: str | None) -> bool:
        """Whether a call is meant."""
        return (
            self.account in (None, account)
            and self.method.fullmatch(method) is not None
            and self.path.search(path) is not None
        )


class FaultPlan:
    """Planned faults in the order they were put in."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Plans a fault."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Forgets every planned fault."""
        self._faults.clear()

    def pending(self) -> list[Fault]:
        """Faults that still have calls to strike."""
        return [f for f in self._faults if f.remaining != 0]

    def strike(self, method: str, path: str, account: str | None) -> list[Fault]:
        """The faults that hit this call; each is counted down.

        Args:
            method: The call's method.
            path: Its path.
            account: Id of the account it is about; None where it is about none.
        """
        hit = []
        for fault in self.pending():
            if not fault.matches(method, path, account):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            if fault.remaining is not None:
                fault.remaining -= 1
            hit.append(fault)
        return hit
