"""What the IAM resource types share."""

import datetime
from typing import Any
from urllib.parse import unquote

from sandbox.plugins.aws import documents
from sandbox.plugins.aws.fields import Field

NO_SUCH_ENTITY = ("NoSuchEntity",)


def policy_problem(text: str) -> str | None:
    """Say what is wrong with a policy document's text."""
    if not text.lstrip().startswith("{") or not documents.is_json(text):
        return "contains an invalid JSON policy: the document must be a JSON object"
    return None


def policy_field(name: str) -> Field:
    """Return the property of a policy document, compared by meaning."""
    return Field(name, required=True, problem=policy_problem, same=documents.same_policy)


def boundary_field() -> Field:
    """Return the property of a permissions boundary."""
    return Field("permissionsBoundary", problem=arn_problem)


def path_field(*, replaces: bool) -> Field:
    """Return the property of an IAM path."""
    return Field("path", default="/", replaces=replaces)


def arn_problem(text: str) -> str | None:
    """Say what is wrong with the text of an ARN."""
    return None if text.startswith("arn:") and text.count(":") >= 5 else f"({text}) is an invalid ARN"


def document_text(answer: Any) -> str:
    """Return a document's text; the API sends it URL-encoded, which newer SDKs undo and parse."""
    return unquote(answer) if isinstance(answer, str) else documents.normalized(documents.text(answer))


def boundary_of(entity: dict[str, Any]) -> str | None:
    """Return the ARN of a user's or role's permissions boundary."""
    arn: str | None = entity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return arn


def rfc3339(when: datetime.datetime) -> str:
    """Write a time as the provider's outputs have it, in UTC and whole seconds."""
    return when.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
