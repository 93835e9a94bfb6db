"""Whether resources that a run would create are there already, by the fixed names that this project gives them.

Only types whose creation fails when the name is taken are looked for. Attachments and lifecycle policies are put again
without harm, a registry credential finds itself (`nvcf.registration`), access keys have no names (`ops.recovery.keys`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.aws import AwsAccount
from ops.cluster import ClusterAccess, NotThereError
from ops.errors import OpsError
from ops.facts import parse_time
from ops.recovery.findings import Existing, Owner, Wanted
from policies.arn import PUBLIC_REGION
from settings.marks import ON_DESTROY_TAG, PROJECT_LABEL, PROJECT_TAG, STACK_LABEL, STACK_TAG

_AT_A_TIME = 8
_ABSENT = ("NoSuchEntity", "RepositoryNotFoundException")


def look_for(
    wanted: Sequence[Wanted], aws: AwsAccount, cluster: Callable[[], ClusterAccess | None]
) -> dict[str, Existing]:
    """Return what there is of resources that a run would create, by URN.

    Args:
        wanted: the resources.
        aws: the stack's AWS account.
        cluster: gives the stack's cluster, when it is needed.

    Raises:
        OpsError: AWS or the cluster refuses or does not answer.
    """
    in_cluster = [each for each in wanted if _is_object(each)]
    access = cluster() if in_cluster else None

    def find(each: Wanted) -> Existing | None:
        if _is_object(each):
            return _object(each, access) if access is not None else None
        look = _LOOKS.get(each.type)
        return _in_aws(look, each, aws) if look is not None else None

    with ThreadPoolExecutor(max_workers=_AT_A_TIME) as pool:
        found = zip(wanted, pool.map(find, wanted), strict=True)
        return {each.urn: existing for each, existing in found if existing is not None}


@dataclass(frozen=True)
class _Look:
    """How a resource of a type is looked for.

    Attributes:
        what: what such a thing is called.
        name: which input is its name.
        actions: what the caller must be allowed.
        ask: returns id, tags and time of creation; raises botocore's error when there is none.
    """

    what: str
    name: str
    actions: str
    ask: Callable[[AwsAccount, str, Mapping[str, Any]], tuple[str, Sequence[Mapping[str, str]] | None, datetime | None]]


def _in_aws(look: _Look, wanted: Wanted, aws: AwsAccount) -> Existing | None:
    name = str(wanted.inputs.get(look.name, ""))
    what = f"the {look.what} {name}"
    try:
        found, tags, created = look.ask(aws, name, wanted.inputs)
    except ClientError as error:
        code, said = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        if code in _ABSENT:
            return None
        denied = f"Allow {look.actions} (docs/policies.md has the deployer's policy)."
        remedy = denied if "Denied" in code else "Run again."
        raise OpsError(f"AWS did not tell of {what}: {code}: {said}.", remedy) from None
    except BotoCoreError as error:
        raise OpsError(
            f"AWS did not tell of {what}: {error}.", "Check credentials and network, and run again."
        ) from None
    by_key = {each["Key"]: each["Value"] for each in tags or ()}
    owner = _owner(by_key.get(PROJECT_TAG), by_key.get(STACK_TAG))
    kept = by_key.get(ON_DESTROY_TAG) == "keep"
    return Existing(found, what, owner, created, str(wanted.inputs.get("region") or ""), kept)


def _user(aws: AwsAccount, name: str, _: Mapping[str, Any]) -> tuple[str, Any, datetime]:
    found = aws.client("iam").get_user(UserName=name)["User"]
    return name, found.get("Tags"), found["CreateDate"]


def _policy(aws: AwsAccount, name: str, inputs: Mapping[str, Any]) -> tuple[str, Any, datetime]:
    # arn:<partition>:sts::<account>:…
    _, partition, _, _, account, *_ = aws.client("sts").get_caller_identity()["Arn"].split(":")
    arn = f"arn:{partition}:iam::{account}:policy{inputs.get('path') or '/'}{name}"
    found = aws.client("iam").get_policy(PolicyArn=arn)["Policy"]
    return arn, found.get("Tags"), found["CreateDate"]


def _role(aws: AwsAccount, name: str, _: Mapping[str, Any]) -> tuple[str, Any, datetime]:
    found = aws.client("iam").get_role(RoleName=name)["Role"]
    return name, found.get("Tags"), found["CreateDate"]


def _repository(service: str) -> Callable[[AwsAccount, str, Mapping[str, Any]], tuple[str, Any, datetime | None]]:
    def ask(aws: AwsAccount, name: str, inputs: Mapping[str, Any]) -> tuple[str, Any, datetime | None]:
        ecr = aws.client(service, PUBLIC_REGION if service == "ecr-public" else inputs.get("region"))
        (found,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
        tags = ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
        return name, tags, found.get("createdAt")

    return ask


_LOOKS = {
    "aws:iam/user:User": _Look("IAM user", "name", "iam:GetUser", _user),
    "aws:iam/policy:Policy": _Look("IAM policy", "name", "iam:GetPolicy", _policy),
    "aws:iam/role:Role": _Look("IAM role", "name", "iam:GetRole", _role),
    "aws:ecr/repository:Repository": _Look(
        "ECR repository", "name", "ecr:DescribeRepositories and ecr:ListTagsForResource", _repository("ecr")
    ),
    "aws:ecrpublic/repository:Repository": _Look(
        "public ECR repository",
        "repositoryName",
        "ecr-public:DescribeRepositories and ecr-public:ListTagsForResource",
        _repository("ecr-public"),
    ),
}


def _is_object(wanted: Wanted) -> bool:
    return wanted.type.startswith("kubernetes:") and "kind" in wanted.inputs and "apiVersion" in wanted.inputs


def _object(wanted: Wanted, cluster: ClusterAccess) -> Existing | None:
    metadata = wanted.inputs.get("metadata") or {}
    kind, name, namespace = str(wanted.inputs["kind"]), str(metadata.get("name", "")), metadata.get("namespace")
    group, _, version = str(wanted.inputs["apiVersion"]).rpartition("/")
    where = ["--namespace", str(namespace)] if namespace else []
    try:
        # Nothing but its metadata: what a Secret holds is nobody's business here.
        text = cluster.run("get", f"{kind}.{version}.{group}", name, *where, "--output", "jsonpath={.metadata}")
    except NotThereError:
        return None
    found = json.loads(text)
    labels = found.get("labels") or {}
    owner = _owner(labels.get(PROJECT_LABEL), labels.get(STACK_LABEL))
    full = f"{namespace}/{name}" if namespace else name
    return Existing(full, f"the {kind} {full} in the cluster", owner, parse_time(found["creationTimestamp"]))


def _owner(project: str | None, stack: str | None) -> Owner | None:
    return Owner(project, stack) if project and stack else None
