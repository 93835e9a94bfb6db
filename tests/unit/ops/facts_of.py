"""Facts about a registry as tests want them: sound, unless they say otherwise."""

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from nvcf.credentials import Credential
from nvcf.functions import FunctionVersion
from ops.aws import AccessKey, KeyUse
from ops.configured import ConfiguredRegistry
from ops.deployed import DeployedCredential, DeployedKey, DeployedRegistry
from ops.facts import KeyFacts, RegistryFacts

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=timezone.utc)
HOST = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
ROTATED = "2026-11-01T12:00:00.000Z"


def key_facts(key_id: str, *, active: bool = True, used: timedelta | None = timedelta(days=30)) -> KeyFacts:
    """Return a key in IAM that was last used so long ago; None for never."""
    at = None if used is None else NOW - used
    return KeyFacts(AccessKey(key_id, active, NOW - timedelta(days=100)), KeyUse(at, "ecr" if at else ""))


def facts(
    generation: int = 2,
    *,
    configured: int | None = None,
    previous_key: str = "active",
    iam: Iterable[KeyFacts] | None = None,
    credential: dict[str, Any] | None = None,
    gone: bool = False,
    kind: str = "ecr-private",
    running: tuple[FunctionVersion, ...] | None = (),
) -> RegistryFacts:
    """Return a registry at a generation whose keys are called KEY1, KEY2, …

    Args:
        generation: what NVCF has.
        configured: what the configuration says; the same unless given.
        previous_key: of the configuration.
        iam: the keys in IAM; those of the state unless given.
        credential: members of NVCF's credential that differ from the state's.
        gone: whether NVCF has lost the credential.
        kind: the registry's kind.
        running: the functions that run.
    """
    held = tuple(
        DeployedKey(f"urn::{g}", f"KEY{g}", g, "Active", NOW - timedelta(days=100 - g))
        for g in (range(max(1, generation - 1), generation + 1) if kind.startswith("ecr-") else ())
    )
    ours = DeployedCredential(
        "urn::credential", "id-1", HOST, "functions", frozenset({"CONTAINER"}), ROTATED, None, f"KEY{generation}"
    )
    members: dict[str, Any] = {"name": "functions", "artifact_types": frozenset({"CONTAINER"}), "updated": ROTATED}
    members |= credential or {}
    found = Credential(
        id="id-1",
        account="acct",
        name=members["name"],
        hostname=HOST,
        registry_name="ECR",
        artifact_types=members["artifact_types"],
        tags=frozenset(),
        description=None,
        provisioned_by="USER",
        created_at=ROTATED,
        last_updated_at=members["updated"],
    )
    in_iam = [key_facts(key.id) for key in held] if iam is None else list(iam)
    return RegistryFacts(
        configured=ConfiguredRegistry(
            0, "functions", kind, configured or generation, previous_key, makes_key=kind.startswith("ecr-")
        ),
        deployed=DeployedRegistry("functions", "user", held, generation, generation, ours),
        keys={each.key.id: each for each in in_iam},
        credential=None if gone else found,
        running=running,
        propagation=timedelta(seconds=360),
    )
