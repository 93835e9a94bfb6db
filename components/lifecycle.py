"""Lifecycle rules of a private ECR repository, as the JSON that ECR takes.

An image is matched by at most one rule, the one with the lowest priority number; an image that such a rule claims is
out of reach of every later rule (Amazon ECR User Guide, "Lifecycle policies", evaluation rules). Protection of tags
rests on that: the first rule claims protected tags and keeps more images than a repository can hold.
"""

import json
from collections.abc import Sequence
from typing import Any

#: ECR's quota of images in one repository is 100,000 (ECR service quotas), so this many are never reached.
MORE_THAN_A_REPOSITORY_HOLDS = 999_999


def lifecycle_policy(
    *, untagged_days: int | None, keep_images: int | None, protected_tags: Sequence[str]
) -> str | None:
    """Return the policy text, or None when nothing is ever to expire.

    Args:
        untagged_days: days after which an image that lost its last tag expires; None keeps it.
        keep_images: how many of the newest images stay; None keeps all.
        protected_tags: tag patterns with at most four ``*`` each; images with such a tag never expire.

    Raises:
        ValueError: if a count is below 1.
    """
    for name, value in (("untagged_days", untagged_days), ("keep_images", keep_images)):
        if value is not None and value < 1:
            raise ValueError(f"{name} is {value}, but ECR counts from 1; leave it out to keep images for ever")
    if untagged_days is None and keep_images is None:
        return None
    # One rule for each protected pattern: within one rule an image would have to match all of them.
    selections: list[tuple[str, dict[str, Any]]] = [
        (
            f"never expire images tagged {tag}",
            {
                "tagStatus": "tagged",
                "tagPatternList": [tag],
                "countType": "imageCountMoreThan",
                "countNumber": MORE_THAN_A_REPOSITORY_HOLDS,
            },
        )
        for tag in protected_tags
    ]
    if untagged_days is not None:
        selections.append(
            (
                f"expire untagged images after {untagged_days} days",
                {
                    "tagStatus": "untagged",
                    "countType": "sinceImagePushed",
                    "countUnit": "days",
                    "countNumber": untagged_days,
                },
            )
        )
    if keep_images is not None:
        selections.append(
            (
                f"keep the newest {keep_images} images",
                {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": keep_images},
            )
        )
    rules = [
        {
            "rulePriority": priority,
            "description": description,
            "selection": selection,
            "action": {"type": "expire"},
        }
        for priority, (description, selection) in enumerate(selections, start=1)
    ]
    return json.dumps({"rules": rules}, separators=(",", ":"), sort_keys=True)
