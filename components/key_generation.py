"""A guard in the stack's state: the generation of an access key only ever goes up by one.

The program does not know what was deployed before, so it cannot tell a rotation from a slip of the finger. This
resource does: the engine shows its provider the old value and the new one, in previews too, before any key is touched.
It makes nothing anywhere. Each registry has two: one that keys wait for, and one that waits until NVCF has the new key.
The second is what still says 1 when a rotation to 2 was begun and never finished, and 3 would be one too many.

The class is pickled by the name of its module (see `nvcf.provider`): neither may change.
"""

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from components.key_slots import PreviousKey, generation_problem, room_problem
from nvcf.lifeline import follow_engine

_PROPERTIES = ("generation", "previousKey")
_OTHER_KEYS = "otherKeys"


class KeyGenerationProvider(ResourceProvider):
    """Keeps a generation in state and refuses steps that would take a key away that is in use."""

    def configure(self, _req: ConfigureRequest) -> None:
        """Read nothing; but let the process end with the engine, however that ends."""
        follow_engine()

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Compare the generation with the one before."""
        before = _olds.get("generation")
        wrong = generation_problem(
            None if before is None else int(before), int(news["generation"]), news["previousKey"]
        )
        if before is None:
            wrong = room_problem(news.get(_OTHER_KEYS) or (), int(news["generation"]), news["previousKey"])
        return CheckResult(
            {key: value for key, value in news.items() if key != _OTHER_KEYS},
            [CheckFailure("", wrong)] if wrong else [],
        )

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare what is kept."""
        return DiffResult(changes=any(_olds.get(key) != _news.get(key) for key in _PROPERTIES))

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Keep the generation."""
        return CreateResult("generation", {key: props[key] for key in _PROPERTIES})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Keep the new generation."""
        return UpdateResult({key: _news[key] for key in _PROPERTIES})


class KeyGeneration(Resource, module="nvcf", name="KeyGeneration"):
    """The generation of a registry's access key, in state.

    Args:
        name: logical name.
        generation: the current generation, from 1.
        previous_key: what becomes of the key of the generation before.
        opts: the usual options.
        other_keys: keys that the user has before the stack makes its first; looked at then, and not kept.
    """

    def __init__(
        self,
        name: str,
        generation: int,
        previous_key: PreviousKey,
        opts: pulumi.ResourceOptions | None = None,
        other_keys: Sequence[str] = (),
    ) -> None:
        properties = {"generation": generation, "previousKey": previous_key}
        others = {_OTHER_KEYS: list(other_keys)} if other_keys else {}
        super().__init__(KeyGenerationProvider(), name, {**properties, **others}, opts)
