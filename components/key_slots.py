"""The two places an access key can live in, and which generation of the key lives where.

IAM allows two access keys per user (IAM quotas, "Access keys assigned to an IAM user"). Generation ``g`` of a
key lives in slot ``g % 2``: a rotation to ``g + 1`` fills the other slot and leaves the key that NVCF still hands
out untouched, and it can only ever delete the key that was retired one rotation earlier.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

#: How many access keys IAM allows a user ("IAM and AWS STS quotas").
MOST_KEYS = 2

PreviousKey = Literal["active", "inactive", "absent"]
KeyStatus = Literal["Active", "Inactive"]


@dataclass(frozen=True)
class KeySlot:
    """One access key that shall exist.

    Attributes:
        slot: ``"a"`` for even generations, ``"b"`` for odd ones; part of the resource's name, so it never changes.
        generation: the generation of the key in this slot, from 1.
        status: the key's status in IAM.
        current: whether this is the key that NVCF and the pull secrets use.
    """

    slot: Literal["a", "b"]
    generation: int
    status: KeyStatus
    current: bool


def key_slots(generation: int, previous_key: PreviousKey = "active") -> tuple[KeySlot, ...]:
    """Return the keys that shall exist, the current one first.

    Args:
        generation: the current generation, 1 or more.
        previous_key: what becomes of the key of the generation before.

    Raises:
        ValueError: if ``generation`` is below 1.
    """
    if generation < 1:
        raise ValueError(f"key generation {generation} does not exist: the first one is 1")
    current = KeySlot(_slot(generation), generation, "Active", current=True)
    if generation == 1 or previous_key == "absent":
        return (current,)
    status: KeyStatus = "Active" if previous_key == "active" else "Inactive"
    return (current, KeySlot(_slot(generation - 1), generation - 1, status, current=False))


def _slot(generation: int) -> Literal["a", "b"]:
    return "b" if generation % 2 else "a"


def generation_problem(before: int | None, after: int, previous_key: PreviousKey) -> str | None:
    """Return why a change of the generation would take a key away that is in use, or None when it would not.

    Args:
        before: the generation that was; None where there was none yet.
        after: the generation that shall be.
        previous_key: what becomes of the key of the generation before.
    """
    if before is None or after == before:
        return None
    if after < before:
        return f"keyGeneration went from {before} back to {after}, but NVCF has key {before} now; only count up"
    if after > before + 1:
        return (
            f"keyGeneration went from {before} to {after}, which would delete key {before} before NVCF has another; "
            f"set it to {before + 1} and run `pulumi up`"
        )
    if previous_key != "active":
        return (
            f"previousKey is {previous_key} while keyGeneration goes from {before} to {after}, but functions still run "
            f"with key {before}; set it to active, and retire the key when they have been redeployed"
        )
    return None


def room_problem(other_keys: Sequence[str], generation: int, previous_key: PreviousKey = "active") -> str | None:
    """Return why the first keys of a stack have no room beside those its user has, or None when they have.

    Args:
        other_keys: what is said of each key that the user has.
        generation: the generation to begin with.
        previous_key: what becomes of the key of the generation before.
    """
    wanted = len(key_slots(generation, previous_key))
    if len(other_keys) + wanted <= MOST_KEYS:
        return None
    return (
        f"the IAM user has {' and '.join(other_keys)}; IAM allows {MOST_KEYS} keys, and this stack makes {wanted}. "
        "Find out which one nothing uses (`aws iam get-access-key-last-used --access-key-id ID`), delete it and run "
        "again; the key that NVCF has must stay until NVCF has the new one"
    )
