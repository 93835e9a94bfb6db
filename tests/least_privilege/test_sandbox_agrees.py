"""The sandbox's AWS, called with the puller's real key, answers every ECR call of the matrix as the evaluator does.

The sandbox is an emulator (`sandbox.aws`); two judges that share no code agree here on one policy.
"""

from __future__ import annotations

from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from tests.least_privilege import ecr_calls
from tests.least_privilege.aws_client import client
from tests.least_privilege.matrix import REGION, Matrix, Row, matrices, sandbox_rows

MATRICES: Final = {matrix.name: matrix for matrix in matrices()}

AUTHORISED_BUT: Final = frozenset(
    {"ImageNotFoundException", "LayersNotFoundException", "RepositoryNotFoundException", "LayerInaccessibleException"}
)
"""Errors that only a caller who was let through gets to see."""


def puller(admin: Any, matrix: Matrix) -> tuple[str, str]:
    """Make the user, the policy and the key as a deployment does, and return the key."""
    name = f"nvcf-registry-dev-{matrix.name}"
    admin.create_user(UserName=name, Path="/nvcf/")
    policy = admin.create_policy(PolicyName=name, Path="/nvcf/", PolicyDocument=matrix.document.to_json())
    admin.attach_user_policy(UserName=name, PolicyArn=policy["Policy"]["Arn"])
    key = admin.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def region_of(row: Row) -> str:
    if ecr_calls.service(row) == "ecr-public":
        return "us-east-1"
    return row.resource.split(":")[3] if row.resource.startswith("arn:") else REGION


def outcome(row: Row, endpoint: str, key: tuple[str, str]) -> str:
    """Return `allowed` or `denied`, or the error that is neither."""
    ecr = client(ecr_calls.service(row), endpoint, key, region_of(row))
    try:
        getattr(ecr, ecr_calls.operation(row))(**ecr_calls.parameters(row))
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "AccessDeniedException":
            return "denied"
        return "allowed" if code in AUTHORISED_BUT else f"{code}: {error.response['Error']['Message']}"
    return "allowed"


@pytest.mark.parametrize("name", MATRICES)
def test_the_sandbox_decides_every_ecr_call_alike(name: str, endpoint: str, admin: Any) -> None:
    matrix = MATRICES[name]
    key = puller(admin, matrix)
    rows = sandbox_rows(matrix)
    assert len(rows) > 20
    assert {row.allowed for row in rows} == {True, False}
    wrong = []
    for row in rows:
        answer = outcome(row, endpoint, key)
        if answer != ("allowed" if row.allowed else "denied"):
            wrong.append(f"{row} expected ({row.why}), the sandbox says {answer}")
    assert wrong == []


def test_an_inactive_key_is_refused_before_any_policy(endpoint: str, admin: Any) -> None:
    matrix = MATRICES["ecr-private"]
    admin.create_user(UserName="inactive", Path="/nvcf/")
    key = admin.create_access_key(UserName="inactive")["AccessKey"]
    admin.update_access_key(UserName="inactive", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    login = next(row for row in matrix.rows if row.action == "ecr:GetAuthorizationToken")
    answer = outcome(login, endpoint, (key["AccessKeyId"], key["SecretAccessKey"]))
    assert answer.startswith("UnrecognizedClientException")
