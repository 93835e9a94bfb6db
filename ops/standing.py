"""How a registry stands: its keys and their ages, what is due, what drifted, when its pull secrets expire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ops.deployed import DeployedKey
from ops.facts import RegistryFacts
from ops.spans import span


@dataclass(frozen=True)
class KeyStanding:
    """An access key.

    Attributes:
        id: its id.
        generation: which one it is; None for a key that the stack does not hold.
        status: `active`, `inactive`, or `absent` where the state holds it and IAM does not.
        current: whether NVCF has it.
        created: when it was made.
        last_used: when it was last used; None when it never was.
    """

    id: str
    generation: int | None
    status: str
    current: bool
    created: datetime | None
    last_used: datetime | None


@dataclass(frozen=True)
class PullSecretStanding:
    """A pull secret in a namespace.

    Attributes:
        namespace: the namespace.
        name: its name.
        expires: when the token in it expires; None where it holds a password, or has not been refreshed yet.
        problem: what is wrong with it; None when nothing is.
    """

    namespace: str
    name: str
    expires: datetime | None
    problem: str | None


@dataclass(frozen=True)
class Standing:
    """How one registry stands.

    Attributes:
        registry: its name.
        kind: its kind.
        hostname: its hostname; "" before it is deployed.
        credential_id: NVCF's id of the credential; "" before it is deployed.
        generation: the generation that NVCF has; None where the stack makes no keys.
        keys: the keys, the newest generation first, foreign ones last.
        due: when the next rotation is due; None where the stack makes no keys.
        pull_secrets: its pull secrets.
        problems: what somebody should see to, each in a sentence.
    """

    registry: str
    kind: str
    hostname: str
    credential_id: str
    generation: int | None
    keys: tuple[KeyStanding, ...]
    due: datetime | None
    pull_secrets: tuple[PullSecretStanding, ...]
    problems: tuple[str, ...]

    @property
    def drifted(self) -> bool:
        """Whether something is not as the stack left it."""
        return bool(self.problems)


def standing(
    facts: RegistryFacts, pull_secrets: Sequence[PullSecretStanding], rotate_every: timedelta, now: datetime
) -> Standing:
    """Say how a registry stands.

    Args:
        facts: what is so.
        pull_secrets: its pull secrets.
        rotate_every: the age at which a key is to be rotated.
        now: the present moment, with its timezone.
    """
    configured, deployed = facts.configured, facts.deployed
    credential = deployed.credential if deployed else None
    current = deployed.current if deployed else None
    due = current.created + rotate_every if current and current.created else None
    return Standing(
        registry=configured.name,
        kind=configured.kind,
        hostname=credential.hostname if credential else "",
        credential_id=credential.id if credential else "",
        generation=deployed.reached if deployed and configured.makes_key else None,
        keys=_keys(facts, current),
        due=due,
        pull_secrets=tuple(pull_secrets),
        problems=tuple(_problems(facts, current, due, pull_secrets, now)),
    )


def _keys(facts: RegistryFacts, current: DeployedKey | None) -> tuple[KeyStanding, ...]:
    deployed = facts.deployed
    if deployed is None:
        return ()
    held = []
    for key in sorted(deployed.keys, key=lambda key: -key.generation):
        found = facts.keys.get(key.id)
        status = "absent" if found is None else "active" if found.key.active else "inactive"
        used = found.use.at if found else None
        held.append(KeyStanding(key.id, key.generation, status, key == current, key.created, used))
    foreign = [
        KeyStanding(
            id=each.key.id,
            generation=None,
            status="active" if each.key.active else "inactive",
            current=False,
            created=each.key.created,
            last_used=each.use.at,
        )
        for each in facts.foreign_keys
    ]
    return (*held, *foreign)


def _problems(
    facts: RegistryFacts,
    current: DeployedKey | None,
    due: datetime | None,
    pull_secrets: Sequence[PullSecretStanding],
    now: datetime,
) -> list[str]:
    configured, deployed = facts.configured, facts.deployed
    if deployed is None or deployed.credential is None:
        return ["It is not deployed yet: run `pulumi up`."]
    found = [f"{facts.drift}: run `pulumi refresh`, then `pulumi up`."] if facts.drift else []
    if configured.makes_key:
        if configured.generation != deployed.reached:
            found.append(
                f"keyGeneration is {configured.generation}, but NVCF has {deployed.reached}: `python -m ops rotate`."
            )
        for key in deployed.keys:
            found += _key_problems(facts, key, is_current=key == current)
        found += [
            f"the key {each.key.id} is not this stack's: `python -m ops recover`, or delete it when nobody uses it."
            for each in facts.foreign_keys
        ]
        if due is not None and due <= now:
            found.append(f"its rotation is {span(now - due)} overdue: run `python -m ops rotate`.")
    return found + [
        f"pull secret {each.namespace}/{each.name}: {each.problem}" for each in pull_secrets if each.problem
    ]


def _key_problems(facts: RegistryFacts, key: DeployedKey, *, is_current: bool) -> list[str]:
    found = facts.keys.get(key.id)
    repair = "run `pulumi refresh`, then `pulumi up`."
    if found is None:
        return [f"the key {key.id} (generation {key.generation}) is gone from IAM: {repair}"]
    if is_current and not found.key.active:
        return [f"the key that NVCF has, {key.id}, is inactive, so pulls fail: {repair}"]
    if found.key.active != (key.status == "Active"):
        return [f"the key {key.id} was switched {'on' if found.key.active else 'off'} by somebody: {repair}"]
    return []
