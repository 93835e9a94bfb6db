"""Calls to AWS while looking for remains: refusals told apart from the rest, and said in words."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from ops.errors import OpsError
from ops.remains.found import Unseen

_GONE = frozenset({"NoSuchEntity", "RepositoryNotFoundException"})


def code_of(error: Exception) -> str:
    """Return AWS's code for an error; "" when it is none of AWS's."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else ""


def is_denied(error: Exception) -> bool:
    """Tell whether the caller lacks a right."""
    return code_of(error).startswith(("AccessDenied", "UnauthorizedOperation"))


def is_gone(error: Exception) -> bool:
    """Tell whether what was asked about does not exist."""
    return code_of(error) in _GONE


def unseen(place: str, what: str, action: str, error: BotoCoreError | ClientError) -> Unseen:
    """Say that something could not be looked at.

    Args:
        place: where it is.
        what: what was to be looked at.
        action: the right that it takes.
        error: what AWS answered.
    """
    if is_denied(error):
        return Unseen(
            place, f"AWS does not let us see {what}.", f"Allow {action}: docs/policies.md has the inspector's policy."
        )
    return Unseen(place, f"AWS did not tell {what}: {_said(error)}", "Check credentials, region and network.")


def refusal(name: str, error: BotoCoreError | ClientError, remedy: str) -> OpsError:
    """Say that something could not be removed."""
    return OpsError(f"{name} could not be removed: {_said(error)}", remedy)


def _said(error: Exception) -> str:
    text = str(error).strip()
    return text if text.endswith(".") else f"{text}."
