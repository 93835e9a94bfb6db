"""Repositories of the project, private and public, by their tags."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.remains.aws_calls import code_of, is_denied, is_gone, refusal, unseen
from ops.remains.found import Found, Kind, Look
from ops.remains.identities import owner_of
from settings.marks import CREDENTIAL_TAG, ON_DESTROY_TAG, PROJECT_TAG

_TOGETHER = 8


def look_at_repositories(
    ecr: Any, place: str, kind: Kind, region: str, project: str, known_arns: Iterable[str]
) -> Look:
    """Look for the repositories of a project in one region.

    Args:
        ecr: a client of ECR, or of ECR Public.
        place: what the account and region are called.
        kind: `REPOSITORY` or `PUBLIC_REPOSITORY`.
        region: the region, for the commands.
        project: the project.
        known_arns: ARNs to look at one by one where AWS does not let us list.
    """
    look = Look()
    service = "ecr" if kind is Kind.REPOSITORY else "ecr-public"
    start = f":{service}:{region}:" if kind is Kind.REPOSITORY else f":{service}::"
    names: dict[str, str] = {}
    try:
        for page in ecr.get_paginator("describe_repositories").paginate():
            names |= {each["repositoryArn"]: each["repositoryName"] for each in page["repositories"]}
    except (BotoCoreError, ClientError) as error:
        look.unseen.append(
            unseen(place, f"which {kind.value[:-1]}ies there are", f"{service}:DescribeRepositories", error)
        )
        if is_denied(error):
            names |= {arn: arn.partition(":repository/")[2] for arn in known_arns if start in arn}

    def one(arn: str) -> Look:
        try:
            tags = {each["Key"]: each["Value"] for each in ecr.list_tags_for_resource(resourceArn=arn)["tags"]}
        except (BotoCoreError, ClientError) as error:
            if is_gone(error):
                return Look()
            return Look(unseen=[unseen(place, f"the tags of {arn}", f"{service}:ListTagsForResource", error)])
        if tags.get(PROJECT_TAG) != project:
            return Look()
        return Look(found=[_found(kind, arn, names[arn], place, region, tags)])

    with ThreadPoolExecutor(max_workers=_TOGETHER) as pool:
        for each in pool.map(one, names):
            look.add(each)
    return look


def _found(kind: Kind, arn: str, name: str, place: str, region: str, tags: dict[str, str]) -> Found:
    service = "ecr" if kind is Kind.REPOSITORY else "ecr-public"
    return Found(
        kind,
        arn,
        arn,
        place,
        owner_of(tags),
        kept=tags.get(ON_DESTROY_TAG) == "keep",
        serves=tags.get(CREDENTIAL_TAG, ""),
        commands=(f"aws {service} delete-repository --region {region} --repository-name {name}",),
    )


def remove_repository(ecr: Any, found: Found, *, images: bool) -> None:
    """Remove a repository.

    Args:
        ecr: a client of the service and region that it is in.
        found: the repository.
        images: whether the images in it may go, too.

    Raises:
        OpsError: AWS refuses; with images in it, unless these may go.
    """
    try:
        ecr.delete_repository(repositoryName=found.key.partition(":repository/")[2], force=images)
    except (BotoCoreError, ClientError) as error:
        if is_gone(error):
            return
        if code_of(error) == "RepositoryNotEmptyException":
            raise refusal(found.name, error, "Add --images to remove it with its images.") from None
        raise refusal(found.name, error, "Use credentials that may (docs/policies.md, the deployer).") from None
