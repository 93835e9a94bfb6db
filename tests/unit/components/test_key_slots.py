"""Which key lives where, through any number of rotations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.key_slots import PreviousKey, generation_problem, key_slots, room_problem

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


@pytest.mark.parametrize("previous_key", PREVIOUS)
@pytest.mark.parametrize("before", [None, 3])
def test_a_generation_may_start_anywhere_and_stay(before: int | None, previous_key: PreviousKey) -> None:
    assert generation_problem(before, 3, previous_key) is None


@pytest.mark.parametrize(
    ("before", "after", "previous_key", "word"),
    [
        (2, 4, "active", "set it to 3"),
        (2, 1, "active", "only count up"),
        (2, 3, "inactive", "set it to active"),
        (2, 3, "absent", "set it to active"),
    ],
)
def test_steps_that_would_take_a_key_away(before: int, after: int, previous_key: PreviousKey, word: str) -> None:
    assert word in str(generation_problem(before, after, previous_key))


@given(st.integers(1, 100), st.integers(1, 100), st.sampled_from(PREVIOUS))
def test_an_allowed_step_keeps_the_key_in_use(before: int, after: int, previous_key: PreviousKey) -> None:
    if after != before and generation_problem(before, after, previous_key) is None:
        kept = {slot.generation: slot.status for slot in key_slots(after, previous_key)}
        assert kept.get(before) == "Active"


@pytest.mark.parametrize(
    ("others", "generation", "previous_key", "room"),
    [
        ([], 2, "active", True),
        (["AKIA1"], 1, "active", True),
        (["AKIA1"], 2, "absent", True),
        (["AKIA1"], 2, "active", False),
        (["AKIA1", "AKIA2"], 1, "active", False),
    ],
)
def test_first_keys_need_room(others: list[str], generation: int, previous_key: PreviousKey, room: bool) -> None:
    problem = room_problem(others, generation, previous_key)
    assert (problem is None) == room
    assert problem is None or all(key in problem for key in others)
