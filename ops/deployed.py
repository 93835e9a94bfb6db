"""What a stack holds, read from its exported state: registries, their keys, their credentials, half-done operations.

Pure: state goes in as the JSON that `pulumi stack export` prints. Secrets are there only when the export showed them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

ACCESS_KEY = "aws:iam/accessKey:AccessKey"
USER = "aws:iam/user:User"
CREDENTIAL = "pulumi-python:dynamic/nvcf:RegistryCredential"
KEY_GENERATION = "pulumi-python:dynamic/nvcf:KeyGeneration"
REPOSITORIES = ("aws:ecr/repository:Repository", "aws:ecrpublic/repository:Repository")

Resource = Mapping[str, Any]


@dataclass(frozen=True)
class DeployedKey:
    """An access key that the stack holds.

    Attributes:
        urn: its URN.
        id: access key id.
        generation: which generation of the registry's key it is.
        status: `Active` or `Inactive`, as of the last run.
        created: when it was made.
        secret: the secret access key; "" unless the export showed secrets.
    """

    urn: str
    id: str
    generation: int
    status: str
    created: datetime | None
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class DeployedCredential:
    """A registry credential that the stack holds.

    Attributes:
        urn: its URN.
        id: NVCF's id.
        hostname: the registry's hostname.
        name: its name in NVCF.
        artifact_types: what it may be used for.
        last_updated_at: NVCF's time of the last write that the stack knows of, RFC 3339.
        account: NVCF account id of the cross-account routes; None for the token's own.
        username: what NVCF logs in with; "" where it is a secret that the export did not show.
        password: its secret; "" unless the export showed secrets.
    """

    urn: str
    id: str
    hostname: str
    name: str
    artifact_types: frozenset[str]
    last_updated_at: str
    account: str | None
    username: str
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class DeployedRegistry:
    """What a stack holds of one registry.

    Attributes:
        name: the registry's name in the configuration.
        user: name of the IAM user; None where the stack makes none.
        keys: its access keys by generation, the oldest first.
        wanted: the generation that the last run was to make; 0 without one.
        reached: the generation that NVCF is known to have; 0 without one.
        credential: the NVCF credential; None where there is none yet.
    """

    name: str
    user: str | None
    keys: tuple[DeployedKey, ...]
    wanted: int
    reached: int
    credential: DeployedCredential | None

    def key(self, generation: int) -> DeployedKey | None:
        """Return the key of a generation, where the stack holds it."""
        return next((key for key in self.keys if key.generation == generation), None)

    @property
    def current(self) -> DeployedKey | None:
        """The key that NVCF has: the one its credential names, else the one of the generation reached."""
        if self.credential and self.credential.username:
            named = next((key for key in self.keys if key.id == self.credential.username), None)
            if named is not None:
                return named
        return self.key(self.reached)


@dataclass(frozen=True)
class PendingOperation:
    """An operation that an engine began and nobody knows the end of.

    Attributes:
        kind: `creating`, `updating`, `deleting`, `reading` or `importing`.
        urn: of the resource.
        type: its type token.
        id: its physical id, where it had one.
        inputs: what it was to be; secrets as the export has them.
    """

    kind: Literal["creating", "updating", "deleting", "reading", "importing"]
    urn: str
    type: str
    id: str
    inputs: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """Its logical name."""
        return logical_name(self.urn)


@dataclass(frozen=True)
class DeployedStack:
    """What a stack holds.

    Attributes:
        registries: by name, in the order of the state.
        pending: operations of unknown end.
        resources: every custom resource, as exported.
    """

    registries: Mapping[str, DeployedRegistry]
    pending: tuple[PendingOperation, ...]
    resources: tuple[Resource, ...] = field(repr=False)

    def ids(self, kind: str) -> frozenset[str]:
        """Return the physical ids of all resources of a type."""
        return frozenset(str(each["id"]) for each in self.resources if each["type"] == kind and each.get("id"))


def deployed_stack(export: Mapping[str, Any]) -> DeployedStack:
    """Read an export.

    Args:
        export: what `pulumi stack export` prints, parsed; a stack that was never deployed has no resources.
    """
    deployment = export.get("deployment") or {}
    resources = tuple(
        each for each in deployment.get("resources") or () if each.get("custom") and not each.get("delete")
    )
    pending = tuple(_pending(each) for each in deployment.get("pending_operations") or ())
    names = dict.fromkeys(name for each in resources if (name := _registry_of(each)))
    return DeployedStack({name: _registry(name, resources) for name in names}, pending, resources)


def logical_name(urn: str) -> str:
    """Return the logical name at the end of a URN."""
    return urn.rpartition("::")[2]


def plain(value: Any) -> str:
    """Return a property's text; a secret is "" unless the export showed it."""
    if isinstance(value, Mapping):
        shown = value.get("plaintext")
        return str(json.loads(shown)) if isinstance(shown, str) else ""
    return "" if value is None else str(value)


def _registry_of(resource: Resource) -> str | None:
    """Return the registry that a resource belongs to: its name is that of its component (`stack.registry`)."""
    if resource["type"] in (CREDENTIAL, ACCESS_KEY, USER, KEY_GENERATION):
        parent: str | None = resource.get("parent")
        return logical_name(parent) if parent else None
    return None


def _registry(name: str, resources: Sequence[Resource]) -> DeployedRegistry:
    own = [each for each in resources if _registry_of(each) == name]
    user = next((str(each["id"]) for each in own if each["type"] == USER), None)
    credential = next((_credential(each) for each in own if each["type"] == CREDENTIAL), None)
    return DeployedRegistry(
        name=name,
        user=user,
        keys=tuple(sorted(_keys(own), key=lambda key: key.generation)),
        wanted=_generation(own, f"{name}-generation-wanted"),
        reached=_generation(own, f"{name}-generation-reached"),
        credential=credential,
    )


def _keys(own: Sequence[Resource]) -> Iterator[DeployedKey]:
    for each in own:
        if each["type"] == ACCESS_KEY:
            outputs = each.get("outputs") or {}
            created = plain(outputs.get("createDate"))
            yield DeployedKey(
                urn=each["urn"],
                id=str(each["id"]),
                # What the program gives as replacement trigger (`components.ecr_puller`).
                generation=int(each.get("replacementTrigger") or 0),
                status=plain(outputs.get("status")),
                created=datetime.fromisoformat(created.replace("Z", "+00:00")) if created else None,
                secret=plain(outputs.get("secret")),
            )


def _generation(own: Sequence[Resource], name: str) -> int:
    for each in own:
        if each["type"] == KEY_GENERATION and logical_name(each["urn"]) == name:
            return int((each.get("outputs") or {}).get("generation") or 0)
    return 0


def _credential(resource: Resource) -> DeployedCredential:
    outputs = resource.get("outputs") or {}
    return DeployedCredential(
        urn=resource["urn"],
        id=str(resource["id"]),
        hostname=plain(outputs.get("hostname")),
        name=plain(outputs.get("name")),
        artifact_types=frozenset(outputs.get("artifactTypes") or ()),
        last_updated_at=plain(outputs.get("lastUpdatedAt")),
        account=plain(outputs.get("account")) or None,
        username=plain(outputs.get("username")),
        password=plain(outputs.get("password")),
    )


def _pending(operation: Mapping[str, Any]) -> PendingOperation:
    resource = operation.get("resource") or {}
    return PendingOperation(
        kind=operation["type"],
        urn=str(resource.get("urn", "")),
        type=str(resource.get("type", "")),
        id=str(resource.get("id", "")),
        inputs=resource.get("inputs") or {},
    )
