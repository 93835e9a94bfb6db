"""Creating and deploying functions: the artifact checks, and the credentials a deployment hands out.

Sources: NVCF contract 3.1 and 3.2, observations 2 sections 1, 3 and 7.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from uuid import UUID

from sandbox.nvcf import java_text
from sandbox.nvcf.accounts import Account
from sandbox.nvcf.artifact_references import (
    chart_host,
    chart_reference,
    files_host,
    image_host,
    image_reference,
    validated_host,
)
from sandbox.nvcf.artifact_types import ArtifactType
from sandbox.nvcf.clock import Clock
from sandbox.nvcf.config import RegistryAnswer
from sandbox.nvcf.credential_rows import CredentialRow
from sandbox.nvcf.function_requests import NewFunction
from sandbox.nvcf.functions import FunctionTable, FunctionVersion
from sandbox.nvcf.problems import Problem, bad_request
from sandbox.nvcf.registries import RecognizedRegistries, Registry, RegistryKind, generic_host, without_canary
from sandbox.nvcf.registry_logins import (
    HANDING_OUT_TOKENS,
    TOKEN_SECONDS,
    Reference,
    RegistryNetwork,
    decoded_pair,
    refusal,
)
from sandbox.nvcf.replicas import ExpiringCache, Replica


@dataclass(frozen=True)
class HandedOut:
    """A credential in a launch request: what the cluster will pull with until the version is deployed anew."""

    hostname: str
    artifact_type: ArtifactType
    secret_value: str = field(repr=False)


@dataclass(frozen=True)
class Deployment:
    """A running function version.

    Attributes:
        specifications: `deploymentSpecifications` as sent.
        credentials: Taken when the version was deployed; later changes do not reach it.
        created_at: Nanoseconds since 1970.
    """

    version: FunctionVersion
    specifications: list[object]
    credentials: tuple[HandedOut, ...]
    created_at: int

    def as_json(self) -> dict[str, object]:
        """The API's deployment object, without the credentials."""
        return {
            "functionId": str(self.version.function_id),
            "functionVersionId": str(self.version.version_id),
            "ncaId": self.version.account_id,
            "functionName": self.version.spec.name,
            "functionStatus": self.version.status,
            "deploymentSpecifications": self.specifications,
            "createdAt": java_text.format_instant(java_text.to_milliseconds(self.created_at)),
        }


