"""Making a credential so that it exists exactly once, whatever was lost on the way.

The engine, the network and NVCF's secret store may each fail between a credential's creation and its entry in state
(NVCF contract 1.7, observed 14), so creation is written to find its own earlier effect: by hostname and name, which
NVCF keeps unique, and with a look at the credential itself, as lists are up to a minute old.
"""

from __future__ import annotations

from dataclasses import dataclass

from nvcf import errors
from nvcf.client import NvcfClient
from nvcf.credentials import Credential, NewCredential
from nvcf.errors import NvcfError, Retry
from nvcf.ownership import stack_of
from nvcf.secret import RegistrySecret

STALE_LIST_SECONDS = 75.0
"""How long a credential that exists may be missing from the list: a minute's cache, and a margin."""

_LOGIN_SECONDS = 10.0
"""How long NVCF waits for a registry's login, once for each artifact type that it checks (NVCF contract 2.2)."""

_LOGIN_CHECKED = frozenset({"CONTAINER", "HELM"})


@dataclass(frozen=True)
class Registration:
    """A credential that now exists with our secret.

    Attributes:
        credential: What the server says of it.
        found: Whether it was there before, and was taken over.
    """

    credential: Credential
    found: bool


def register(client: NvcfClient, wanted: NewCredential, secret: RegistrySecret) -> Registration:
    """Makes a credential, or takes over the one that has its hostname and name.

    Args:
        client: Calls NVCF.
        wanted: What the credential is to be.
        secret: Its secret.

    Returns:
        The credential. One that was found has our secret, name and artifact types; tags and description cannot be
        given to it and are as they were.

    Raises:
        NvcfError: It cannot be made, or found, or belongs to another stack, or there are several: `Twins`.
    """
    clock = client.retries.clock
    deadline = clock.now() + client.retries.transient_seconds
    tries = 0
    while True:
        tries += 1
        try:
            return Registration(client.create(wanted, secret), found=False)
        except errors.Conflict as conflict:
            found = find(client, wanted.hostname, wanted.name, STALE_LIST_SECONDS)
            if found is None:
                raise errors.Conflict(
                    f"{conflict.problem} Yet for {STALE_LIST_SECONDS:.0f} s its list has not shown it.",
                    "Run again; if it stays so, ask NVCF's operator for the account's credentials.",
                ) from None
        except NvcfError as lost:
            if lost.retry is not Retry.EFFECT_UNKNOWN:
                raise
            found = find(client, wanted.hostname, wanted.name, _settling_seconds(lost, wanted))
            if found is None and clock.now() >= deadline:
                raise
        if found is not None:
            _refuse_another_stacks(found, wanted)
            return Registration(_give(client, found, wanted, secret), found=True)
        clock.sleep(client.retries.pause(tries))


def take_over(client: NvcfClient, credential_id: str, wanted: NewCredential, secret: RegistrySecret) -> Credential:
    """Takes over a credential that the user named by its id.

    Args:
        client: Calls NVCF.
        credential_id: The credential's id.
        wanted: What it is to be; its hostname must be the credential's.
        secret: Its new secret.

    Returns:
        The credential, with our secret, name and artifact types.

    Raises:
        NvcfError: It is gone, or for another registry, or another credential has the name.
    """
    try:
        found = client.get(credential_id)
    except errors.NotFound:
        raise errors.NotFound(
            f"The credential {credential_id} that is to be adopted does not exist in this account.",
            "Correct 'adopt', or remove it to have a new credential made.",
        ) from None
    if found.hostname != wanted.hostname:
        raise errors.InvalidRequest(
            f"The credential {credential_id} that is to be adopted is for {found.hostname}, and a credential's "
            "hostname cannot be changed.",
            "Correct 'adopt' or the hostname.",
        )
    return _give(client, found, wanted, secret)


