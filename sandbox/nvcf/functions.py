"""Function versions, and which of them use a credential's host (NVCF contract 1.8, observations 2 section 2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sandbox.nvcf import java_text
from sandbox.nvcf.artifact_references import chart_host, files_host, image_host
from sandbox.nvcf.artifact_types import ArtifactType
from sandbox.nvcf.credential_rows import CredentialRow
from sandbox.nvcf.function_requests import NewFunction
from sandbox.nvcf.problems import Problem, internal, not_found
from sandbox.nvcf.registries import without_canary


@dataclass(frozen=True)
class FunctionVersion:
    """One version of a function.

    Attributes:
        created_at: Nanoseconds since 1970.
        status: INACTIVE, or ACTIVE while deployed.
    """

    function_id: UUID
    version_id: UUID
    account_id: str
    spec: NewFunction
    created_at: int
    status: str = "INACTIVE"

    def as_json(self, *, from_database: bool, with_instances: bool = False) -> dict[str, object]:
        """The API's function object.

        Args:
            from_database: Times to the millisecond, as every answer but the one to creation.
            with_instances: Include the (always empty) list of active instances.
        """
        created_at = java_text.to_milliseconds(self.created_at) if from_database else self.created_at
        return {
            "id": str(self.function_id),
            "ncaId": self.account_id,
            "versionId": str(self.version_id),
            "status": self.status,
            **self.spec.as_json(),
            "createdAt": java_text.format_instant(created_at),
            **({"activeInstances": []} if with_instances else {}),
        }

    def hosts(self, artifact_type: ArtifactType) -> Iterator[str]:
        """Hosts from which this version fetches artifacts of a type, canary hosts as their originals."""
        spec = self.spec
        if artifact_type is ArtifactType.CONTAINER and not java_text.is_blank(spec.container_image or ""):
            yield without_canary(image_host(str(spec.container_image)))
        if artifact_type is ArtifactType.HELM and not java_text.is_blank(spec.helm_chart or ""):
            yield without_canary(chart_host(str(spec.helm_chart)))
        files = {ArtifactType.MODEL: spec.models, ArtifactType.RESOURCE: spec.resources}
        for entry in files.get(artifact_type, ()):
            yield without_canary(files_host(entry.uri))


class FunctionTable:
    """Function versions of all accounts, oldest first."""

    def __init__(self) -> None:
        self._versions: dict[UUID, FunctionVersion] = {}

    def of_account(self, account_id: str) -> list[FunctionVersion]:
        """Every version an account owns, deployed or not."""
        return [f for f in self._versions.values() if f.account_id == account_id]

    def versions(self, account_id: str, function_id: UUID) -> list[FunctionVersion]:
        """All versions of one function; 404 when the account has none."""
        found = [f for f in self.of_account(account_id) if f.function_id == function_id]
        if not found:
            raise not_found(f"Function id '{function_id}': Not found in account '{account_id}'")
        return found

    def get(self, account_id: str, function_id: UUID, version_id: UUID) -> FunctionVersion:
        """One version; 404 when the account has no such one."""
        version = self._versions.get(version_id)
        if version is None or (version.account_id, version.function_id) != (account_id, function_id):
            raise not_found(f"Function id '{function_id}', version '{version_id}': Not found in account '{account_id}'")
        return version

    def save(self, version: FunctionVersion) -> None:
        """Inserts or overwrites."""
        self._versions[version.version_id] = version

    def delete(self, version: FunctionVersion) -> None:
        """Removes a version."""
        self._versions.pop(version.version_id, None)

    def users_of(self, row: CredentialRow) -> list[FunctionVersion]:
        """Versions whose artifacts lie on the credential's host, for a type the credential has.

        Need plays no part: a second credential for the host, or one the function never used, counts just the same.

        Raises:
            Problem: 500 when a stored reference has no host (it got in while validation was off).
        """
        host = without_canary(row.hostname)
        try:
            return [
                version
                for version in self.of_account(row.account_id)
                if any(host in version.hosts(t) for t in row.types)
            ]
        except Problem as problem:
            raise internal(problem.detail) from None
