"""What is to be done about a stack, decided from what was found; touches and asks nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nvcf.credentials import is_later
from ops.deployed import CREDENTIAL, logical_name
from ops.recovery.actions import (
    Action,
    EndProcess,
    ForgetPending,
    Import,
    ImportEntry,
    MendStore,
    Obstacle,
    Plan,
    Refresh,
    ReleaseLock,
    Replaced,
    Resend,
    Verify,
)
from ops.recovery.findings import Existing, Findings, Wanted, Wishes
from ops.recovery.history import last_success, left_off
from ops.recovery.keys import gone_keys, key_decisions

_OTHERS = "Give yours another name in the configuration, or take that one out of its stack."
_NOBODYS = (
    "If it is to be this stack's, take it over with `pulumi import` (docs/adoption.md); otherwise delete it, or give "
    "yours another name."
)

_KEPT = "was kept when it left this stack (onDestroy: keep); to take it over, see docs/adoption.md"


def plan(found: Findings, wishes: Wishes) -> Plan:
    """Decide what is to be done.

    Args:
        found: everything that is known.
        wishes: what the user asked for besides.

    Raises:
        RefusedError: a key was named for deletion that must stay.
    """
    first: list[Action] = [EndProcess(each) for each in found.leftovers]
    if found.unreadable:
        first.append(MendStore(tuple(map(str, found.unreadable))))
    if first:
        # What else is to be done shows when these are.
        return Plan(tuple(first))
    keys, key_notes = key_decisions(found, wishes.delete_keys)
    takeover = _Takeover(found)
    resend = _doubtful(found)
    # Keys first: as long as the lock of a dead run is there, no other run can have made one meanwhile.
    release = [ReleaseLock(lock) for lock in found.locks]
    actions = [*keys, *release, *_refresh(found), *takeover.actions, *_verify(found, wishes, resend), *resend]
    if found.deployed.pending:
        actions.append(ForgetPending(tuple(f"{each.kind} {each.name}" for each in found.deployed.pending)))
    notes = (*key_notes, *takeover.notes, *_unclaimed(found))
    return Plan(tuple(actions), notes, tuple(takeover.refused), found.problems)


def _refresh(found: Findings) -> Iterator[Refresh]:
    """Read everything again after a run that did not end well, else the credentials that somebody changed."""
    reasons = []
    if found.locks:
        reasons.append("a run was cut off")
    if found.deployed.pending:
        reasons.append("nobody knows how its operations ended")
    if left_off(found.runs):
        reasons.append("the last run failed")
    changed = {each.ours.urn: reason for each in found.credentials if (reason := _change(each.ours, each.found))}
    gone = {urn: f"the key {key} is gone from IAM" for urn, key in gone_keys(found.deployed, found.keys)}
    details = [*changed.values(), *gone.values()]
    if reasons:
        yield Refresh((), (*reasons, *details))
    elif details:
        yield Refresh((*changed, *gone), tuple(details))


def _change(ours: Any, found: Any) -> str | None:
    """Tell what happened to a credential behind the stack's back."""
    if found is None:
        return f"NVCF no longer has the credential {ours.id}"
    if found.name != ours.name:
        return f"somebody renamed the credential '{ours.name}' to '{found.name}', and its secret may be another"
    if is_later(found.last_updated_at, ours.last_updated_at):
        return f"the credential '{ours.name}' was written to at {found.last_updated_at}, and its secret may be another"
    return None


def _doubtful(found: Findings) -> list[Resend]:
    """Find credentials whose secret a cut-off run may have changed or lost without a trace in their row.

    NVCF writes the secret before the row when it changes one, and deletes it before the row (NVCF contract 1.8).
    """
    held = {each.ours.urn for each in found.credentials if each.found is not None}
    pending = {
        each.urn
        for each in found.deployed.pending
        if each.type == CREDENTIAL and each.kind in ("updating", "deleting") and each.urn in held
    }
    return [Resend(tuple(sorted(pending)))] if pending else []


def _verify(found: Findings, wishes: Wishes, resend: list[Resend]) -> Iterator[Verify]:
    if not wishes.verify:
        return
    resent = {urn for each in resend for urn in each.urns}
    urns = tuple(each.ours.urn for each in found.credentials if each.found and each.ours.urn not in resent)
    if urns:
        yield Verify(urns)


