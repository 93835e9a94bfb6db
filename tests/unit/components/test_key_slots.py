"""Which key lives where, through any number of rotations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.key_slots import PreviousKey, key_slots

PREVIOUS: list[PreviousKey] = ["active", "inactive", "absent"]


def test_the_first_key_is_alone_in_slot_b() -> None:
    (only,) = key_slots(1)
    assert (only.slot, only.generation, only.status, only.current) == ("b", 1, "Active", True)


def test_a_rotation_keeps_the_previous_key_in_its_slot() -> None:
    current, previous = key_slots(2)
    assert (current.slot, current.generation) == ("a", 2)
    assert (previous.slot, previous.generation, previous.status) == ("b", 1, "Active")


@pytest.mark.parametrize(("previous_key", "statuses"), [("inactive", ["Active", "Inactive"]), ("absent", ["Active"])])
def test_the_previous_key_can_be_retired(previous_key: PreviousKey, statuses: list[str]) -> None:
    assert [slot.status for slot in key_slots(5, previous_key)] == statuses


@given(st.integers(1, 10_000), st.sampled_from(PREVIOUS), st.sampled_from(PREVIOUS))
def test_a_rotation_never_touches_the_key_in_use(generation: int, before: PreviousKey, after: PreviousKey) -> None:
    in_use = next(slot for slot in key_slots(generation, before) if slot.current)
    following = {slot.slot: slot for slot in key_slots(generation + 1, after)}
    new = next(slot for slot in following.values() if slot.current)
    assert new.slot != in_use.slot
    kept = following.get(in_use.slot)
    assert kept is None or kept.generation == in_use.generation
    assert len(following) <= 2


def test_there_is_no_generation_zero() -> None:
    with pytest.raises(ValueError, match="first one is 1"):
        key_slots(0)