def find(client: NvcfClient, hostname: str, name: str, wait_seconds: float) -> Credential | None:
    """Looks for the credential that has a hostname and name.

    Args:
        client: Calls NVCF.
        hostname: The registry's hostname.
        name: The credential's name.
        wait_seconds: How long to go on looking while there is none.

    Returns:
        The credential as it is now, or `None`.

    Raises:
        NvcfError: `Twins` when there are several.
    """
    clock = client.retries.clock
    until = clock.now() + wait_seconds
    tries = 0
    while True:
        tries += 1
        found = namesakes(client, hostname, name)
        if len(found) > 1:
            raise twins_error(found)
        if found:
            return found[0]
        left = until - clock.now()
        if left <= 0:
            return None
        clock.sleep(min(client.retries.pause(tries), left))


def namesakes(client: NvcfClient, hostname: str, name: str) -> list[Credential]:
    """Finds every credential that the list shows with this hostname and name and that really has them."""
    listed = [c for c in client.list() if (c.hostname, c.name) == (hostname, name)]
    found = []
    for credential in listed:
        try:
            now = client.get(credential.id)
        except errors.NotFound:
            continue
        if (now.hostname, now.name) == (hostname, name):
            found.append(now)
    return found


def explain_conflict(client: NvcfClient, conflict: NvcfError, own: Credential, name: str) -> NvcfError:
    """Finds out why a change of name or secret was refused with 409.

    Args:
        client: Calls NVCF.
        conflict: The refusal.
        own: The credential that was to be changed, as it is.
        name: The name it was to have.

    Returns:
        `Twins` when it already has that name, as has another; else a `Conflict` that names the other.
    """
    others = [c for c in namesakes(client, own.hostname, name) if c.id != own.id]
    if own.name == name:
        return twins_error([own, *others])
    if not others:
        return conflict
    return errors.Conflict(
        f"The credential {others[0].id} already has the name '{name}' on {own.hostname}.",
        "Choose another name, or delete that credential.",
    )


def twins_error(twins: list[Credential]) -> NvcfError:
    """Words that several credentials share one hostname and name, and what to do."""
    listed = ", ".join(f"{c.id} (made {c.created_at}, changed {c.last_updated_at})" for c in twins)
    return errors.Twins(
        f"The NVCF account has several credentials named '{twins[0].name}' for {twins[0].hostname}, made at the same "
        f"moment, and takes no new secret for either: {listed}.",
        "Keep the one that a stack holds (`pulumi stack export` shows its id), delete the others with `DELETE "
        "/v2/nvcf/registry-credentials/<id>` or `nvcf-cli registry-credential delete <id>`, and run again.",
        ids=[c.id for c in twins],
    )


def _refuse_another_stacks(found: Credential, wanted: NewCredential) -> None:
    owner = stack_of(found.tags)
    if owner is None or owner == stack_of(wanted.tags):
        return
    raise errors.Conflict(
        f"The credential {found.id} has the name '{found.name}' on {found.hostname} already and belongs to the stack "
        f"'{owner}' (its tags say so); its functions pull with the key it has now.",
        "Set the registry's credentialName, so that each stack has a credential of its own. To move this one here, "
        f"take it out of that stack with onDestroy: keep, then set adopt: {found.id}.",
    )


def _give(client: NvcfClient, found: Credential, wanted: NewCredential, secret: RegistrySecret) -> Credential:
    try:
        return client.change(found.id, wanted.name, secret, wanted.artifact_types - found.artifact_types)
    except errors.Conflict as conflict:
        raise explain_conflict(client, conflict, found, wanted.name) from None


def _settling_seconds(lost: NvcfError, wanted: NewCredential) -> float:
    """Returns how long a call whose answer was lost may still be at work on the server, in seconds.

    A second creation while the first waits for the registry would make a twin: both pass NVCF's check.
    """
    if not isinstance(lost, (errors.ConnectionCut, errors.NoAnswer)):
        return 0.0
    return _LOGIN_SECONDS * len(wanted.artifact_types & _LOGIN_CHECKED) + 2.0
