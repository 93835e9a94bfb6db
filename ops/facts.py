"""What is so, asked of AWS and NVCF, about one registry of a stack, before anything is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from nvcf.connection import Connection
from nvcf.credentials import Credential, is_later
from nvcf.errors import NotFound, NvcfError
from nvcf.functions import FunctionVersion
from ops.aws import AccessKey, AwsAccount, KeyUse
from ops.configured import ConfiguredRegistry, configured_registries
from ops.deployed import DeployedCredential, DeployedRegistry
from ops.engine import EngineStack
from ops.errors import OpsError
from ops.nvcf import client


@dataclass(frozen=True)
class KeyFacts:
    """An access key in IAM, and when it was used."""

    key: AccessKey
    use: KeyUse


@dataclass(frozen=True)
class RegistryFacts:
    """One registry: as configured, as deployed, as it is.

    Attributes:
        configured: what the stack file says.
        deployed: what the state holds; None before the first `up`.
        keys: the keys of its IAM user, by id; empty where the stack makes none.
        credential: the credential in NVCF as it is; None when it is gone, or was never made.
        running: versions of functions that run with images or charts of its hostname; None when that is unknown.
        propagation: how long a replaced key may still be handed out.
    """

    configured: ConfiguredRegistry
    deployed: DeployedRegistry | None
    keys: Mapping[str, KeyFacts]
    credential: Credential | None
    running: tuple[FunctionVersion, ...] | None
    propagation: timedelta

    @property
    def foreign_keys(self) -> tuple[KeyFacts, ...]:
        """Keys of the user that the stack does not hold."""
        held = {key.id for key in self.deployed.keys} if self.deployed else set()
        return tuple(facts for key_id, facts in self.keys.items() if key_id not in held)

    @property
    def drift(self) -> str | None:
        """How the credential in NVCF differs from what the stack put there; None when it does not."""
        return credential_drift(self.deployed.credential if self.deployed else None, self.credential)

    def spreading(self, now: datetime) -> timedelta:
        """Return for how long NVCF may still hand out the key before the current one; zero when there is none."""
        deployed = self.deployed
        if deployed is None or self.credential is None or deployed.key(deployed.reached - 1) is None:
            return timedelta(0)
        changed = parse_time(self.credential.last_updated_at)
        return max(timedelta(0), changed + self.propagation - now) if changed else timedelta(0)


def parse_time(text: str) -> datetime | None:
    """Read a time of NVCF's, which has up to nine digits of a second."""
    head, _, rest = text.rstrip("Z").partition(".")
    try:
        return datetime.fromisoformat(f"{head}.{rest[:6].ljust(6, '0')}+00:00")
    except ValueError:
        return None


def credential_drift(ours: DeployedCredential | None, found: Credential | None) -> str | None:
    """Tell how a credential in NVCF differs from what the stack put there, in a sentence without a full stop."""
    if ours is None:
        return None
    if found is None:
        return f"the credential {ours.id} no longer exists in NVCF"
    if found.name != ours.name:
        return f"the credential {ours.id} is called '{found.name}' now, not '{ours.name}', so its secret may be another"
    if is_later(found.last_updated_at, ours.last_updated_at):
        return f"somebody changed the credential {ours.id} at {found.last_updated_at}, so its secret may be another"
    if missing := ours.artifact_types - found.artifact_types:
        return f"the credential {ours.id} lacks the artifact types {', '.join(sorted(missing))}"
    return None


def gather(
    registries: Sequence[tuple[ConfiguredRegistry, DeployedRegistry | None]],
    aws: AwsAccount,
    where: Connection,
) -> list[RegistryFacts]:
    """Ask AWS and NVCF about registries, side by side.

    Args:
        registries: each as configured and as deployed.
        aws: the stack's AWS account.
        where: the stack's NVCF.

    Raises:
        OpsError: one of them refuses or does not answer.
    """
    with ThreadPoolExecutor(max_workers=8) as pool:
        running = pool.submit(running_functions, where)
        credentials = [pool.submit(_credential, where, deployed) for _, deployed in registries]
        keys = [pool.submit(_keys, aws, deployed) for _, deployed in registries]
        return [
            RegistryFacts(
                configured=configured,
                deployed=deployed,
                keys=key.result(),
                credential=(found := credential.result()),
                running=_of_host(running.result(), found),
                propagation=timedelta(seconds=where.propagation_seconds),
            )
            for (configured, deployed), credential, key in zip(registries, credentials, keys, strict=True)
        ]


def pairs(
    stack: EngineStack, deployed: Mapping[str, DeployedRegistry], names: Sequence[str] | None
) -> list[tuple[ConfiguredRegistry, DeployedRegistry | None]]:
    """Return the registries of a stack, each as configured and as deployed.

    Args:
        stack: the stack.
        deployed: what its state holds, by name.
        names: the registries wanted; None for all.

    Raises:
        OpsError: one of the names is not configured.
    """
    configured = configured_registries(stack.config())
    unknown = set(names or ()) - {each.name for each in configured}
    if unknown:
        raise OpsError(
            f"The stack '{stack.name}' has no registry {', '.join(sorted(unknown))}.",
            f"Its registries are {', '.join(each.name for each in configured) or 'none'}.",
        )
    return [(each, deployed.get(each.name)) for each in configured if names is None or each.name in names]


def running_functions(where: Connection) -> tuple[FunctionVersion, ...] | None:
    """Return the versions of functions that run; None when the token may not list functions."""
    try:
        with client(where) as nvcf:
            return tuple(each for each in nvcf.functions() if each.is_running)
    except NvcfError:
        # They are named to help; what protects a key is when it was last used.
        return None


def _credential(where: Connection, deployed: DeployedRegistry | None) -> Credential | None:
    if deployed is None or deployed.credential is None:
        return None
    try:
        with client(where, deployed.credential.account) as nvcf:
            return nvcf.get(deployed.credential.id)
    except NotFound:
        return None
    except NvcfError as error:
        raise OpsError(
            f"NVCF did not tell about the credential {deployed.credential.id}: {error.problem}", error.remedy
        ) from None


def _keys(aws: AwsAccount, deployed: DeployedRegistry | None) -> Mapping[str, KeyFacts]:
    if deployed is None or deployed.user is None:
        return {}
    return {key.id: KeyFacts(key, aws.last_use(key.id)) for key in aws.access_keys(deployed.user)}


def _of_host(
    running: Sequence[FunctionVersion] | None, credential: Credential | None
) -> tuple[FunctionVersion, ...] | None:
    if running is None or credential is None:
        return None
    return tuple(each for each in running if credential.hostname in each.hosts)
