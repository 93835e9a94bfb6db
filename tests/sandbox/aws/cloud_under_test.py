"""A running server and what tests need to talk to it: clients, a clock that only tests move, pullers, hooks."""

import datetime as dt
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.aws.account import ADMIN_KEY_ID, ADMIN_SECRET
from sandbox.aws.cloud import Cloud
from sandbox.aws.server import Server

PULL_ACTIONS = [
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchCheckLayerAvailability",
    "ecr:DescribeImages",
]
MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"digest": "sha256:" + "a" * 64, "size": 3},
        "layers": [{"digest": "sha256:" + "b" * 64, "size": 30}],
    }
)


@dataclass
class Clock:
    """The server's clock: the real time, plus what a test adds."""

    ahead: dt.timedelta = dt.timedelta()

    def __call__(self) -> dt.datetime:
        return dt.datetime.now(dt.timezone.utc) + self.ahead

    def advance(self, **amount: float) -> None:
        self.ahead += dt.timedelta(**amount)


@dataclass(frozen=True)
class Key:
    key_id: str = ADMIN_KEY_ID
    secret: str = field(default=ADMIN_SECRET, repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class CloudUnderTest:
    """One server for a test module; `reset` between tests."""

    server: Server
    cloud: Cloud
    clock: Clock
    waits: list[float]
    """Seconds the server meant to wait, instead of waiting."""

    @property
    def url(self) -> str:
        return self.server.url

    def client(
        self, service: str, key: Key | None = None, region: str = "us-west-2", config: Config | None = None
    ) -> Any:
        """A client that never retries and never reads the user's own AWS settings."""
        key = key or Key()
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=key.key_id,
            aws_secret_access_key=key.secret,
            aws_session_token=key.token,
            config=config or Config(retries={"total_max_attempts": 1}),
        )

    def user(self, name: str, *statements: Mapping[str, Any], path: str = "/nvcf/") -> Key:
        """Makes a user with these statements, and a key for it."""
        iam = self.client("iam")
        iam.create_user(UserName=name, Path=path)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="given", PolicyDocument=document(*statements))
        made = iam.create_access_key(UserName=name)["AccessKey"]
        return Key(made["AccessKeyId"], made["SecretAccessKey"])

    def hook(self, method: str, name: str, params: Mapping[str, Any] | None = None) -> Any:
        """Calls a hook and returns its JSON."""
        request = urllib.request.Request(
            f"{self.url}/__sandbox/{name}", method=method, data=json.dumps(params).encode() if params else None
        )
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def hook_status(self, method: str, name: str, params: Mapping[str, Any] | None = None) -> int:
        """Calls a hook that refuses and returns the status."""
        with pytest.raises(urllib.error.HTTPError) as refused:
            self.hook(method, name, params)
        refused.value.close()
        return refused.value.code


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Any, resources: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def deny(actions: Any, resources: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": actions, "Resource": resources, **more}


def repository_arn(name: str, region: str = "us-west-2", account: str = "123456789012") -> str:
    return f"arn:aws:ecr:{region}:{account}:repository/{name}"


def refused(call: Any, /, *args: Any, **params: Any) -> tuple[int, str]:
    """Status and error code of a call that must fail."""
    return refusal(call, *args, **params)[:2]


def refusal(call: Any, /, *args: Any, **params: Any) -> tuple[int, str, str]:
    """Status, error code and message of a call that must fail."""
    with pytest.raises(ClientError) as error:
        call(*args, **params)
    response: Any = error.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]
