"""Names that the program left out."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.plugins.protocol.messages import Autonaming, CheckRequest

_RANDOM_DIGITS = 7


@dataclass(frozen=True)
class NameRule:
    """How a kind of resource is named.

    Attributes:
        longest: The most characters a name may have.
        transform: Makes a resource's program name fit the service.
    """

    longest: int
    transform: Callable[[str], str] = str


class NameRequiredError(ValueError):
    """The engine's options forbid to make up a name."""


def autoname(rule: NameRule, request: CheckRequest) -> str:
    """Make up a name: the program name, a hyphen and seven random hex digits, unless the engine's options say other.

    The digits come from the engine's seed, so that a preview shows the name that the update will use.

    Raises:
        NameRequiredError: Autonaming is disabled.
    """
    if request.autonaming is Autonaming.DISABLE:
        raise NameRequiredError("autonaming is disabled: give a name")
    if request.autonaming is Autonaming.ENFORCE:
        return request.proposed_name
    if request.autonaming is Autonaming.PROPOSE:
        return rule.transform(request.proposed_name)[: rule.longest]
    digits = hashlib.sha256(request.seed).hexdigest() if request.seed else secrets.token_hex(_RANDOM_DIGITS)
    room = rule.longest - _RANDOM_DIGITS - 1
    return f"{rule.transform(request.target.name)[:room]}-{digits[:_RANDOM_DIGITS]}"


def prefixed(prefix: str) -> str:
    """Make up a name that begins with `prefix`, for `namePrefix`: 26 random hex digits follow."""
    return prefix + secrets.token_hex(13)
