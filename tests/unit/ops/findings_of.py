"""What is found about a stack as tests of recovery want it: in order, unless they say otherwise."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from nvcf.credentials import Credential
from ops.aws import AccessKey, KeyUse
from ops.deployed import ACCESS_KEY, CREDENTIAL, KEY_GENERATION, USER, deployed_stack
from ops.facts import KeyFacts
from ops.recovery.findings import CredentialFact, Existing, Findings, Owner, Wanted
from ops.recovery.history import Run
from ops.recovery.locks import Lock

START = datetime(2026, 11, 21, 12, 0, tzinfo=timezone.utc)
"""When the user was made; the rest happened so many minutes later."""

USER_NAME = "nvcf-registry-dev-functions"
OURS, LABEL = Owner("nvcf-registry", "dev"), Owner("nvcf-registry", "dev")
PULLER = "urn:pulumi:dev::nvcf-registry::nvcf-registry:index:EcrPuller::functions"
CREDENTIAL_URN = (
    "urn:pulumi:dev::nvcf-registry::nvcf-registry:index:RegistryCredential$credential::functions-credential"
)
PROVIDER = "urn:pulumi:dev::nvcf-registry::pulumi:providers:aws::default_7_51_1"
WRITTEN = "2026-11-21T12:05:00.000Z"


def at(minutes: float) -> datetime:
    """Return a moment, so many minutes after the start."""
    return START + timedelta(minutes=minutes)


def text(moment: datetime) -> str:
    """Return a moment as the engine writes it into state."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.123456789Z"


def urn(kind: str, name: str) -> str:
    """Return the URN of a part of the puller."""
    return f"{PULLER.rpartition('::')[0]}${kind}::{name}"


def resource(kind: str, name: str, id_: str, **more: Any) -> dict[str, Any]:
    """Return a part of the puller as an export has it."""
    return {"urn": urn(kind, name), "type": kind, "id": id_, "custom": True, "parent": PULLER, "outputs": {}, **more}


def key(key_id: str, made: float, slot: str = "b", **more: Any) -> dict[str, Any]:
    """Return an access key in state."""
    outputs = {"user": USER_NAME, "status": "Active", "createDate": f"{at(made):%Y-%m-%dT%H:%M:%SZ}"}
    return resource(ACCESS_KEY, f"functions-key-{slot}", key_id, outputs=outputs, replacementTrigger=1, **more)


def credential_resource() -> dict[str, Any]:
    """Return the credential in state."""
    outputs = {"hostname": "registry", "name": "functions", "lastUpdatedAt": WRITTEN, "artifactTypes": ["CONTAINER"]}
    return resource(CREDENTIAL, "functions-credential", "id-1", outputs=outputs) | {"urn": CREDENTIAL_URN}


def state(*resources: dict[str, Any], wanted: float = 0.5) -> list[dict[str, Any]]:
    """Return what the state of a registry holds: the user since the start, the generation since so many minutes."""
    user = resource(USER, "functions-user", USER_NAME, created=text(at(0)), modified=text(at(0)))
    generation = resource(
        KEY_GENERATION, "functions-generation-wanted", "generation", modified=text(at(wanted)), created=text(at(0))
    )
    puller = {"urn": PULLER, "type": "nvcf-registry:index:EcrPuller", "custom": False}
    return [puller, user, generation, *resources]


def pending(kind: str, of: dict[str, Any]) -> dict[str, Any]:
    """Return a note of an operation of unknown end."""
    return {"type": kind, "resource": {name: value for name, value in of.items() if name != "id"}}


def in_iam(key_id: str, made: float, *, used: bool = False) -> KeyFacts:
    """Return a key in IAM."""
    use = KeyUse(at(made + 1), "ecr") if used else KeyUse(None, "")
    return KeyFacts(AccessKey(key_id, True, at(made)), use)


def run(began: float, ended: float, *, failed: bool = False, kind: str = "update") -> Run:
    """Return a run in the history."""
    return Run(kind, failed, at(began), at(ended))


def lock(since: float, **more: Any) -> Lock:
    """Return a lock of this stack."""
    found = Lock("/locks/1.json", Path("/locks/1.json"), 4711, "ann", "here", at(since))
    return replace(found, **more)


def findings(
    resources: Iterable[dict[str, Any]] = (),
    *,
    operations: Iterable[dict[str, Any]] = (),
    keys: Mapping[str, tuple[KeyFacts, ...]] | None = None,
    written: float = 2,
    **more: Any,
) -> Findings:
    """Return what is found: a state and when it was written, keys in IAM (its own unless given), anything else."""
    listed = list(resources)
    manifest = {"time": text(at(written))}
    deployment = {"manifest": manifest, "resources": listed, "pending_operations": list(operations)}
    export = {"version": 3, "deployment": deployment}
    deployed = deployed_stack(export)
    held = tuple(in_iam(str(each["id"]), 1, used=True) for each in listed if each["type"] == ACCESS_KEY)
    users = dict.fromkeys(deployed.ids(USER), held)
    return Findings(OURS, LABEL, export=export, deployed=deployed, keys=users if keys is None else keys, **more)


def credential_fact(found: Findings, **members: Any) -> CredentialFact:
    """Return the credential of the state with what NVCF says of it: the same, but for the members given."""
    ours = next(each.credential for each in found.deployed.registries.values() if each.credential)
    there = Credential(
        id=ours.id,
        account="acct",
        name=ours.name,
        hostname=ours.hostname,
        registry_name="ECR",
        artifact_types=ours.artifact_types,
        tags=frozenset(),
        description=None,
        provisioned_by="USER",
        created_at=WRITTEN,
        last_updated_at=ours.last_updated_at,
    )
    return CredentialFact(ours, replace(there, **members))


def wanted(kind: str = "aws:ecr/repository:Repository", name: str = "functions-echo", **more: Any) -> Wanted:
    """Return a resource that a run would create."""
    found = Wanted(urn(kind, name), kind, PULLER, f"{PROVIDER}::04da6b54", {"name": "prefix/echo"})
    return replace(found, **more)


def existing(owner: Owner | None = OURS, made: float = 1, **more: Any) -> Existing:
    """Return what there is of it."""
    return replace(Existing("prefix/echo", "the ECR repository prefix/echo", owner, at(made)), **more)
