"""What can go wrong between this project and NVCF, one class a cause.

Each error says what happened and what to do about it, in texts that have been through `redaction`; the
resource it concerns is added by the caller that knows it. Each class also says whether trying again can help,
which `retries` acts upon.
"""

# ruff: noqa: N818 - each class is named after what happened; all are `NvcfError`s
from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class Retry(enum.Enum):
    """Whether repeating a failed call can help."""

    NEVER = "never"
    """The same call fails the same way: somebody has to change something first."""

    NO_EFFECT = "the call had no effect"
    """It may be repeated, whatever it was."""

    EFFECT_UNKNOWN = "the call may have had its effect"
    """It may be repeated only if doing it twice is the same as doing it once."""

    KEY_PROPAGATION = "the key is not known everywhere yet"
    """It may be repeated while a new access key spreads through AWS; the call had no effect."""


class NvcfError(Exception):
    """Something about NVCF that the user must learn of.

    Attributes:
        problem: What happened, as one or more sentences.
        remedy: What to do, as one or more sentences; may be empty.
        resource: What it happened to; empty until a caller that knows says so.
        retry: Whether repeating the call can help.
    """

    retry: ClassVar[Retry] = Retry.NEVER

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.resource = ""
        self.history = ""

    def __str__(self) -> str:
        start = f"{self.resource}: " if self.resource else ""
        return start + " ".join(part for part in (self.problem, self.history, self.remedy) if part)


class NotConfigured(NvcfError):
    """The endpoint or the token is missing or unusable."""


class Unreachable(NvcfError):
    """No connection to NVCF could be made; nothing was sent."""

    retry = Retry.NO_EFFECT


class ConnectionCut(NvcfError):
    """The connection ended after the call was sent and before the answer was complete."""

    retry = Retry.EFFECT_UNKNOWN


class NoAnswer(NvcfError):
    """NVCF did not answer in time; it may still be at work on the call."""

    retry = Retry.EFFECT_UNKNOWN


class BadCertificate(NvcfError):
    """NVCF's TLS certificate cannot be trusted."""


class TokenRejected(NvcfError):
    """NVCF does not accept our token: 401 with an empty body (NVCF contract, observed 5)."""


class Forbidden(NvcfError):
    """Our token is valid but may not do this: 403 "Access Denied"."""


class UnknownClient(NvcfError):
    """Our token's subject belongs to no NVCF account: 404 "Unknown client_id"."""


class AccountNotFound(NvcfError):
    """NVCF has no such account."""


class AccountMismatch(NvcfError):
    """The credential was made in another account than the one our token speaks for."""


class NotFound(NvcfError):
    """There is no such credential in the account.

    Attributes:
        account: The account NVCF looked in, when it said so.
    """

    def __init__(self, problem: str, remedy: str = "", *, account: str | None = None) -> None:
        super().__init__(problem, remedy)
        self.account = account


class RegistryRejectedCredential(NvcfError):
    """The registry, asked by NVCF, does not accept the username and password."""


class RegistryDenied(NvcfError):
    """The registry knows the credential and forbids it to log in: 403 with the registry's own text."""


class KeyNotPropagated(NvcfError):
    """AWS does not know the access key: it is new and not known everywhere yet, or wrong, or deleted."""

    retry = Retry.KEY_PROPAGATION


class Throttled(NvcfError):
    """NVCF, AWS or a registry asked to slow down; the call had no effect (NVCF contract, observed-2 §4)."""

    retry = Retry.NO_EFFECT


class Conflict(NvcfError):
    """Another credential of the account has this hostname and name."""


class Twins(NvcfError):
    """Several credentials of the account share one hostname and name, so that none can be given a new secret.

    Attributes:
        ids: Their ids.
    """

    def __init__(self, problem: str, remedy: str, *, ids: Sequence[str]) -> None:
        super().__init__(problem, remedy)
        self.ids = tuple(ids)


class LimitReached(NvcfError):
    """The account holds as many credentials as it may."""


class NotRecognized(NvcfError):
    """This NVCF installation does not know the registry, or not for this artifact type."""


@dataclass(frozen=True)
class FunctionUser:
    """A version of an NVCF function, by its two ids."""

    function: str
    version: str


class InUse(NvcfError):
    """Functions use the credential's registry, so that NVCF does not delete it.

    Attributes:
        users: Every function version NVCF named.
    """

    def __init__(self, problem: str, remedy: str, *, users: Sequence[FunctionUser]) -> None:
        super().__init__(problem, remedy)
        self.users = tuple(users)


class SystemProvisioned(NvcfError):
    """The credential came with the account and cannot be deleted by itself."""


class InvalidRequest(NvcfError):
    """NVCF finds the request itself wrong."""


class Upstream(NvcfError):
    """NVCF is there, but what it depends on, or a gateway before it, fails: 502, 503, 504 and timeouts inside."""

    retry = Retry.EFFECT_UNKNOWN


class ServerFault(NvcfError):
    """NVCF failed in itself: 500."""


class SecretLost(NvcfError):
    """NVCF lists the credential and has no secret for it: functions cannot pull with it."""


class NotNvcf(NvcfError):
    """What answered is not NVCF's API: a login page, a gateway's error, a redirect, broken JSON."""


class LockUnavailable(NvcfError):
    """The lock between runs on this machine cannot be had: another holds it for too long, or its file fails."""


class EngineGone(NvcfError):
    """The engine that asked for a change has ended before it was begun."""
