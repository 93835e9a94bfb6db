"""Credential rows: everything about a credential but its secret value, as the database keeps it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from sandbox.nvcf import java_text
from sandbox.nvcf.artifact_types import ArtifactType, ProvisionedBy, type_names


@dataclass(frozen=True)
class CredentialRow:
    """One registry credential.

    Attributes:
        created_at: Nanoseconds since 1970.
        updated_at: Nanoseconds since 1970.
    """

    credential_id: UUID
    account_id: str
    name: str
    registry_name: str
    hostname: str
    types: frozenset[ArtifactType]
    tags: tuple[str, ...] | None
    description: str | None
    provisioned_by: ProvisionedBy
    created_at: int
    updated_at: int

    def as_json(self, key_type: str | None) -> dict[str, object]:
        """The API's details object; absent values are left out (NVCF contract 1.5)."""
        fields: dict[str, object | None] = {
            "registryCredentialId": str(self.credential_id),
            "ncaId": self.account_id,
            "registryCredentialName": self.name,
            "registryName": self.registry_name,
            "registryHostname": self.hostname,
            "artifactTypes": type_names(self.types),
            "tags": None if self.tags is None else sorted(self.tags),
            "description": self.description,
            "provisionedBy": self.provisioned_by.name,
            "keyType": key_type,
            "lastUpdatedAt": java_text.format_instant(self.updated_at),
            "createdAt": java_text.format_instant(self.created_at),
        }
        return {name: value for name, value in fields.items() if value is not None}


class CredentialRows:
    """The table: rows by account, ordered by credential id."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[UUID, CredentialRow]] = {}

    def of_account(self, account_id: str) -> tuple[CredentialRow, ...]:
        """All rows of an account in id order; unknown accounts have none."""
        rows = self._rows.get(account_id, {})
        return tuple(rows[i] for i in sorted(rows))

    def find(self, account_id: str, credential_id: UUID) -> CredentialRow | None:
        """One row, never from a cache."""
        return self._rows.get(account_id, {}).get(credential_id)

    def save(self, row: CredentialRow) -> None:
        """Inserts or overwrites. Times lose what the database cannot keep; an empty tag set is kept as none.

        Nothing is checked here: two writers that both found a name free both insert.
        """
        stored = replace(
            row,
            tags=row.tags or None,
            created_at=java_text.to_milliseconds(row.created_at),
            updated_at=java_text.to_milliseconds(row.updated_at),
        )
        self._rows.setdefault(row.account_id, {})[row.credential_id] = stored

    def delete(self, row: CredentialRow) -> None:
        """Removes a row; a second removal is fine."""
        self._rows.get(row.account_id, {}).pop(row.credential_id, None)
