"""Whether something that was found is left over, still held, kept on purpose, or nobody's for certain. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from ops.remains.found import Found, Kind, Owner
from ops.remains.holdings import Holding


class Standing(str, Enum):
    """How something that was found stands."""

    HELD = "held"
    """A stack's state holds it: `pulumi destroy` removes it."""
    LEFT = "left"
    """Marked as the stack's, and no state holds it."""
    KEPT = "kept"
    """As `LEFT`, but it was to stay: `onDestroy: keep`."""
    UNMARKED = "unmarked"
    """By its name or its user it may be the stack's, but no mark says so: only a person can tell."""


@dataclass(frozen=True)
class Wanted:
    """Which stacks are asked about.

    Attributes:
        project: their project.
        stacks: their names; None for every stack that the project has or ever had.
    """

    project: str
    stacks: frozenset[str] | None

    def includes(self, owner: Owner) -> bool:
        """Tell whether an owner is one of them."""
        return owner.project == self.project and (self.stacks is None or owner.stack in self.stacks)


@dataclass(frozen=True)
class Judged:
    """Something that was found, and how it stands.

    Attributes:
        found: what was found.
        standing: how it stands.
        stack: the stack that it is, or may be, of.
        note: what else there is to say; "" for nothing.
    """

    found: Found
    standing: Standing
    stack: str
    note: str = ""


def judge(
    found: Sequence[Found],
    wanted: Wanted,
    holdings: Sequence[Holding],
    known_stacks: Collection[str],
    kept_credentials: Collection[str] = (),
) -> list[Judged]:
    """Tell how everything that was found stands; what is another stack's is left out.

    Args:
        found: what was found.
        wanted: which stacks are asked about.
        holdings: what stacks hold, those that are not asked about included.
        known_stacks: the names of all stacks that there are.
        kept_credentials: credentials that a configuration says are to stay (`settings.marks.credential_key`).
    """
    holders = {key: each.stack for each in holdings for key in each.keys}
    kept = {each.serves for each in found if each.kept and each.serves} | set(kept_credentials)
    judged: dict[str, Judged] = {}
    # Users before their keys.
    for each in sorted(found, key=lambda one: one.kind is Kind.ACCESS_KEY):
        if each.kind is Kind.ACCESS_KEY:
            verdict = _key(each, judged.get(each.user), holders)
        else:
            verdict = _thing(each, wanted, holders, known_stacks, kept)
        if verdict is not None:
            judged[each.key] = verdict
    order = list(Kind)
    return sorted(judged.values(), key=lambda one: (one.stack, order.index(one.found.kind), one.found.name))


def _thing(
    each: Found, wanted: Wanted, holders: Mapping[str, str], known_stacks: Collection[str], kept: Collection[str]
) -> Judged | None:
    owner = each.owner or _by_name(each.identity, wanted, known_stacks)
    if owner is None or not wanted.includes(owner):
        return None
    holder = holders.get(each.key)
    if holder is not None:
        note = "" if holder == owner.stack else f"the state of the stack '{holder}' holds it"
        return Judged(each, Standing.HELD, owner.stack, note)
    if each.owner is None:
        return Judged(each, Standing.UNMARKED, owner.stack, "it has the stack's name, and no tags of the project's")
    if each.kept or (each.credential and each.credential in kept):
        return Judged(each, Standing.KEPT, owner.stack, "onDestroy: keep")
    return Judged(each, Standing.LEFT, owner.stack)


def _key(each: Found, user: Judged | None, holders: Mapping[str, str]) -> Judged | None:
    """Judge an access key: it carries no tags, and goes by its user."""
    if user is None:
        return None
    if each.key in holders:
        return Judged(each, Standing.HELD, user.stack)
    if user.standing is Standing.HELD:
        return Judged(
            each, Standing.UNMARKED, user.stack, "the state holds its user, but not this key: somebody else may use it"
        )
    return Judged(each, user.standing, user.stack, user.note)


def _by_name(identity: str, wanted: Wanted, known_stacks: Collection[str]) -> Owner | None:
    """Return whose an identity is by its name, `<project>-<stack>-<registry>`: the longest stack's name that fits."""
    names = {*known_stacks, *(wanted.stacks or ())}
    fitting = [name for name in names if identity.startswith(f"{wanted.project}-{name}-")]
    return Owner(wanted.project, max(fitting, key=len)) if fitting else None
