"""What each policy must allow and deny, request by request, each with its reason.

This is data: the evaluator decides every row, and the sandbox is called with the puller's key for the rows it knows
(`sandbox_rows`). Resources are always concrete ARNs; `*` stands only where AWS defines no resource for an action.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from policies import ecr_pull
from policies.document import Document

ACCOUNT: Final = "123456789012"
OTHER_ACCOUNT: Final = "210987654321"
REGION: Final = "us-west-2"
OTHER_REGION: Final = "eu-west-1"
PREFIX: Final = "nvcf"
PULLER: Final = f"arn:aws:iam::{ACCOUNT}:user/nvcf/nvcf-registry-dev-functions"


@dataclass(frozen=True, slots=True)
class Row:
    """One request and what must become of it.

    Attributes:
        action: `service:Action`.
        resource: a concrete ARN, or `*` for an action without resources.
        allowed: whether the policy must let it through.
        why: why that is right.
        context: condition keys of the request.
    """

    action: str
    resource: str
    allowed: bool
    why: str
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if "*" in self.resource and self.resource != "*":
            raise ValueError(f"{self.action} on {self.resource}: a request names one concrete resource")

    @property
    def account(self) -> str:
        """The account the resource lies in; the caller's own where the resource names none."""
        parts = self.resource.split(":", 5)
        return parts[4] if len(parts) == 6 and parts[4].isdigit() else ACCOUNT

    @property
    def repository(self) -> str:
        """The repository's name, or nothing for another resource."""
        return self.resource.partition(":repository/")[2]

    def __str__(self) -> str:
        return f"{self.action} {self.resource} {'allowed' if self.allowed else 'denied'}"


@dataclass(frozen=True, slots=True)
class Matrix:
    """A policy and everything asked of it."""

    name: str
    document: Document
    rows: tuple[Row, ...]


def private(name: str, *, account: str = ACCOUNT, region: str = REGION, partition: str = "aws") -> str:
    return f"arn:{partition}:ecr:{region}:{account}:repository/{name}"


def public(name: str, *, account: str = ACCOUNT, partition: str = "aws") -> str:
    return f"arn:{partition}:ecr-public::{account}:repository/{name}"


IN_PREFIX: Final = {
    "nvcf/echo-server": "directly below the prefix",
    "nvcf/team/echo-server": "nested below the prefix",
    "nvcf/nvcf": "below the prefix, whatever it is called",
}
OUT_OF_PREFIX: Final = {
    "nvcf": "called like the prefix, not below it",
    "nvcf-evil/echo-server": "look-alike: the prefix and more before the slash",
    "nvcfx": "look-alike without a slash",
    "nvc/f": "the slash elsewhere",
    "other/echo-server": "below another prefix",
    "other/nvcf/echo-server": "the prefix further inside",
    "echo-server": "no prefix at all",
}

