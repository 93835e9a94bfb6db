"""Bodies of the account calls: binding, bean rules, and the rules of account provisioning (NVCF contract 4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sandbox.nvcf import binding, java_text, validation
from sandbox.nvcf.accounts import DEFAULT_CREDENTIALS, DEFAULT_TELEMETRIES, Limits
from sandbox.nvcf.artifact_types import ArtifactType
from sandbox.nvcf.credential_requests import AddCredential, NewCredential
from sandbox.nvcf.credentials import check_secret_format
from sandbox.nvcf.problems import bad_request
from sandbox.nvcf.validation import Violation

PROVISIONED_TYPES = (ArtifactType.CONTAINER, ArtifactType.HELM)
"""Types that a self-hosted server wants a credential for, if it is given any at account creation."""

_MAX_ON_UPDATE = 50


@dataclass(frozen=True)
class SentLimits:
    """The four limits of an account body; None where not sent."""

    functions: int | None
    tasks: int | None
    telemetries: int | None
    registry_credentials: int | None

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> SentLimits:
        """Binds the limits; text holding a number will do."""
        return cls(
            binding.as_optional_integer(document.get("maxFunctionsAllowed")),
            binding.as_optional_integer(document.get("maxTasksAllowed")),
            binding.as_optional_integer(document.get("maxTelemetriesAllowed")),
            binding.as_optional_integer(document.get("maxRegistryCredentialsAllowed")),
        )

    def over(self, limits: Limits) -> Limits:
        """`limits` with what was sent put over it."""

        def pick(sent: int | None, present: int) -> int:
            return present if sent is None else sent

        return Limits(
            pick(self.functions, limits.functions),
            pick(self.tasks, limits.tasks),
            pick(self.telemetries, limits.telemetries),
            pick(self.registry_credentials, limits.registry_credentials),
        )

    def is_empty(self) -> bool:
        """True when none was sent."""
        return self == SentLimits(None, None, None, None)


@dataclass(frozen=True)
class NewAccount:
    """Body of account creation, bean rules passed."""

    name: str
    client_id: str | None
    credentials: tuple[NewCredential, ...]
    limits: SentLimits


def read_new_account(body: bytes) -> NewAccount:
    """Binds and validates the body of account creation; 400 when either fails."""
    document = binding.parse_object(body)
    name = binding.as_optional_text(document.get("name"))
    client_id = binding.as_optional_text(document.get("adminClientId"))
    sent = document.get("registryCredentials")
    sent_entries = [] if sent is None else binding.as_list(sent)
    entries = [AddCredential.from_json(binding.as_object(e)) for e in sent_entries]
    limits = SentLimits.from_json(document)
    validation.check("createAccountRequest", _new_account_violations(name, entries, limits))
    return NewAccount(str(name), client_id, tuple(e.checked() for e in entries), limits)


def _new_account_violations(name: str | None, entries: list[AddCredential], limits: SentLimits) -> Iterable[Violation]:
    yield from validation.not_blank("name", name)
    yield from validation.account_name("name", name)
    yield from validation.at_least("maxFunctionsAllowed", limits.functions, 1)
    yield from validation.at_least("maxTasksAllowed", limits.tasks, 1)
    yield from validation.at_least("maxTelemetriesAllowed", limits.telemetries, 1)
    yield from validation.at_most("maxTelemetriesAllowed", limits.telemetries, DEFAULT_TELEMETRIES)
    yield from validation.at_least("maxRegistryCredentialsAllowed", limits.registry_credentials, 1)
    yield from validation.at_most("maxRegistryCredentialsAllowed", limits.registry_credentials, DEFAULT_CREDENTIALS)
    for position, entry in enumerate(entries):
        for violation in entry.violations():
            yield violation.under(f"registryCredentials[{position}]")


def check_provisioning(credentials: tuple[NewCredential, ...]) -> None:
    """If any credential is given, every wanted type must be covered, and by one entry only.

    Raises:
        Problem: 400 by contract 4.2. An entry for a type beyond the wanted ones is reported with an empty list.
    """
    if not credentials:
        return
    types = [t for c in credentials for t in c.types]
    missing = [t.name for t in PROVISIONED_TYPES if t not in types]
    if missing:
        raise bad_request(
            f"Invalid request: Missing registry credential(s) for expected artifact type(s) '[{', '.join(missing)}]'"
        )
    if len(types) > len(PROVISIONED_TYPES):
        repeated = [t.name for t in ArtifactType if types.count(t) > 1]
        raise bad_request(
            "Invalid request: Multiple registry credential(s) with same artifact type(s) "
            f"'[{', '.join(repeated)}]' not allowed during account provisioning"
        )
    if any(isinstance(c.secret.value, dict) for c in credentials):
        raise bad_request("Invalid request: Registry secret value must be string")
    for credential in credentials:
        check_secret_format(credential.hostname, credential.secret)


@dataclass(frozen=True)
class AccountUpdate:
    """Body of PATCH on an account; a blank name counts as none."""

    name: str | None
    limits: SentLimits


def read_account_update(body: bytes) -> AccountUpdate:
    """Binds and validates the body of PATCH on an account; 400 when either fails or nothing is in it."""
    document = binding.parse_object(body)
    name = binding.as_optional_text(document.get("name"))
    limits = SentLimits.from_json(document)
    if java_text.is_blank(name or "") and limits.is_empty():
        raise bad_request("Invalid request: Either name, credential fields or limits should be specified")
    validation.check("accountUpdateRequest", _update_violations(name, limits))
    return AccountUpdate(None if java_text.is_blank(name or "") else name, limits)


def _update_violations(name: str | None, limits: SentLimits) -> Iterable[Violation]:
    yield from validation.account_name("name", name)
    for field, value in (
        ("maxFunctionsAllowed", limits.functions),
        ("maxTasksAllowed", limits.tasks),
        ("maxTelemetriesAllowed", limits.telemetries),
        ("maxRegistryCredentialsAllowed", limits.registry_credentials),
    ):
        yield from validation.at_least(field, value, 0)
    for field, value, noun in (
        ("maxTelemetriesAllowed", limits.telemetries, "telemetries"),
        ("maxRegistryCredentialsAllowed", limits.registry_credentials, "registry credentials"),
    ):
        message = f"Max {noun} allowed cannot exceed {_MAX_ON_UPDATE}"
        yield from validation.at_most(field, value, _MAX_ON_UPDATE, message)


def read_client_id(body: bytes) -> str:
    """Binds and validates the body of associating and disassociating a client."""
    client_id = binding.as_optional_text(binding.parse_object(body).get("adminClientId"))
    validation.check("patchAccountRequest", validation.not_blank("adminClientId", client_id))
    return str(client_id)
