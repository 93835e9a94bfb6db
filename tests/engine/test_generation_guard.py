"""No slip of the finger takes away a key that is in use: neither in a preview nor in an `up` without one."""

from typing import Any

import pytest

from tests.engine.configurations import private
from tests.engine.conftest import MakeStack, next_name
from tests.engine.emulators import Aws
from tests.engine.stacks import EngineStack


def rotated(generation: int, previous: str = "active") -> dict[str, Any]:
    """Return what a registry's settings say of its keys."""
    return {"keyGeneration": generation, "previousKey": previous}


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> EngineStack:
    """Return a stack whose registry is at generation 2."""
    name = next_name()
    made = make_stack(name, registries=[private(name)])
    made.up()
    made.configure(registries=[private(name, **rotated(2))])
    made.up()
    return made


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        (rotated(4), "set it to 3 and run"),
        (rotated(1), "only count up"),
        (rotated(3, "inactive"), "set it to active"),
        (rotated(3, "absent"), "set it to active"),
    ],
)
def test_a_preview_refuses_a_step_that_takes_a_key_away(
    stack: EngineStack, settings: dict[str, Any], remedy: str
) -> None:
    stack.configure(registries=[private(stack.name, **settings)])
    assert remedy in stack.fails("preview").output


def test_an_up_without_a_preview_touches_no_key(stack: EngineStack, aws: Aws) -> None:
    before = aws.users(stack.name)
    stack.configure(registries=[private(stack.name, **rotated(4))])
    assert "set it to 3 and run" in stack.fails().output
    assert aws.users(stack.name) == before
