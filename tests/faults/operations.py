"""What is done to a stack, and where that leaves it: the circle that one stack goes round, case after case."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from components.key_slots import PreviousKey


class Position(Enum):
    """What a stack holds between two operations."""

    EMPTY = "nothing"
    ONE_KEY = "one key a user"
    TWO_KEYS = "two active keys a user"
    IDLE_KEY = "an active and an inactive key a user"

    @property
    def holds_something(self) -> bool:
        """Whether anything is deployed."""
        return self is not Position.EMPTY


@dataclass(frozen=True)
class Keys:
    """What the configuration says of the keys.

    Attributes:
        generation: `keyGeneration` of every registry that has keys.
        previous: `previousKey` of them.
    """

    generation: int = 1
    previous: PreviousKey = "active"


class Operation(Enum):
    """One way from a position to another."""

    UP = "up"
    ROTATE = "rotate"
    ROTATE_AGAIN = "rotate again"
    DEACTIVATE = "deactivate"
    REMOVE = "remove"
    DESTROY = "destroy"

    @property
    def start(self) -> Position:
        """Where a stack must be."""
        return _WAYS[self][0]

    @property
    def end(self) -> Position:
        """Where it is afterwards."""
        return _WAYS[self][1]

    def change(self, keys: Keys) -> Keys:
        """Return the configuration that the operation deploys."""
        if self in (Operation.ROTATE, Operation.ROTATE_AGAIN):
            return Keys(keys.generation + 1)
        if self is Operation.DEACTIVATE:
            return replace(keys, previous="inactive")
        if self is Operation.REMOVE:
            return replace(keys, previous="absent")
        return Keys() if self is Operation.UP else keys


_WAYS = {
    Operation.UP: (Position.EMPTY, Position.ONE_KEY),
    Operation.ROTATE: (Position.ONE_KEY, Position.TWO_KEYS),
    # The third key of a user: the first is deleted to make room.
    Operation.ROTATE_AGAIN: (Position.TWO_KEYS, Position.TWO_KEYS),
    Operation.DEACTIVATE: (Position.TWO_KEYS, Position.IDLE_KEY),
    Operation.REMOVE: (Position.IDLE_KEY, Position.ONE_KEY),
    Operation.DESTROY: (Position.ONE_KEY, Position.EMPTY),
}


def way(position: Position, wanted: Iterable[Position]) -> tuple[Operation, ...]:
    """Return the fewest operations that lead from a position to one of those wanted.

    Raises:
        ValueError: none is wanted.
    """
    goals = set(wanted)
    reached: dict[Position, tuple[Operation, ...]] = {position: ()}
    waiting = deque([position])
    while waiting:
        here = waiting.popleft()
        if here in goals:
            return reached[here]
        for operation in Operation:
            if operation.start is here and operation.end not in reached:
                reached[operation.end] = (*reached[here], operation)
                waiting.append(operation.end)
    raise ValueError("no position is wanted")