def _unclaimed(found: Findings) -> Iterator[str]:
    awaited = {
        (each.inputs.get("hostname"), each.inputs.get("name")) for each in found.wanted if each.type == CREDENTIAL
    }
    for each in found.unclaimed:
        if (each.hostname, each.name) in awaited:
            yield f"the credential '{each.name}' in NVCF ({each.id}) is taken over by the next `pulumi up`"
        else:
            yield (
                f"the credential '{each.name}' for {each.hostname} in NVCF ({each.id}) carries this stack's mark, and "
                "the state does not hold it: see `python -m ops leftovers`"
            )


class _Takeover:
    """Sorts what exists of the wanted resources: ours, another stack's, nobody's."""

    def __init__(self, found: Findings) -> None:
        self._found = found
        self._since = last_success(found.runs)
        self._creating = {each.urn for each in found.deployed.pending if each.kind == "creating"}
        self._in_state: dict[str, Mapping[str, Any]] = {
            each["urn"]: each
            for each in (found.export.get("deployment") or {}).get("resources") or ()
            if not each.get("delete")
        }
        self.notes: list[str] = []
        self.refused: list[Obstacle] = []
        self._entries: list[ImportEntry] = []
        self._replaced: list[Replaced] = []
        for wanted in found.wanted:
            existing = found.existing.get(wanted.urn)
            if existing is not None:
                self._sort(wanted, existing)

    @property
    def actions(self) -> list[Action]:
        return [*([Import(tuple(self._entries))] if self._entries else []), *self._replaced]

    def _sort(self, wanted: Wanted, existing: Existing) -> None:
        known = self._in_state.get(wanted.urn)
        if known is not None and known.get("id") == existing.id and not known.get("pendingReplacement"):
            return  # the predecessor itself, which is still to be replaced
        ours = existing.owner is not None and existing.owner in (self._found.owner, self._found.label)
        if existing.owner is not None and not ours:
            problem = f"{existing.what} exists, and its marks name the stack {existing.owner}."
            self.refused.append(Obstacle(problem, _OTHERS))
        elif ours and existing.kept and not self._was_cut_off(wanted, existing):
            self.notes.append(f"{existing.what} {_KEPT}")
        elif not ours and not self._began(wanted, existing):
            self.notes.append(f"{existing.what} exists, and nothing shows that this stack made it. {_NOBODYS}")
        elif (provider := _provider(wanted)) is not None and provider not in self._in_state:
            problem = f"{existing.what} exists, but the state does not hold its provider '{logical_name(provider)}'."
            self.refused.append(Obstacle(problem, "Run `pulumi up`, which makes that, and then recover once more."))
        elif known is not None:
            self._replaced.append(Replaced(existing.id, _entry(wanted, existing)))
        else:
            self._entries.append(_entry(wanted, existing))

    def _was_cut_off(self, wanted: Wanted, existing: Existing) -> bool:
        """Tell whether a run that did not end well made something, rather than one that left it behind on purpose."""
        made, found = existing.created, self._found
        return wanted.urn in self._creating or (
            made is not None
            and (
                any(made >= each.since.replace(microsecond=0) for each in found.locks)
                or any(each.kind == "update" and each.failed and each.spans(made) for each in found.runs)
            )
        )

    def _began(self, wanted: Wanted, existing: Existing) -> bool:
        """Tell whether something without marks is what a cut-off run had begun to make."""
        if wanted.urn not in self._creating or existing.created is None:
            return False
        return self._since is None or existing.created >= self._since


def _entry(wanted: Wanted, existing: Existing) -> ImportEntry:
    return ImportEntry(wanted.urn, existing.import_id, wanted.type, wanted.parent, _provider(wanted), existing.what)


def _provider(wanted: Wanted) -> str | None:
    """Return the URN of a resource's provider; None where it is a default one, which an import finds by itself."""
    # What follows the URN in a reference is the provider's id.
    urn = wanted.provider.rpartition("::")[0]
    return None if not urn or logical_name(urn).startswith("default") else urn