PRIVATE_READ: Final = ecr_pull.PULL + ecr_pull.DESCRIBE
PRIVATE_WRITE: Final = {
    "BatchDeleteImage": "deletes images",
    "CompleteLayerUpload": "pushes",
    "CreateRepository": "creates repositories",
    "DeleteLifecyclePolicy": "changes what expires",
    "DeleteRepository": "deletes repositories",
    "DeleteRepositoryPolicy": "changes who else may pull",
    "InitiateLayerUpload": "pushes",
    "PutImage": "pushes",
    "PutImageScanningConfiguration": "changes the repository",
    "PutImageTagMutability": "changes the repository",
    "PutLifecyclePolicy": "changes what expires",
    "SetRepositoryPolicy": "changes who else may pull",
    "StartImageScan": "starts work that costs",
    "TagResource": "changes tags",
    "UntagResource": "changes tags",
    "UploadLayerPart": "pushes",
}
PRIVATE_OTHER_READ: Final = {
    "DescribeImageScanFindings": "shows vulnerabilities; no pull needs it",
    "DescribeRepositories": "describes repositories, not images",
    "GetLifecyclePolicy": "reads a policy; no pull needs it",
    "GetRepositoryPolicy": "reads a policy; no pull needs it",
    "ListImages": "lists tags; NVCF asks for one image by name",
    "ListTagsForResource": "reads tags; no pull needs it",
}
PUBLIC_OTHER: Final = {
    "BatchCheckLayerAvailability": "belongs to a push; pulls of public images are not authorised by IAM",
    "BatchDeleteImage": "deletes images",
    "CompleteLayerUpload": "pushes",
    "CreateRepository": "creates repositories",
    "DeleteRepository": "deletes repositories",
    "DeleteRepositoryPolicy": "changes who else may push",
    "DescribeImageTags": "lists tags; NVCF asks for one image by name",
    "DescribeRepositories": "describes repositories, not images",
    "GetRepositoryCatalogData": "reads the catalogue; no pull needs it",
    "GetRepositoryPolicy": "reads a policy; no pull needs it",
    "InitiateLayerUpload": "pushes",
    "ListTagsForResource": "reads tags; no pull needs it",
    "PutImage": "pushes",
    "PutRepositoryCatalogData": "changes the catalogue",
    "SetRepositoryPolicy": "changes who else may push",
    "TagResource": "changes tags",
    "UntagResource": "changes tags",
    "UploadLayerPart": "pushes",
}


