"""boto3 clients for the sandbox's AWS, with a given key and nothing from the machine's own configuration."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from tests.least_privilege.matrix import REGION


def client(service: str, endpoint: str, key: tuple[str, str], region: str = REGION) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
        config=Config(retries={"total_max_attempts": 1}),
    )
