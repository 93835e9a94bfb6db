"""What the identity that pulls images may do, for private and public ECR.

The action sets have the names the field uses: a login token, the layers and manifests of a pull, a
description of the images. NVCF needs all three: it logs in when the credential is registered, describes the
image when a function is created, and pulls when it is deployed (NVCF contract, "Registry rules"; NVIDIA's ECR
guide lists the same actions).
"""

from __future__ import annotations

from typing import Final

from policies.arn import ecr_public_repository, ecr_repository
from policies.document import Document, Statement
from policies.prefix import EVERY_REPOSITORY, repository_pattern

TOKEN: Final = ("ecr:GetAuthorizationToken",)
"""Log in to a private registry."""

PULL: Final = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
"""Read manifests and layers of a private repository."""

DESCRIBE: Final = ("ecr:DescribeImages",)
"""Read what images a private repository holds; NVCF checks with it that a function's image exists."""

PUBLIC_TOKEN: Final = ("ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken")
"""Log in to ECR Public; the token is a bearer token that STS issues, hence the second action."""

PUBLIC_DESCRIBE: Final = ("ecr-public:DescribeImages",)
"""Read what images a public repository holds. There is no pull action: ECR Public serves layers to anyone."""

_LOGIN_REASON: Final = "NVCF and the pull secret log in with a token; the login is checked when NVCF gets the key."
_LOGIN_WILDCARD: Final = (
    "AWS defines no resource for this action, so '*' is the only value it accepts;"
    " a token opens nothing by itself, every pull is checked against the statements here."
)
_PREFIX_WILDCARD: Final = (
    "'/*' covers every repository below the prefix, nested and future ones too;"
    " the slash keeps out the repository named like the prefix and look-alikes."
)
_ALL_WILDCARD: Final = "Every repository of the account: the prefix '*' was explicitly opted in to."


def private_pull(*, account: str, region: str, prefix: str, allow_all: bool = False) -> Document:
    """Return the least-privilege policy to pull from private ECR below a prefix.

    Args:
        account: the twelve-digit id of the account that owns the repositories.
        region: the registry's region.
        prefix: the repository-name prefix, without a slash at its end.
        allow_all: accept the prefix `*`, every repository of the account.

    Raises:
        PolicyError: the prefix, account or region is not one that can work.
    """
    name = repository_pattern(prefix, kind="ecr-private", allow_all=allow_all)
    return Document(
        (
            Statement(
                sid="LogIn",
                actions=TOKEN,
                resources=("*",),
                reason=_LOGIN_REASON,
                wildcard=_LOGIN_WILDCARD,
            ),
            Statement(
                sid="PullBelowPrefix" if prefix != EVERY_REPOSITORY else "PullEverything",
                actions=PULL + DESCRIBE,
                resources=(ecr_repository(account=account, region=region, name=name),),
                reason="Functions' images are described when a function is created and pulled when it is deployed.",
                wildcard=_pattern_wildcard(prefix),
            ),
        )
    )


def public_pull(*, account: str, prefix: str, allow_all: bool = False) -> Document:
    """Return the least-privilege policy to pull from ECR Public below a prefix.

    Args:
        account: the twelve-digit id of the account that owns the public repositories.
        prefix: the repository-name prefix, without a slash at its end; not the registry's alias.
        allow_all: accept the prefix `*`, every public repository of the account.

    Raises:
        PolicyError: the prefix or account is not one that can work.
    """
    name = repository_pattern(prefix, kind="ecr-public", allow_all=allow_all)
    return Document(
        (
            Statement(
                sid="LogIn",
                actions=PUBLIC_TOKEN,
                resources=("*",),
                reason=_LOGIN_REASON,
                wildcard=_LOGIN_WILDCARD,
            ),
            Statement(
                sid="DescribeBelowPrefix" if prefix != EVERY_REPOSITORY else "DescribeEverything",
                actions=PUBLIC_DESCRIBE,
                resources=(ecr_public_repository(account=account, name=name),),
                reason="NVCF checks that a function's image exists; pulling a public image needs no permission.",
                wildcard=_pattern_wildcard(prefix),
            ),
        )
    )


def _pattern_wildcard(prefix: str) -> str:
    return _ALL_WILDCARD if prefix == EVERY_REPOSITORY else _PREFIX_WILDCARD
