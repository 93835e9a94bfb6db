"""Whether a registry's key is rotated, and if not, why: decided from facts, before anything is touched.

A rotation makes generation g+1 in the slot of generation g-1, whose key it deletes (docs/design.md, two key slots).
Everything here guards that one deletion and the two keys that IAM allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nvcf.functions import FunctionVersion
from ops.decisions import Refuse, Skip
from ops.facts import KeyFacts, RegistryFacts
from ops.spans import span

RECOVER = "run `python -m ops recover`"


@dataclass(frozen=True)
class Rotate:
    """The registry's key is rotated.

    Attributes:
        registry: the registry's name.
        generation: the generation to make.
        deletes: id of the key that goes; None when its slot is free.
        resumes: whether an earlier rotation was begun and is only finished.
        wait: how long the one before must still spread before another may begin.
    """

    registry: str
    generation: int
    deletes: str | None
    resumes: bool
    wait: timedelta

    def report(self) -> dict[str, object]:
        """Return it for machines."""
        return {"registry": self.registry, "generation": self.generation, "deletesKey": self.deletes}

    def __str__(self) -> str:
        verb = "finish the rotation" if self.resumes else "rotate"
        gone = f", which deletes the retired key {self.deletes}" if self.deletes else ""
        return f"{self.registry}: {verb} to generation {self.generation}{gone}"


@dataclass(frozen=True)
class RotationRules:
    """What the user set.

    Attributes:
        unused_for: how long a key must have been out of use before it may be deleted.
        if_older_than: the age from which a key is rotated; None rotates whatever its age.
    """

    unused_for: timedelta
    if_older_than: timedelta | None = None


def decide_rotation(facts: RegistryFacts, rules: RotationRules, now: datetime) -> Rotate | Skip | Refuse:
    """Decide about one registry.

    Args:
        facts: what is so.
        rules: what the user set.
        now: the present moment, with its timezone.
    """
    configured, deployed = facts.configured, facts.deployed
    name = configured.name
    if not configured.makes_key:
        path = configured.key("password")
        return Skip(
            name,
            f"its password is given by hand: `pulumi config set --secret --path '{path}'` and `pulumi up` rotate it",
        )
    if deployed is None or deployed.credential is None or deployed.reached == 0:
        return Refuse(name, "It is not deployed yet, so there is nothing to rotate.", "Run `pulumi up` first.")
    if wrong := _out_of_step(facts):
        return wrong
    resumes = configured.generation == deployed.reached + 1
    target = deployed.reached + 1
    current = deployed.key(deployed.reached)
    if not resumes and rules.if_older_than is not None and current is not None and current.created is not None:
        age = now - current.created
        if age < rules.if_older_than:
            return Skip(name, f"its key is {span(age)} old and due in {span(rules.if_older_than - age)}")
    if wrong := _keys_in_the_way(facts, rules, now, resumes=resumes):
        return wrong
    leaving = deployed.key(target - 2)
    return Rotate(
        registry=name,
        generation=target,
        deletes=leaving.id if leaving is not None and leaving.id in facts.keys else None,
        resumes=resumes,
        wait=timedelta(0) if resumes else facts.spreading(now),
    )


def _out_of_step(facts: RegistryFacts) -> Refuse | None:
    """Refuse where configuration, state and NVCF do not agree on where we are."""
    configured, deployed = facts.configured, facts.deployed
    assert deployed is not None  # noqa: S101 - the caller has looked
    if configured.generation < deployed.reached:
        return Refuse(
            configured.name,
            f"The configuration says keyGeneration {configured.generation}, but NVCF has {deployed.reached}.",
            "Get the newest configuration (`git pull`), and run again.",
        )
    if configured.generation > deployed.reached + 1:
        return Refuse(
            configured.name,
            f"The configuration says keyGeneration {configured.generation}, but NVCF has {deployed.reached}.",
            f"Set it to {deployed.reached + 1}: `pulumi config set --path '{configured.key('keyGeneration')}' "
            f"{deployed.reached + 1}`.",
        )
    drift = facts.drift
    resumes = configured.generation == deployed.reached + 1
    # The answer to a rotation's PATCH may have been lost: the next `up` finds that out by itself.
    if drift and not (resumes and facts.credential is not None):
        return Refuse(
            configured.name,
            f"The credential in NVCF is not as the stack left it: {drift}.",
            "Run `pulumi refresh`, then `pulumi up`, which puts it right; then rotate.",
        )
    return None


def _keys_in_the_way(facts: RegistryFacts, rules: RotationRules, now: datetime, *, resumes: bool) -> Refuse | None:
    """Refuse where a key would be lost that somebody uses, or where IAM would have a third one."""
    name, deployed = facts.configured.name, facts.deployed
    assert deployed is not None  # noqa: S101 - the caller has looked
    current = deployed.key(deployed.reached)
    in_iam = facts.keys.get(current.id) if current else None
    if current is None or in_iam is None or not in_iam.key.active:
        state = "is inactive" if in_iam else "does not exist"
        return Refuse(
            name,
            f"The key that NVCF has, {current.id if current else 'of generation ' + str(deployed.reached)}, {state} "
            "in IAM: pulls are failing now.",
            "Run `pulumi refresh`, then `pulumi up`, which makes it right; then rotate.",
        )
    if facts.foreign_keys:
        return _foreign(facts, facts.foreign_keys[0], deployed.user or "")
    leaving = deployed.key(deployed.reached - 1)
    if leaving is None or resumes:
        return None
    return still_used(facts, leaving.id, rules.unused_for, now, "Rotating would delete")


def _foreign(facts: RegistryFacts, found: KeyFacts, user: str) -> Refuse:
    used = f"last used {found.use.at:%Y-%m-%d %H:%M} UTC" if found.use.at else "never used"
    return Refuse(
        facts.configured.name,
        f"The user {user} has the access key {found.key.id} (made {found.key.created:%Y-%m-%d %H:%M} UTC, {used}), "
        "which this stack does not hold, and IAM allows two keys.",
        f"If an interrupted run left it, {RECOVER}. If somebody made it, see that nobody uses it, then `aws iam "
        f"delete-access-key --user-name {user} --access-key-id {found.key.id}`.",
    )


def still_used(facts: RegistryFacts, key_id: str, unused_for: timedelta, now: datetime, doing: str) -> Refuse | None:
    """Refuse where a key was used lately.

    Args:
        facts: what is so.
        key_id: the key.
        unused_for: how long it must have been out of use.
        now: the present moment.
        doing: what would be done to the key, such as "Rotating would delete".
    """
    found = facts.keys.get(key_id)
    # One that is switched off already takes nothing from anybody when it goes.
    if found is None or not found.key.active or found.use.at is None:
        return None
    since = now - found.use.at
    if since >= unused_for:
        return None
    return Refuse(
        facts.configured.name,
        f"{doing} the key {key_id}, which was used {span(since)} ago ({found.use.service}); "
        f"a key must be out of use for {span(unused_for)}.{who_runs(facts.running)}",
        "Redeploy what still runs with it and wait, or say --unused-for 0s if nothing needs it.",
    )


def who_runs(running: Sequence[FunctionVersion] | None) -> str:
    """Say which functions may hold an old key, as a sentence after another one."""
    if running is None:
        return " (The token may not list functions, so they cannot be named.)"
    if not running:
        return " No function that runs uses the registry; something else does."
    shown = "; ".join(str(each) for each in running[:5])
    more = f" and {len(running) - 5} more" if len(running) > 5 else ""
    return f" These functions run with images or charts of the registry: {shown}{more}."
