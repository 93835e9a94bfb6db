"""What becomes of the key before the current one: switched off, deleted, or switched on again; decided from facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ops.decisions import Refuse, Skip
from ops.facts import RegistryFacts
from ops.rotation import still_used
from ops.spans import span

_NEXT = {"active": "inactive", "inactive": "absent"}
OUTCOMES = {"active": "switched on again", "inactive": "switched off", "absent": "deleted"}
"""What became of a key, by what `previousKey` became."""


@dataclass(frozen=True)
class Retire:
    """The key before the current one changes.

    Attributes:
        registry: the registry's name.
        key_id: its id.
        previous_key: what `previousKey` becomes: `active`, `inactive` or `absent`.
    """

    registry: str
    key_id: str
    previous_key: str

    def report(self) -> dict[str, object]:
        """Return it for machines."""
        return {"registry": self.registry, "keyId": self.key_id, "previousKey": self.previous_key}

    def __str__(self) -> str:
        return f"{self.registry}: the previous key {self.key_id} is {OUTCOMES[self.previous_key]}"


@dataclass(frozen=True)
class RetirementRules:
    """What the user set.

    Attributes:
        unused_for: how long a key must have been out of use before it is switched off or deleted.
        undo: whether a key that was switched off is switched on again instead.
    """

    unused_for: timedelta
    undo: bool = False


def decide_retirement(facts: RegistryFacts, rules: RetirementRules, now: datetime) -> Retire | Skip | Refuse:
    """Decide about one registry.

    Args:
        facts: what is so.
        rules: what the user set.
        now: the present moment, with its timezone.
    """
    configured, deployed = facts.configured, facts.deployed
    name = configured.name
    if not configured.makes_key:
        return Skip(name, "its password is given by hand")
    if deployed is None or deployed.credential is None or deployed.reached == 0:
        return Refuse(name, "It is not deployed yet.", "Run `pulumi up` first.")
    previous = deployed.key(deployed.reached - 1)
    if previous is None or previous.id not in facts.keys:
        return Skip(name, "it has no previous key")
    if rules.undo:
        return _undo(facts, previous.id)
    if wrong := _in_use(facts, previous.id) or _too_early(facts, previous.id, rules, now):
        return wrong
    return Retire(name, previous.id, _NEXT["active" if facts.keys[previous.id].key.active else "inactive"])


def _undo(facts: RegistryFacts, key_id: str) -> Retire | Skip:
    if facts.keys[key_id].key.active:
        return Skip(facts.configured.name, f"its previous key {key_id} is active")
    return Retire(facts.configured.name, key_id, "active")


def _in_use(facts: RegistryFacts, key_id: str) -> Refuse | None:
    """Refuse where NVCF has the key, or may have it."""
    name, deployed = facts.configured.name, facts.deployed
    assert deployed is not None  # noqa: S101 - the caller has looked
    if facts.configured.generation != deployed.reached:
        return Refuse(
            name,
            f"A rotation to generation {facts.configured.generation} is configured, but NVCF has {deployed.reached}.",
            "Finish it with `python -m ops rotate`, then retire.",
        )
    if facts.drift:
        return Refuse(
            name,
            f"The credential in NVCF is not as the stack left it, so it may have the previous key: {facts.drift}.",
            "Run `pulumi refresh`, then `pulumi up`; then retire.",
        )
    if deployed.credential is not None and deployed.credential.username == key_id:
        return Refuse(name, f"NVCF has the key {key_id} still.", "Run `pulumi up`; then retire.")
    return None


def _too_early(facts: RegistryFacts, key_id: str, rules: RetirementRules, now: datetime) -> Refuse | None:
    spreading = facts.spreading(now)
    if spreading:
        return Refuse(
            facts.configured.name,
            f"NVCF's caches may hand out the key {key_id} for another {span(spreading)}.",
            "Run again after that.",
        )
    return still_used(facts, key_id, rules.unused_for, now, "Retiring would take away")
