"""Registering, reading, changing and deleting registry credentials: the order of the checks (contract 1.7, 1.8).

Nothing is atomic, as on the real server: between a check and the write a registry is asked, and another call may get
in between. Calls that ask nobody run to their end undisturbed here, because one event loop serves them all.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from sandbox.nvcf import java_text
from sandbox.nvcf.accounts import Account
from sandbox.nvcf.artifact_types import VERIFIED_AT_REGISTRATION, ArtifactType, ProvisionedBy
from sandbox.nvcf.clock import Clock
from sandbox.nvcf.credential_requests import CredentialUpdate, NewCredential, SentSecret
from sandbox.nvcf.credential_rows import CredentialRow, CredentialRows
from sandbox.nvcf.functions import FunctionTable
from sandbox.nvcf.problems import bad_request, conflict, internal, not_found
from sandbox.nvcf.registries import RecognizedRegistries, Registry, is_ngc_host
from sandbox.nvcf.registry_logins import RegistryNetwork, decoded_pair, verify_login
from sandbox.nvcf.replicas import Replica
from sandbox.nvcf.secret_store import Secret

_OAUTH_USER = "$oauthtoken"
# Derived, not recorded: what Java says of a null among the artifact types.
_NULL_TYPE = (
    'Cannot invoke "com.nvidia.boot.registries.service.registry.dto.ArtifactTypeEnum.ordinal()" because '
    '"artifactTypeEnum" is null'
)
_NULL_TAG = (
    "Can't infer set codec because the first element is null (note that CQL does not allow null values in collections)"
)


def check_secret_format(hostname: str, secret: SentSecret) -> Secret:
    """The secret's value must be base64 of exactly `username:password`; NGC also wants its user name in it.

    Args:
        hostname: The registry's host name, as sent.
        secret: As sent.

    Raises:
        Problem: 400 by contract 1.7, checks 3 and 4.
    """
    decoded = java_text.decode_base64(secret.value) if isinstance(secret.value, str) else None
    parts = [] if decoded is None else java_text.split_on_colon(decoded.decode("utf-8", "replace"))
    if len(parts) != 2 or any(java_text.is_blank(p) for p in parts):
        raise bad_request("Invalid request: Registry credential secret must be base64 encoded username:password format")
    if is_ngc_host(hostname) and _OAUTH_USER not in decoded_pair(str(secret.value)):
        raise bad_request("Invalid request: Missing $oauthtoken username in NGC registry credential")
    return Secret(secret.name, str(secret.value))


@dataclass(frozen=True)
class CredentialService:
    """The calls, as one replica runs them."""

    rows: CredentialRows
    replica: Replica
    recognized: RecognizedRegistries
    network: RegistryNetwork
    functions: FunctionTable
    clock: Clock

    async def add(self, account: Account, request: NewCredential, provisioned_by: ProvisionedBy) -> CredentialRow:
        """Registers a credential. The row stays behind when the secret store fails after it.

        Raises:
            Problem: 400, 409, or what the registry, the database or the secret store says.
        """
        secret = check_secret_format(request.hostname, request.secret)
        types = self._known_types(request.types, request.hostname)
        registry_name = self._registry_name(types, request.hostname)
        self._check_limit(account)
        self._check_name_is_free(account.account_id, request.hostname, secret.name)
        await self._verify(types, request.hostname, secret)
        if request.tags is not None and None in request.tags:
            raise internal(_NULL_TAG)
        created_at = self.clock.wall()
        row = CredentialRow(
            credential_id=uuid.uuid4(),
            account_id=account.account_id,
            name=secret.name,
            registry_name=registry_name,
            hostname=request.hostname,
            types=frozenset(types),
            tags=None if request.tags is None else tuple(t for t in request.tags if t is not None),
            description=request.description,
            provisioned_by=provisioned_by,
            created_at=created_at,
            updated_at=created_at + 700,
        )
        self.replica.save_row(row)
        self.replica.save_secret((row.account_id, row.credential_id), secret)
        return row

    async def update(self, account_id: str, credential_id: UUID, request: CredentialUpdate) -> CredentialRow:
        """Swaps the secret, renames, adds types. The secret is written before the row.

        Raises:
            Problem: 400, 404, 409, 500, or what the registry or the secret store says.
        """
        row = self.get(account_id, credential_id)
        if request.secret is None and not request.added_types:
            raise bad_request("Invalid request: Either secret or artifact types must be specified")
        secret = None if request.secret is None else check_secret_format(row.hostname, request.secret)
        added = self._known_added_types(row, request.added_types)
        if secret is not None:
            self._check_rename(row, secret.name)
            await self._verify([*row.types, *(t for t in added if t not in row.types)], row.hostname, secret)
            self.replica.save_secret((account_id, credential_id), secret)
        else:
            await self._verify(added, row.hostname, self._stored_secret(row))
        updated = replace(
            row,
            name=row.name if secret is None else secret.name,
            types=row.types | frozenset(added),
            updated_at=self.clock.wall(),
        )
        self.replica.save_row(updated)
        return updated

    def delete(self, account_id: str, credential_id: UUID) -> None:
        """Deletes a credential that a user made and whose host no function uses.

        Raises:
            Problem: 400, 404, or 502 with nothing changed.
        """
        row = self.get(account_id, credential_id)
        if row.provisioned_by is ProvisionedBy.SYSTEM:
            raise bad_request("Invalid request: Cannot delete system provisioned registry credential")
        self._delete_unused(row)

    def delete_all(self, account_id: str) -> None:
        """Deletes every credential of an account, SYSTEM ones too."""
        for row in self.rows.of_account(account_id):
            self._delete_unused(row)

    def get(self, account_id: str, credential_id: UUID) -> CredentialRow:
        """One credential, never stale; 404 for unknown ids and those of other accounts."""
        row = self.rows.find(account_id, credential_id)
        if row is None:
            raise not_found(f"Registry Credential '{credential_id}': Not found in account '{account_id}'")
        return row

    def listed(
        self, account_id: str, types: Iterable[ArtifactType], provisioned_by: Iterable[ProvisionedBy]
    ) -> list[CredentialRow]:
        """Credentials having any of the types and made by any of the makers; empty means all."""
        wanted, makers = frozenset(types), frozenset(provisioned_by)
        return [
            row
            for row in self.replica.listed_rows(account_id)
            if (not wanted or wanted & row.types) and (not makers or row.provisioned_by in makers)
        ]

    def as_json(self, row: CredentialRow) -> dict[str, object]:
        """The details object; an NGC row needs its secret for `keyType`."""
        return row.as_json(self._key_type(row))

    def _key_type(self, row: CredentialRow) -> str | None:
        if not is_ngc_host(row.hostname.lower()):
            return None
        secret = self.replica.secret((row.account_id, row.credential_id))
        user, _, key = (decoded_pair(secret.value) if secret else "").partition(":")
        return "LEGACY" if user == _OAUTH_USER and key and not key.startswith("nvapi-") else None

    def _known_types(self, types: Iterable[ArtifactType | None], hostname: str) -> list[ArtifactType]:
        known = []
        for artifact_type in types:
            if artifact_type is None:
                raise internal(_NULL_TYPE)
            if self.recognized.find(artifact_type, hostname) is None:
                raise bad_request(
                    f"Invalid request: {artifact_type.name} registry with hostname {hostname} is not yet recognized"
                )
            known.append(artifact_type)
        return known

    def _known_added_types(self, row: CredentialRow, types: Iterable[ArtifactType | None]) -> list[ArtifactType]:
        known = []
        for artifact_type in types:
            if artifact_type is None:
                raise internal(_NULL_TYPE)
            if self.recognized.find(artifact_type, row.hostname) is None:
                raise bad_request(
                    f"Invalid request: '{row.registry_name}' with hostname '{row.hostname}' not recognized "
                    f"for artifact type '{artifact_type.name}'"
                )
            known.append(artifact_type)
        return known

    def _registry_name(self, types: Iterable[ArtifactType], hostname: str) -> str:
        names = {self._registry(t, hostname).name for t in types}
        if len(names) > 1:
            raise internal(f"Registry hostname '{hostname}' has different names in recognized registries map")
        return names.pop()

    def _registry(self, artifact_type: ArtifactType, hostname: str) -> Registry:
        registry = self.recognized.find(artifact_type, hostname)
        if registry is None:
            raise bad_request(f"Unsupported registry hostname {hostname} for registry type {artifact_type.name}")
        return registry

    def _check_limit(self, account: Account) -> None:
        count = len(self.rows.of_account(account.account_id))
        if count >= account.limits.registry_credentials:
            raise bad_request(
                f"Account '{account.account_id}': Cannot add registry credential - maximum allowed registry "
                f"credentials ({account.limits.registry_credentials}) exceeded. Current count: {count}"
            )

    def _check_name_is_free(self, account_id: str, hostname: str, name: str) -> None:
        for row in self.rows.of_account(account_id):
            if (row.hostname, row.name) == (hostname, name):
                raise conflict(
                    f"Account '{account_id}': Registry credential '{name}' for hostname '{hostname}' already "
                    "exists in the account - Registry credentials must have unique hostname and credential "
                    "name within an account"
                )

    def _check_rename(self, row: CredentialRow, name: str) -> None:
        if java_text.is_blank(name):
            return
        for other in self.rows.of_account(row.account_id):
            if other.credential_id != row.credential_id and (other.hostname, other.name) == (row.hostname, name):
                raise conflict(
                    f"Account '{row.account_id}': Registry credential '{row.credential_id}' with name '{name}' "
                    f"for hostname '{row.hostname}' exists - Registry credentials must have unique hostname "
                    "and credential name within an account "
                )

    async def _verify(self, types: Iterable[ArtifactType], hostname: str, secret: Secret) -> None:
        for artifact_type in types:
            if artifact_type in VERIFIED_AT_REGISTRATION:
                registry = self._registry(artifact_type, hostname)
                await verify_login(self.network, registry, hostname, artifact_type, secret.value)

    def _stored_secret(self, row: CredentialRow) -> Secret:
        secret = self.replica.secret((row.account_id, row.credential_id))
        if secret is None:
            raise internal(f"Account '{row.account_id}': Registry credential '{row.credential_id}' missing secret")
        return secret

    def _delete_unused(self, row: CredentialRow) -> None:
        used_by = self.functions.users_of(row)
        if used_by:
            sentences = ", ".join(
                f"Registry Credential '{row.credential_id}': Cannot be deleted as it is in use by Function id "
                f"'{f.function_id}', version '{f.version_id}' - Delete the function first to be able to delete "
                "the registry credential."
                for f in used_by
            )
            raise bad_request(f"[{sentences}]")
        self.replica.delete_secret((row.account_id, row.credential_id))
        self.replica.delete_row(row)
