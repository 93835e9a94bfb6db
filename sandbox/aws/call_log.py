"""What was called, by whom, and how it ended. Never a secret, a parameter or a body."""

import threading
from collections import deque
from dataclasses import dataclass

CAPACITY = 200_000
"""Calls kept; the oldest go first."""


@dataclass(frozen=True)
class LoggedCall:
    """One call.

    Attributes:
        number: Position in the order of answers, from 1.
        at: Time of the answer, ISO 8601.
        service: Signing name.
        action: `service:Operation`.
        region: Region of the endpoint.
        resources: ARNs the call was about; `*` when it has none.
        key_id: Access key id that signed; empty for an unsigned call.
        principal: ARN of the caller; empty when it was not authenticated.
        status: HTTP status; 0 when the connection was cut.
        code: AWS error code; empty on success.
        via: `api`, or `registry` for a step of a pull or push at the registry's own API.
    """

    number: int
    at: str
    service: str
    action: str
    region: str
    resources: tuple[str, ...]
    key_id: str
    principal: str
    status: int
    code: str
    via: str


class CallLog:
    """The calls so far, in the order of their answers."""

    def __init__(self) -> None:
        self._calls: deque[LoggedCall] = deque(maxlen=CAPACITY)
        self._count = 0
        self._lock = threading.Lock()

    def add(
        self,
        *,
        at: str,
        service: str,
        action: str,
        region: str,
        resources: tuple[str, ...],
        key_id: str,
        principal: str,
        status: int,
        code: str,
        via: str,
    ) -> None:
        """Notes one call; the arguments are the attributes of `LoggedCall`."""
        with self._lock:
            self._count += 1
            self._calls.append(
                LoggedCall(self._count, at, service, action, region, resources, key_id, principal, status, code, via)
            )

    def since(self, number: int = 0) -> list[LoggedCall]:
        """The calls after that number."""
        with self._lock:
            return [call for call in self._calls if call.number > number]

    def clear(self) -> None:
        """Forgets all calls; numbers go on."""
        with self._lock:
            self._calls.clear()