def _beyond_registries() -> Iterator[Row]:
    """Yield what no pulling identity may do outside ECR."""
    user = PULLER
    policy = f"arn:aws:iam::{ACCOUNT}:policy/nvcf/nvcf-registry-dev-functions"
    for action in (
        "iam:AttachUserPolicy",
        "iam:CreateAccessKey",
        "iam:DeleteAccessKey",
        "iam:DeleteUserPermissionsBoundary",
        "iam:GetUser",
        "iam:ListAccessKeys",
        "iam:PutUserPolicy",
        "iam:UpdateAccessKey",
    ):
        yield Row(action, user, allowed=False, why="a puller cannot see or change itself")
    for action in ("iam:CreatePolicyVersion", "iam:GetPolicyVersion", "iam:SetDefaultPolicyVersion"):
        yield Row(action, policy, allowed=False, why="a puller cannot read or widen its own policy")
    yield Row("iam:ListUsers", "*", allowed=False, why="a puller sees no other identity")
    yield Row("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/mallory", allowed=False, why="a puller makes no identity")
    yield Row(
        "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin", allowed=False, why="a puller hands no role to a service"
    )
    yield Row("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/admin", allowed=False, why="a puller takes no role")
    yield Row("sts:GetFederationToken", f"arn:aws:sts::{ACCOUNT}:federated-user/x", allowed=False, why="no sessions")
    yield Row("sts:GetCallerIdentity", "*", allowed=True, why="AWS answers this to every valid key, policy or not")
    yield Row("s3:GetObject", "arn:aws:s3:::images/layer", allowed=False, why="layers come by a signed address")
    yield Row("kms:Decrypt", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd", allowed=False, why="ECR decrypts by grant")


def _private_rows(inside: Mapping[str, str], outside: Mapping[str, str]) -> Iterator[Row]:
    yield Row("ecr:GetAuthorizationToken", "*", allowed=True, why="the login")
    for action in PRIVATE_READ:
        for name, why in inside.items():
            yield Row(action, private(name), allowed=True, why=why)
        for name, why in outside.items():
            yield Row(action, private(name), allowed=False, why=why)
        here = "nvcf/echo-server"
        yield Row(action, private(here, account=OTHER_ACCOUNT), allowed=False, why="another account's repository")
        yield Row(action, private(here, region=OTHER_REGION), allowed=False, why="another region's registry")
        yield Row(
            action, private(here, partition="aws-cn", region="cn-north-1"), allowed=False, why="another partition"
        )
    for action, why in (PRIVATE_WRITE | PRIVATE_OTHER_READ).items():
        yield Row(f"ecr:{action}", private("nvcf/echo-server"), allowed=False, why=why)
    for action in ("DescribeRegistry", "GetRegistryPolicy", "PutRegistryPolicy", "PutReplicationConfiguration"):
        yield Row(f"ecr:{action}", "*", allowed=False, why="the registry as a whole is not the puller's")
    yield Row("ecr-public:GetAuthorizationToken", "*", allowed=False, why="the other ECR")
    yield Row("ecr-public:DescribeImages", public("nvcf/echo-server"), allowed=False, why="the other ECR")
    yield Row("sts:GetServiceBearerToken", "*", allowed=False, why="only ECR Public's login needs it")
    yield from _beyond_registries()


def _public_rows(inside: Mapping[str, str], outside: Mapping[str, str]) -> Iterator[Row]:
    yield Row("ecr-public:GetAuthorizationToken", "*", allowed=True, why="the login")
    yield Row("sts:GetServiceBearerToken", "*", allowed=True, why="the login's token comes from STS")
    describe = "ecr-public:DescribeImages"
    for name, why in inside.items():
        yield Row(describe, public(name), allowed=True, why=why)
    for name, why in outside.items():
        yield Row(describe, public(name), allowed=False, why=why)
    here = "nvcf/echo-server"
    yield Row(describe, public(here, account=OTHER_ACCOUNT), allowed=False, why="another account's repository")
    yield Row(describe, public(here, partition="aws-cn"), allowed=False, why="another partition")
    for action, why in PUBLIC_OTHER.items():
        yield Row(f"ecr-public:{action}", public(here), allowed=False, why=why)
    registry = f"arn:aws:ecr-public::{ACCOUNT}:registry/{ACCOUNT}"
    for action in ("DescribeRegistries", "GetRegistryCatalogData", "PutRegistryCatalogData"):
        yield Row(f"ecr-public:{action}", registry, allowed=False, why="the registry as a whole is not the puller's")
    yield Row("ecr:GetAuthorizationToken", "*", allowed=False, why="the other ECR")
    for action in (*PRIVATE_READ, "ecr:PutImage", "ecr:DeleteRepository"):
        yield Row(action, private(here), allowed=False, why="the other ECR")
    yield Row(
        describe.replace("-public", ""), private(here, region="us-east-1"), allowed=False, why="the other ECR there too"
    )
    yield from _beyond_registries()


def matrices() -> tuple[Matrix, ...]:
    """Return the matrix of each pull policy: both kinds, below a prefix and for every repository."""
    everything = IN_PREFIX | OUT_OF_PREFIX
    return (
        Matrix(
            "ecr-private",
            ecr_pull.private_pull(account=ACCOUNT, region=REGION, prefix=PREFIX),
            tuple(_private_rows(IN_PREFIX, OUT_OF_PREFIX)),
        ),
        Matrix(
            "ecr-private-all",
            ecr_pull.private_pull(account=ACCOUNT, region=REGION, prefix="*", allow_all=True),
            tuple(_private_rows(everything, {})),
        ),
        Matrix(
            "ecr-public",
            ecr_pull.public_pull(account=ACCOUNT, prefix=PREFIX),
            tuple(_public_rows(IN_PREFIX, OUT_OF_PREFIX)),
        ),
        Matrix(
            "ecr-public-all",
            ecr_pull.public_pull(account=ACCOUNT, prefix="*", allow_all=True),
            tuple(_public_rows(everything, {})),
        ),
    )


def sandbox_rows(matrix: Matrix) -> tuple[Row, ...]:
    """Return the rows of a matrix that can be put to the sandbox: every ECR call in the one partition it has.

    Args:
        matrix: one of `matrices()`.
    """
    return tuple(
        row
        for row in matrix.rows
        if row.action.startswith(("ecr:", "ecr-public:"))
        and (row.resource == "*" or row.resource.startswith("arn:aws:"))
    )
