"""Whether the key that NVCF was given really works, asked of ECR with that very key."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from nvcf.ecr import PUBLIC_HOSTNAME, PUBLIC_REGION, parse_private_hostname
from ops.aws import AwsAccount
from ops.deployed import REPOSITORIES, DeployedKey, DeployedStack
from ops.errors import OpsError

#: What AWS says of a key that has not reached all of its replicas (design, fact 3).
_NOT_YET = frozenset({"UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException"})
_PAUSE_SECONDS = 2.0


@dataclass(frozen=True)
class Verified:
    """What was seen to work with a key.

    Attributes:
        key_id: the key.
        repository: the repository that it described; None where the stack has none to try.
    """

    key_id: str
    repository: str | None


def verify_key(
    aws: AwsAccount,
    registry: str,
    hostname: str,
    key: DeployedKey,
    repository: str | None,
    *,
    patience_seconds: float,
    clock: Callable[[], float] = time.monotonic,
    stop: threading.Event | None = None,
) -> Verified:
    """Ask ECR for a login with a key, and describe a repository's images as NVCF does.

    Args:
        aws: the account, for its region and endpoints.
        registry: the registry's name, for messages.
        hostname: the registry's hostname.
        key: the key, with its secret.
        repository: a repository that the key must be able to pull from, if there is one.
        patience_seconds: how long a key may be unknown to AWS.
        clock: monotonic time in seconds.
        stop: ends the waiting early.

    Raises:
        OpsError: ECR refuses the key.
    """
    public = hostname == PUBLIC_HOSTNAME
    service, region = ("ecr-public", PUBLIC_REGION) if public else ("ecr", parse_private_hostname(hostname).region)
    ecr = aws.with_key(key.id, key.secret).client(service, region)
    until = clock() + patience_seconds
    halt = stop or threading.Event()
    while True:
        try:
            ecr.get_authorization_token()
            if repository is not None:
                _describe(ecr, repository)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in _NOT_YET or clock() >= until or halt.is_set():
                raise OpsError(
                    f"{registry}: the new key {key.id} is registered with NVCF, but ECR answers it {code}: "
                    f"{error.response['Error'].get('Message', '')}",
                    "The key before is still active. Look at the user's policy, then run `python -m ops rotate` again.",
                ) from None
        except BotoCoreError as error:
            raise OpsError(
                f"{registry}: ECR could not be asked with the new key {key.id}: {error}.", "Run again to verify it."
            ) from None
        else:
            return Verified(key.id, repository)
        halt.wait(_PAUSE_SECONDS)


def repository_of(stack: DeployedStack, registry: str) -> str | None:
    """Return a repository that the stack made for a registry, if it made one."""
    for each in stack.resources:
        if each["type"] in REPOSITORIES and str(each.get("parent", "")).endswith(f"EcrRepositories::{registry}"):
            return str(each["id"])
    return None


def _describe(ecr: object, repository: str) -> None:
    try:
        ecr.describe_images(repositoryName=repository, maxResults=1)  # type: ignore[attr-defined]
    except ClientError as error:
        if error.response["Error"]["Code"] != "RepositoryNotFoundException":
            raise