@dataclass(frozen=True)
class FunctionService:
    """The calls, as one replica runs them."""

    functions: FunctionTable
    deployments: dict[UUID, Deployment]
    replica: Replica
    recognized: RecognizedRegistries
    network: RegistryNetwork
    clock: Clock
    tokens: ExpiringCache[tuple[str, str], None]

    async def create(self, account: Account, spec: NewFunction, function_id: UUID | None) -> FunctionVersion:
        """Makes a function, or with `function_id` a further version of one.

        Raises:
            Problem: 404 for an unknown function, 400 at the account's limit, or what the artifact check says.
        """
        account_id = account.account_id
        if function_id is not None:
            self.functions.versions(account_id, function_id)
        elif len(self.functions.of_account(account_id)) >= account.limits.functions:
            raise bad_request(
                f"Account '{account_id}': Reached or exceeded the max limit for the number of functions "
                f"allowed: {account.limits.functions}. Please contact your account team for more details"
            )
        version = FunctionVersion(function_id or uuid.uuid4(), uuid.uuid4(), account_id, spec, self.clock.wall())
        await self._check_artifacts(version)
        self.functions.save(version)
        return version

    def delete(self, version: FunctionVersion) -> None:
        """Deletes a version and ends its deployment."""
        self.functions.delete(version)
        self.deployments.pop(version.version_id, None)

    async def deploy(self, version: FunctionVersion, specifications: list[object]) -> Deployment:
        """Deploys a version: the whole artifact check again, then the credentials go out."""
        await self._check_artifacts(version)
        return self.launch(version, specifications)

    def launch(self, version: FunctionVersion, specifications: list[object]) -> Deployment:
        """Starts a version unchecked, with the credentials of this moment."""
        active = replace(version, status="ACTIVE")
        credentials = tuple(self.credentials_for(version))
        deployment = Deployment(active, specifications, credentials, self.clock.wall())
        self.functions.save(active)
        self.deployments[version.version_id] = deployment
        return deployment

    def undeploy(self, version: FunctionVersion) -> FunctionVersion:
        """Ends a deployment; the version stays."""
        inactive = replace(version, status="INACTIVE")
        self.functions.save(inactive)
        self.deployments.pop(version.version_id, None)
        return inactive

    def credentials_for(self, version: FunctionVersion) -> Iterable[HandedOut]:
        """What a launch request would carry now: an image's host's credentials, dead ones too.

        A chart gets all CONTAINER credentials of the account, because its images are not known.
        """
        rows = self.replica.listed_rows(version.account_id)
        for artifact_type in (ArtifactType.CONTAINER, ArtifactType.HELM):
            hosts = set(version.hosts(artifact_type))
            every_host = artifact_type is ArtifactType.CONTAINER and version.spec.helm_chart is not None
            for row in rows:
                if artifact_type not in row.types:
                    continue
                secret = self.replica.secret((row.account_id, row.credential_id))
                if secret is not None and (every_host or without_canary(row.hostname) in hosts):
                    yield HandedOut(row.hostname, artifact_type, secret.value)

    async def _check_artifacts(self, version: FunctionVersion) -> None:
        spec = version.spec
        image = "" if java_text.is_blank(spec.container_image or "") else str(spec.container_image)
        chart = "" if java_text.is_blank(spec.helm_chart or "") else str(spec.helm_chart)
        if image:
            self._require_credential(version, ArtifactType.CONTAINER, image_host(image))
        if chart:
            self._require_credential(version, ArtifactType.HELM, chart_host(chart))
        self._require_files_credentials(version)
        if image:
            registry = self._registry(ArtifactType.CONTAINER, validated_host(image))
            reference = None if _is_unchecked(registry) else image_reference(registry.kind, image)
            await self._check_artifact(version, ArtifactType.CONTAINER, registry, reference, image)
        if chart:
            registry = self._registry(ArtifactType.HELM, chart_host(chart))
            reference = None if _is_unchecked(registry) else chart_reference(registry.kind, chart)
            await self._check_artifact(version, ArtifactType.HELM, registry, reference, chart)
        for artifact_type, files in (
            (ArtifactType.MODEL, spec.models),
            (ArtifactType.RESOURCE, spec.resources),
        ):
            for entry in files:
                host = files_host(entry.uri)
                path = entry.uri.partition(f"//{host}/")[2].removesuffix("/files")
                reference = Reference(host, path, entry.version, None)
                registry = self._registry(artifact_type, host)
                await self._check_artifact(version, artifact_type, registry, reference, entry.uri)

    def _require_credential(self, version: FunctionVersion, artifact_type: ArtifactType, host: str) -> None:
        try:
            registry = self._registry(artifact_type, host)
        except Problem as problem:
            raise bad_request(problem.as_java_message()) from None
        if not _is_unchecked(registry) and not self._rows(version, artifact_type, host):
            raise bad_request(f"Missing {artifact_type.name} registry credential for hostname '{host}'")

    def _require_files_credentials(self, version: FunctionVersion) -> None:
        for artifact_type, files in (
            (ArtifactType.MODEL, version.spec.models),
            (ArtifactType.RESOURCE, version.spec.resources),
        ):
            for entry in files:
                host = without_canary(files_host(entry.uri))
                if not self._rows(version, artifact_type, host):
                    raise bad_request(
                        f"Account '{version.account_id}', Function '{version.function_id}', Version "
                        f"'{version.version_id}': Missing {artifact_type.name} registry for hostname '{host}'"
                    )

    def _rows(self, version: FunctionVersion, artifact_type: ArtifactType, host: str) -> list[CredentialRow]:
        wanted = without_canary(host)
        return [
            row
            for row in self.replica.listed_rows(version.account_id)
            if artifact_type in row.types and without_canary(row.hostname) == wanted
        ]

    def _registry(self, artifact_type: ArtifactType, host: str) -> Registry:
        registry = self.recognized.find(artifact_type, host)
        if registry is None:
            raise bad_request(
                f"Unsupported registry hostname {generic_host(host)} for registry type {artifact_type.name}"
            )
        return registry

    async def _check_artifact(
        self,
        version: FunctionVersion,
        artifact_type: ArtifactType,
        registry: Registry,
        reference: Reference | None,
        shown: str,
    ) -> None:
        """Tries every credential of the host in id order; the first success wins, else the last refusal is shown.

        A registry's 5xx ends it at once.
        """
        if reference is None:
            return
        last: Problem | None = None
        for row in self._rows(version, artifact_type, reference.hostname):
            secret = self.replica.secret((row.account_id, row.credential_id))
            if secret is None:
                continue
            answer = await self._ask(registry.kind, artifact_type, reference, decoded_pair(secret.value))
            if answer.is_success:
                return
            last = refusal(registry.kind, answer)
            if answer.status >= 500:
                break
        raise last or bad_request(
            f"Account '{version.account_id}', Function id '{version.function_id}', version "
            f"'{version.version_id}': Artifact '{shown}' presence validation failed for unknown reason"
        )

    async def _ask(
        self, kind: RegistryKind, artifact_type: ArtifactType, reference: Reference, pair: str
    ) -> RegistryAnswer:
        """Asks for an artifact; where tokens are used, one got earlier spares the login, revoked or not."""
        if kind in HANDING_OUT_TOKENS and artifact_type is ArtifactType.CONTAINER:
            key = (reference.repository, pair)
            if not self.tokens.has(key):
                login = await self.network.log_in(kind, reference.hostname, pair)
                if not login.is_success:
                    return login
                self.tokens.put(key, TOKEN_SECONDS, None)
        return await self.network.find_artifact(kind, reference, pair)


def _is_unchecked(registry: Registry) -> bool:
    """Custom registries need neither a credential nor the image: nothing is asked."""
    return registry.kind is RegistryKind.CUSTOM
