"""What a change of a credential's properties asks for: a new credential, a PATCH, or a note in state.

NVCF can PATCH the secret, the name, and add artifact types; everything else is fixed for a credential's life
(NVCF contract 1.4), and a credential cannot be deleted while functions use its host, so that a replacement is asked
for only where nothing else is possible. Sets are compared as sets: the server returns them in any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nvcf.credential_inputs import is_unknown, text, texts
from nvcf.credentials import SYSTEM

MARKER = "changedOutside"
"""The output that says that somebody else has written to the credential since we did: its secret may not be ours."""


@dataclass(frozen=True)
class CredentialChange:
    """What differs between a credential in state and the one declared.

    Attributes:
        replaces: Properties that only a new credential can take on.
        patches: Properties, or the marker, that call for a PATCH.
        notes: Properties that concern this project alone and are only written to state.
    """

    replaces: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.replaces or self.patches or self.notes)


def credential_change(
    olds: Mapping[str, object], news: Mapping[str, object], configured_account: str | None = None
) -> CredentialChange:
    """Compares a credential in state with the one declared.

    A value not known yet counts as changed. The tags, description and surplus artifact types of a credential that
    came with the account can neither be changed nor got rid of by a replacement, so they are no difference. Nor are
    tags and a description that are not declared for a credential to be adopted: whoever takes one over keeps them.

    Args:
        olds: The properties in state, as outputs: what the server said, and what we sent.
        news: The declared properties.
        configured_account: The account the stack's configuration names, for a credential that names none.

    Returns:
        The differences; false when there are none.
    """
    replaces = [key for key in ("hostname",) if _differs(olds, news, key)]
    if _account_differs(olds, news, configured_account):
        replaces.append("account")
    types_unknown = is_unknown(news.get("artifactTypes"))
    old_types, new_types = texts(olds, "artifactTypes"), texts(news, "artifactTypes")
    if olds.get("provisionedBy") != SYSTEM:
        kept = ("tags", "description") if news.get("adopt") is not None else ()
        replaces += [
            key
            for key in ("tags", "description")
            if _differs(olds, news, key) and not (key in kept and news.get(key) is None)
        ]
        if not types_unknown and old_types - new_types:
            replaces.append("artifactTypes")
    patches = [key for key in ("name", "username", "password") if _differs(olds, news, key)]
    if types_unknown or new_types - old_types:
        patches.append("artifactTypes")
    if olds.get(MARKER) is True:
        patches.append(MARKER)
    notes = [key for key in ("onDestroy", "keeps") if _differs(olds, news, key)]
    return CredentialChange(tuple(replaces), tuple(patches), tuple(notes))


def _differs(olds: Mapping[str, object], news: Mapping[str, object], key: str) -> bool:
    new = news.get(key)
    if is_unknown(new):
        return True
    if key in ("tags", "keeps"):
        return texts(olds, key) != texts(news, key)
    if key == "onDestroy":
        return (text(olds, key) or "delete") != (text(news, key) or "delete")
    return text(olds, key) != text(news, key)


def _account_differs(olds: Mapping[str, object], news: Mapping[str, object], configured: str | None) -> bool:
    if is_unknown(news.get("account")):
        return True
    wanted = text(news, "account") or configured
    if not wanted:
        return bool(text(olds, "account"))
    recorded = text(olds, "accountId") or text(olds, "account")
    return bool(recorded) and recorded != wanted
