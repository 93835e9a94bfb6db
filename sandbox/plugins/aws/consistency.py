"""Waiting for what AWS has accepted but does not show everywhere yet.

IAM is eventually consistent: an entity may be unknown for seconds after it was made
(https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency).
"""

import time
from collections.abc import Callable
from typing import TypeVar

from sandbox.plugins.aws.errors import AwsError

_Result = TypeVar("_Result")

PROPAGATION_SECONDS = 120.0
"""How long the Terraform AWS provider gives IAM to show a new entity; the same here."""

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0

# Codes by which IAM says "not now": another change of the same entity is under way.
_BUSY = frozenset({"ConcurrentModification", "EntityTemporarilyUnmodifiable"})


def until_visible(
    look: Callable[[], _Result | None],
    seconds: float = PROPAGATION_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> _Result | None:
    """Call `look` until it finds something, for at most `seconds`; None when it never did."""
    end = time.monotonic() + seconds
    pause = _FIRST_PAUSE_SECONDS
    while True:
        found = look()
        if found is not None or time.monotonic() + pause > end:
            return found
        sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def while_unsettled(
    attempt: Callable[[], _Result], seconds: float = PROPAGATION_SECONDS, sleep: Callable[[float], None] = time.sleep
) -> _Result:
    """Repeat `attempt` while it fails for a reason that passes by itself, for at most `seconds`.

    Raises:
        AwsError: It failed for another reason, or the time is over.
    """
    end = time.monotonic() + seconds
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            return attempt()
        except AwsError as error:
            if not _passes(error) or time.monotonic() + pause > end:
                raise
        sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _passes(error: AwsError) -> bool:
    # A role's trust policy may name a principal that was made a moment ago.
    unknown_principal = error.code == "MalformedPolicyDocument" and "Invalid principal in policy" in error.detail
    return error.code in _BUSY or unknown_principal
