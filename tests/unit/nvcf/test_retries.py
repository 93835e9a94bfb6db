from __future__ import annotations

import logging

import pytest

from nvcf import errors
from tests.provider.fake_clock import FakeClock


class Failing:
    """A call that fails some times before it succeeds."""

    def __init__(self, *failures: errors.NvcfError) -> None:
        self.failures = list(failures)
        self.tries = 0

    def __call__(self) -> str:
        self.tries += 1
        if self.failures:
            raise self.failures.pop(0)
        return "done"


def test_pauses_double_up_to_the_longest_and_are_jittered() -> None:
    retries = FakeClock().retries()
    assert [retries.pause(n) for n in range(1, 8)] == [0.5, 1, 2, 4, 8, 10, 10]
    assert retries.pause(10_000) == 10


@pytest.mark.parametrize("kind", [errors.Throttled, errors.Unreachable, errors.KeyNotPropagated])
def test_calls_without_effect_are_repeated_whatever_they_are(kind: type[errors.NvcfError]) -> None:
    call = Failing(kind("x"), kind("x"))
    assert FakeClock().retries().run(call, repeatable=False, what="POST") == "done"
    assert call.tries == 3


@pytest.mark.parametrize("kind", [errors.Upstream, errors.ConnectionCut, errors.NoAnswer])
def test_calls_of_unknown_effect_are_repeated_only_if_that_is_safe(kind: type[errors.NvcfError]) -> None:
    assert FakeClock().retries().run(Failing(kind("x")), repeatable=True, what="GET") == "done"
    call = Failing(kind("x"))
    with pytest.raises(kind):
        FakeClock().retries().run(call, repeatable=False, what="POST")
    assert call.tries == 1


@pytest.mark.parametrize(
    "kind", [errors.Conflict, errors.TokenRejected, errors.InvalidRequest, errors.ServerFault, errors.RegistryDenied]
)
def test_final_failures_are_final_at_once(kind: type[errors.NvcfError]) -> None:
    clock, call = FakeClock(), Failing(kind("x"))
    with pytest.raises(kind) as caught:
        clock.retries().run(call, repeatable=True, what="GET")
    assert (call.tries, clock.sleeps, caught.value.history) == (1, [], "")


def test_each_kind_has_its_own_budget_and_the_error_tells_the_history() -> None:
    clock = FakeClock()
    call = Failing(*[errors.KeyNotPropagated("AWS says no.", "Check the key.") for _ in range(1000)])
    with pytest.raises(errors.KeyNotPropagated) as caught:
        clock.retries(propagation_seconds=100.0, transient_seconds=7.0).run(call, repeatable=True, what="POST")
    assert clock.time == pytest.approx(100)
    assert str(caught.value) == f"AWS says no. Tried {call.tries} times in 100 s. Check the key."
    clock, call = FakeClock(), Failing(*[errors.Unreachable("x") for _ in range(1000)])
    with pytest.raises(errors.Unreachable):
        clock.retries(propagation_seconds=100.0, transient_seconds=7.0).run(call, repeatable=True, what="POST")
    assert clock.time == pytest.approx(7)


def test_waiting_is_announced_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    call = Failing(*[errors.KeyNotPropagated("AWS says no.") for _ in range(3)])
    FakeClock().retries().run(call, repeatable=True, what="POST registry-credentials")
    assert [r.getMessage() for r in caplog.records] == [
        "AWS says no. Trying again for up to 360 s (POST registry-credentials)."
    ]
