"""What commands ask of AWS about the access keys of a registry's user."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ops.errors import OpsError

#: IAM answers lists from any of its replicas; the standard mode repeats throttled calls with growing pauses.
_RETRIES = Config(retries={"mode": "standard", "total_max_attempts": 5})


@dataclass(frozen=True)
class AccessKey:
    """An access key as IAM knows it.

    Attributes:
        id: its id.
        active: whether it can be used.
        created: when it was made.
    """

    id: str
    active: bool
    created: datetime


@dataclass(frozen=True)
class KeyUse:
    """When an access key was last used.

    Attributes:
        at: the moment; None when it never was. IAM notes it late, by up to some hours.
        service: the service that was called, such as `ecr`; "" when never.
    """

    at: datetime | None
    service: str


class AwsAccount:
    """The AWS account of a stack.

    Args:
        session: where its credentials and region come from.
        key: id and secret of the access key to use instead of the session's credentials.
    """

    def __init__(self, session: boto3.Session, key: tuple[str, str] | None = None) -> None:
        self._session = session
        self._key = key
        self._clients: dict[tuple[str, str | None], Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a client of a service, with repeats; clients may be shared by threads."""
        key_id, secret = self._key or (None, None)
        with self._lock:  # sessions, other than clients, may not be
            if (service, region) not in self._clients:
                self._clients[service, region] = self._session.client(
                    service,
                    region_name=region,
                    config=_RETRIES,
                    aws_access_key_id=key_id,
                    aws_secret_access_key=secret,
                )
            return self._clients[service, region]

    def access_keys(self, user: str) -> tuple[AccessKey, ...]:
        """Return the access keys of a user, the oldest first; none when there is no such user.

        Raises:
            OpsError: AWS refuses, or does not answer.
        """
        with _explained(f"the access keys of the IAM user {user}", "iam:ListAccessKeys"):
            try:
                listed = self.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
            except ClientError as error:
                if error.response["Error"]["Code"] == "NoSuchEntity":
                    return ()
                raise
        found = (AccessKey(key["AccessKeyId"], key["Status"] == "Active", key["CreateDate"]) for key in listed)
        return tuple(sorted(found, key=lambda key: key.created))

    def last_use(self, key_id: str) -> KeyUse:
        """Return when a key was last used.

        Raises:
            OpsError: AWS refuses, or does not answer.
        """
        with _explained(f"when the access key {key_id} was last used", "iam:GetAccessKeyLastUsed"):
            used = self.client("iam").get_access_key_last_used(AccessKeyId=key_id)["AccessKeyLastUsed"]
        return KeyUse(used.get("LastUsedDate"), str(used.get("ServiceName", "")) if used.get("LastUsedDate") else "")

    def with_key(self, key_id: str, secret: str) -> AwsAccount:
        """Return the same account as seen with another key, that of a registry's user."""
        return AwsAccount(self._session, (key_id, secret))


def aws_account(config: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> AwsAccount:
    """Return the account of a stack: credentials and region as the aws provider finds them.

    Args:
        config: the stack's configuration; `aws:profile` and `aws:region` count.
        environ: the environment; `AWS_REGION` where the configuration names none.

    Raises:
        OpsError: the profile does not exist.
    """
    region = config.get("aws:region") or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    try:
        return AwsAccount(boto3.Session(profile_name=config.get("aws:profile"), region_name=region))
    except BotoCoreError as error:
        raise OpsError(f"AWS credentials cannot be had: {error}.", "Correct `aws:profile` or AWS_PROFILE.") from None


@contextmanager
def _explained(what: str, action: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code, said = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        denied = f"Allow {action} (docs/policies.md has the deployer's policy)." if "Denied" in code else "Run again."
        raise OpsError(f"AWS did not tell {what}: {code}: {said}.", denied) from None
    except BotoCoreError as error:
        raise OpsError(f"AWS did not tell {what}: {error}.", "Check credentials and network, and run again.") from None
