"""A pull secret is refreshed at least twice in its token's life."""

import pytest

from components.refresh_schedule import schedule_problem


@pytest.mark.parametrize(
    "schedule", ["17 */4 * * *", "* * * * *", "0 0,6,12,18 * * *", "5,35 */6 * * *", "0 0-23/2 * * *"]
)
def test_often_enough(schedule: str) -> None:
    assert schedule_problem(schedule) is None


@pytest.mark.parametrize(
    ("schedule", "word"),
    [
        ("0 */8 * * *", "8 h 0 min"),
        ("0 3 * * *", "24 h 0 min"),
        ("30 0,5 * * *", "19 h 0 min"),
        ("0 */4 * * 1", "every day"),
        ("@hourly", "1 fields"),
        ("60 * * * *", "0-59"),
        ("0 */0 * * *", "step"),
        ("a * * * *", "no schedule"),
    ],
)
def test_not_often_enough_or_no_schedule(schedule: str, word: str) -> None:
    assert word in str(schedule_problem(schedule))
