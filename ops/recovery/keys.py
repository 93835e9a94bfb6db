"""Access keys in IAM that the state does not hold: which ones a cut-off run left, and which are somebody's.

AWS tells the secret of a key once, when it makes it. A run that was cut off before it could note the answer leaves a
key that nobody can use and that occupies one of the two places a user has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone

from ops.deployed import ACCESS_KEY, KEY_GENERATION, USER, DeployedRegistry, DeployedStack, logical_name, plain
from ops.errors import RefusedError
from ops.facts import KeyFacts
from ops.recovery.actions import DeleteKey
from ops.recovery.findings import Findings
from ops.recovery.history import MARGIN, Run

_UNKNOWN = "nobody knows its secret, and it was never used"
_CALL = timedelta(minutes=10)
"""How long a plugin may go on trying to make a key; the engine writes the state down before it asks for one."""


def key_decisions(found: Findings, named: frozenset[str]) -> tuple[list[DeleteKey], list[str]]:
    """Return the keys to be deleted, and what is to be said of the others that the state does not hold.

    Args:
        found: everything that is known.
        named: ids of keys that the user wants deleted.

    Raises:
        RefusedError: a named key is in use by the stack, or is none of its users'.
    """
    held = found.deployed.ids(ACCESS_KEY) | _condemned(found)
    _check(found, named, held)
    deleted, notes = [], []
    for user, keys in found.keys.items():
        for facts in keys:
            if facts.key.id in held:
                continue
            reason = "you named it" if facts.key.id in named else _reason(found, user, facts)
            if reason is not None:
                deleted.append(DeleteKey(user, facts.key.id, reason))
            else:
                notes.append(_foreign(user, facts))
    return deleted, notes


def _condemned(found: Findings) -> frozenset[str]:
    """Return the keys that the state holds only to delete them."""
    resources = (found.export.get("deployment") or {}).get("resources") or ()
    return frozenset(str(each.get("id")) for each in resources if each["type"] == ACCESS_KEY)


def _check(found: Findings, named: frozenset[str], held: frozenset[str]) -> None:
    registered = {each.ours.username for each in found.credentials}
    there = {facts.key.id for keys in found.keys.values() for facts in keys}
    for key in sorted(named):
        if key in held or key in registered:
            raise RefusedError(
                f"The access key {key} is one that this stack holds or NVCF has.",
                "Retire a key with `python -m ops retire`; rotate first if it is the current one.",
            )
        if key not in there:
            raise RefusedError(
                f"No IAM user of this stack has the access key {key}.",
                "Check the id and the stack; a key that is gone needs no deletion.",
            )


def gone_keys(deployed: DeployedStack, keys: Mapping[str, Sequence[KeyFacts]]) -> list[tuple[str, str]]:
    """Return URN and id of each key that the state holds and IAM does not.

    Args:
        deployed: what the state holds.
        keys: by user, every access key in IAM; users that are not there are left out.
    """
    there = {facts.key.id for each in keys.values() for facts in each}
    return [
        (str(each["urn"]), str(each["id"]))
        for each in deployed.resources
        # One that waits for its successor is known to be gone.
        if each["type"] == ACCESS_KEY and each["id"] not in there and not each.get("pendingReplacement")
        if plain((each.get("outputs") or {}).get("user")) in keys
    ]


def _reason(found: Findings, user: str, facts: KeyFacts) -> str | None:
    """Return why nobody can know a key's secret; None when somebody may."""
    made = facts.key.created
    if facts.use.at is not None:
        return None
    if made <= _last_written(found) + _CALL and any(made >= _second(lock.since) for lock in found.locks):
        return f"the run that was cut off made it, {_UNKNOWN}"
    since = _in_state_since(found, user)
    # A user that left the state and came back, such as one that was kept, brings keys that somebody has.
    if since is None or made < since - MARGIN:
        return None
    failed = any(run.kind == "update" and run.failed and run.spans(made) for run in found.runs)
    return f"a run that failed made it, {_UNKNOWN}" if failed else _registry_reason(found, user, made)


def _registry_reason(found: Findings, user: str, made: datetime) -> str | None:
    registry = next((each for each in found.deployed.registries.values() if each.user == user), None)
    if registry is not None and _was_pending(found, registry, made):
        return f"a run was cut off while it made it, {_UNKNOWN}"
    if registry is not None and any(_asked_again(run, registry, made) for run in found.runs):
        return f"AWS's answer was lost and the run made another, {_UNKNOWN}"
    return None


def _in_state_since(found: Findings, user: str) -> datetime | None:
    """Return since when the state has held a user without a break."""
    times = [
        _time(each.get("created"))
        for each in found.deployed.resources
        if each["type"] == USER and str(each.get("id")) == user
    ]
    return next(iter(times), None)


def _was_pending(found: Findings, registry: DeployedRegistry, made: datetime) -> bool:
    """Tell whether a key may be what an interrupted operation of the registry made.

    The run noted the generation before it asked for the key, and a later run that made the key anew did so after it.
    """
    names = {each.name for each in found.deployed.pending if each.type == ACCESS_KEY and each.kind == "creating"}
    slots = {f"{registry.name}-key-{slot}" for slot in "ab"} & names
    if not slots:
        return False
    began = [
        _time(each.get("modified"))
        for each in found.deployed.resources
        if each["type"] == KEY_GENERATION and logical_name(each["urn"]) == f"{registry.name}-generation-wanted"
    ]
    ended = [
        _time(plain((each.get("outputs") or {}).get("createDate")))
        for each in found.deployed.resources
        if each["type"] == ACCESS_KEY and logical_name(each["urn"]) in slots and not each.get("pendingReplacement")
    ]
    return all(each is None or made >= _second(each) for each in began) and all(
        each is None or made <= each for each in (*ended, _last_written(found) + _CALL)
    )


def _asked_again(run: Run, registry: DeployedRegistry, made: datetime) -> bool:
    """Tell whether a run asked AWS for a key twice: it made this one, and then the one that the state holds."""
    return run.surely_spans(made) and any(
        key.created is not None and made <= key.created and run.surely_spans(key.created) for key in registry.keys
    )


def _foreign(user: str, facts: KeyFacts) -> str:
    key, used = facts.key, f"used last at {facts.use.at:%Y-%m-%d %H:%M}" if facts.use.at else "never used"
    return (
        f"the access key {key.id} of {user} (made {key.created:%Y-%m-%d %H:%M}, {used}) is not this stack's and is "
        f"left alone; if nobody needs it, add --delete-key {key.id}"
    )


def _last_written(found: Findings) -> datetime:
    """Return when an engine last wrote the state."""
    manifest = (found.export.get("deployment") or {}).get("manifest") or {}
    return _time(str(manifest.get("time") or "")) or datetime.min.replace(tzinfo=timezone.utc)


def _second(moment: datetime) -> datetime:
    """Return the second in which a moment lies, which is all that AWS tells."""
    return moment.replace(microsecond=0)


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    head, _, rest = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{head}.{rest[:6].ljust(6, '0')}+00:00")
