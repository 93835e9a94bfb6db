"""The properties of a registry-credential resource: their names, their types, and what is wrong with them.

Properties come from the engine as plain values; in a preview, a value that is not known yet is a marker text, which
is passed over and never parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nvcf import credential_rules, registries
from nvcf.connection import account_id_mistake
from nvcf.credentials import NewCredential
from nvcf.mistakes import Mistake
from nvcf.secret import RegistrySecret, password_mistakes, username_mistakes

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The engine's marker for a text that is not known yet; a test compares it with the SDK's."""

REQUIRED = ("hostname", "name", "username", "password", "artifactTypes")
OPTIONAL = ("tags", "description", "account", "onDestroy", "keeps", "adopt", "propagationSeconds")
INPUTS = REQUIRED + OPTIONAL
ON_DESTROY = ("delete", "keep")
LONGEST_PROPAGATION = 3600.0

_LISTS = ("artifactTypes", "tags", "keeps")
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class DeclaredCredential:
    """A credential as the program declares it, all values known and checked.

    Attributes:
        new: Everything about it but its secret.
        secret: Its secret.
        account: The account it is to be in, or `None` for the configured one.
        adopt: The id of a credential to take over, or `None`.
        propagation_seconds: How long to go on with a key AWS does not know yet, or `None` for the configured time.
    """

    new: NewCredential
    secret: RegistrySecret
    account: str | None
    adopt: str | None
    propagation_seconds: float | None


def declared(props: Mapping[str, object]) -> DeclaredCredential:
    """Reads a declared credential from properties that `input_mistakes` finds nothing wrong with."""
    seconds = props.get("propagationSeconds")
    return DeclaredCredential(
        new=NewCredential(
            hostname=text(props, "hostname"),
            name=text(props, "name"),
            artifact_types=texts(props, "artifactTypes"),
            tags=texts(props, "tags"),
            description=text(props, "description") or None,
        ),
        secret=RegistrySecret(text(props, "username"), text(props, "password")),
        account=text(props, "account") or None,
        adopt=text(props, "adopt") or None,
        propagation_seconds=float(seconds) if isinstance(seconds, (int, float)) else None,
    )


def text(props: Mapping[str, object], key: str) -> str:
    """Returns a property that is a text, or an empty one."""
    value = props.get(key)
    return value if isinstance(value, str) else ""


def texts(props: Mapping[str, object], key: str) -> frozenset[str]:
    """Returns a property that is a list of texts, as a set; empty when it is missing."""
    value = props.get(key)
    return frozenset(str(item) for item in value) if isinstance(value, (list, tuple)) else frozenset()


def is_unknown(value: object) -> bool:
    """Tells whether a property's value, or a part of it, is not known yet."""
    if isinstance(value, (list, tuple)):
        return any(is_unknown(item) for item in value)
    return value == UNKNOWN


def input_mistakes(props: Mapping[str, object]) -> list[tuple[str, Mistake]]:
    """Judges declared properties; texts repeat no secret.

    Args:
        props: The properties, some perhaps not known yet.

    Returns:
        Each mistake with the property it is in; empty when all is well as far as is known.
    """
    found = list(_form_mistakes(props))
    wrong = {key for key, _ in found}
    known = {k: v for k, v in props.items() if k not in wrong and v is not None and not is_unknown(v)}
    found.extend(_value_mistakes(known))
    found.extend(_registry_mistakes(known))
    return found


def _form_mistakes(props: Mapping[str, object]) -> Iterator[tuple[str, Mistake]]:
    """Finds missing properties, unknown ones, and values of another type than theirs."""
    for key in REQUIRED:
        if props.get(key) is None:
            yield key, Mistake("is missing", "Give it a value")
    for key, value in props.items():
        if value is None or is_unknown(value) or key.startswith("__"):
            continue
        mistake = _type_mistake(key, value)
        if mistake:
            yield key, mistake


def _type_mistake(key: str, value: object) -> Mistake | None:
    if key not in INPUTS:
        return Mistake("is no property of a registry credential", f"The properties are {', '.join(INPUTS)}")
    if key in _LISTS:
        right = isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)
        return None if right else Mistake("is no list of texts", "Give a list, even of one")
    if key == "propagationSeconds":
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        right = number and 0 <= float(str(value)) <= LONGEST_PROPAGATION
        return None if right else Mistake("is no number of seconds", f"Give 0 to {LONGEST_PROPAGATION:.0f}")
    return None if isinstance(value, str) else Mistake("is no text", "Give a text")


def _value_mistakes(known: Mapping[str, object]) -> Iterator[tuple[str, Mistake]]:
    """Judges each property by itself."""
    if "name" in known:
        yield from _of("name", credential_rules.name_mistake(text(known, "name")))
    if "username" in known:
        yield from (("username", mistake) for mistake in username_mistakes(text(known, "username")))
    if "password" in known:
        yield from (("password", mistake) for mistake in password_mistakes(text(known, "password")))
    yield from (("tags", mistake) for mistake in credential_rules.tags_mistakes(texts(known, "tags")))
    yield from _of("description", credential_rules.description_mistake(text(known, "description")))
    if text(known, "account"):
        yield from _of("account", account_id_mistake(text(known, "account")))
    if "onDestroy" in known and known["onDestroy"] not in ON_DESTROY:
        yield "onDestroy", Mistake("is none of its values", f"Give one of {', '.join(ON_DESTROY)}")
    if "adopt" in known and not _UUID.fullmatch(text(known, "adopt")):
        yield "adopt", Mistake("is no credential id", "Give the UUID that NVCF's list shows")


def _registry_mistakes(known: Mapping[str, object]) -> Iterator[tuple[str, Mistake]]:
    """Judges the properties that hang on the registry."""
    if "hostname" not in known:
        if "artifactTypes" in known:
            types = sorted(texts(known, "artifactTypes"))
            yield from _of("artifactTypes", credential_rules.artifact_types_mistake(types))
        return
    mistakes = registries.credential_mistakes(
        text(known, "hostname"),
        text(known, "username") if text(known, "username").strip() else None,
        sorted(texts(known, "artifactTypes")) if "artifactTypes" in known else None,
    )
    yield from mistakes.items()


def _of(key: str, mistake: Mistake | None) -> Iterator[tuple[str, Mistake]]:
    if mistake:
        yield key, mistake
