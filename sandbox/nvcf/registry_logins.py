"""How a registry is asked, and what its refusal turns into (NVCF contract 2.2 and 2.3).

The asking itself is a `RegistryNetwork`; the rules here only decide when to ask and how to read the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from sandbox.nvcf import java_text
from sandbox.nvcf.artifact_types import ArtifactType
from sandbox.nvcf.config import RegistryAnswer, RegistryRule
from sandbox.nvcf.problems import Problem, bad_request, internal, rule, upstream
from sandbox.nvcf.registries import (
    Registry,
    RegistryKind,
    ecr_account_and_region,
    is_acr_registry,
    is_volcengine_registry,
)

_AWS_LIKE = (RegistryKind.ECR, RegistryKind.ECR_PUBLIC, RegistryKind.VOLCENGINE)
_OCI = (RegistryKind.ACR, RegistryKind.HARBOR, RegistryKind.ARTIFACTORY)
HANDING_OUT_TOKENS = (RegistryKind.DOCKER, RegistryKind.NGC, *_OCI)
"""Registries where a login yields a token, which the server keeps and uses for further images of a repository."""

TOKEN_SECONDS = 225.0
"""How long the server keeps such a token: three quarters of the usual five minutes."""

_PASSED_ON: Mapping[RegistryKind, frozenset[int]] = {
    **dict.fromkeys(_AWS_LIKE, frozenset({403})),
    **dict.fromkeys(_OCI, frozenset({401, 403, 404, 429})),
    RegistryKind.NGC: frozenset({401, 403, 404, 409, 429}),
    RegistryKind.DOCKER: frozenset({401, 403, 404, 409, 429}),
}


@dataclass(frozen=True)
class Reference:
    """An image or chart as a registry is asked for it.

    Attributes:
        repository: Path without the host.
        tag: Tag or version; None where a digest was given.
        digest: `sha256:…`, or None.
    """

    hostname: str
    repository: str
    tag: str | None
    digest: str | None

    def __str__(self) -> str:
        version = f"@{self.digest}" if self.digest else f":{self.tag}"
        return f"{self.hostname}/{self.repository}{version}"


class RegistryNetwork(Protocol):
    """Everything outside the server that holds artifacts."""

    async def log_in(self, kind: RegistryKind, hostname: str, pair: str) -> RegistryAnswer:
        """Tries `username:password` at a registry.

        Raises:
            Problem: 500 when the registry cannot be reached.
        """

    async def find_artifact(self, kind: RegistryKind, reference: Reference, pair: str) -> RegistryAnswer:
        """Asks a registry for an artifact with `username:password`, or with a token got for it.

        Raises:
            Problem: 500 when the registry cannot be reached.
        """


class ConfiguredRegistries:
    """Registries that answer from tables; what no table names succeeds."""

    def __init__(self, logins: Mapping[str, RegistryAnswer], artifacts: tuple[RegistryRule, ...]) -> None:
        self.logins = dict(logins)
        self.artifacts = artifacts

    async def log_in(self, kind: RegistryKind, hostname: str, pair: str) -> RegistryAnswer:
        """The answer the `logins` table has for the pair.

        A host that merely contains Azure's name is nobody's registry: it does not resolve.
        """
        if kind is RegistryKind.ACR and not is_acr_registry(hostname):
            raise internal(f"Failed to resolve '{hostname}' [A(1), AAAA(28)] after 2 queries ")
        return self.logins.get(pair, RegistryAnswer(200))

    async def find_artifact(self, kind: RegistryKind, reference: Reference, pair: str) -> RegistryAnswer:
        """The answer of the first matching `artifacts` rule; AWS looks at the key first, on every call."""
        if kind in {RegistryKind.ECR, RegistryKind.ECR_PUBLIC} and pair in self.logins:
            return self.logins[pair]
        subject = f"{pair} {reference}"
        answers = (r.answer_for(subject) for r in self.artifacts)
        return next((a for a in answers if a is not None), RegistryAnswer(200))


def decoded_pair(secret_value: str) -> str:
    """`username:password` out of a stored secret that passed the format check."""
    return (java_text.decode_base64(secret_value) or b"").decode("utf-8", "replace")


async def verify_login(
    network: RegistryNetwork, registry: Registry, hostname: str, artifact_type: ArtifactType, secret_value: str
) -> None:
    """Tries a credential at its registry, as registering and rotating do.

    Args:
        network: Where to ask.
        registry: What the host name was recognised as.
        hostname: The credential's host name.
        artifact_type: CONTAINER or HELM.
        secret_value: base64 of `username:password`.

    Raises:
        Problem: The registry's refusal in NVCF's words.
    """
    pair = decoded_pair(secret_value)
    if registry.kind is RegistryKind.CUSTOM:
        return
    if registry.kind is RegistryKind.ECR and ecr_account_and_region(hostname) is None:
        raise bad_request("Invalid ECR private hostname format")
    if registry.kind is RegistryKind.VOLCENGINE and not is_volcengine_registry(hostname):
        raise bad_request(f"Invalid Volcengine hostname format: {hostname}")
    if registry.kind is RegistryKind.NGC and artifact_type is ArtifactType.HELM:
        password = pair.partition(":")[2]
        if password.startswith("nvapi-"):
            return
    answer = await network.log_in(registry.kind, hostname, pair)
    if not answer.is_success:
        raise refusal(registry.kind, answer)


def refusal(kind: RegistryKind, answer: RegistryAnswer) -> Problem:
    """A registry's error answer as NVCF passes it on: its body becomes `detail`."""
    if answer.status >= 500:
        return upstream(_server_error(kind, answer))
    detail = answer.body or HTTPStatus(answer.status).phrase
    if answer.status in _PASSED_ON[kind]:
        return rule(answer.status, detail)
    return bad_request(answer.body or "Bad Request")


def _server_error(kind: RegistryKind, answer: RegistryAnswer) -> str:
    status = HTTPStatus(answer.status)
    java_status = f"{status.value} {status.name}"
    prefix = {
        RegistryKind.ECR: f"ECR response with 5xx error {java_status}",
        RegistryKind.ECR_PUBLIC: f"ECR response with 5xx error {java_status}",
        RegistryKind.VOLCENGINE: f"Volcengine response with 5xx error {java_status}",
        # The server forgets to fill in Docker's placeholder.
        RegistryKind.DOCKER: f"Docker response with 5xx error %s{java_status}",
        RegistryKind.NGC: f"Registry response with 5xx error {status.value}",
    }.get(kind, f"OCI registry response with 5xx error {java_status}")
    return f"{prefix} - {answer.body}" if answer.body else prefix
