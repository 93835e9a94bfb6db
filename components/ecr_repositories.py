"""ECR repositories under one prefix, private or public, with defaults that are safe for production."""

from collections.abc import Mapping, Sequence
from typing import Literal

import pulumi
import pulumi_aws as aws
from typing_extensions import NotRequired, TypedDict

from components.lifecycle import lifecycle_policy
from policies.arn import PUBLIC_REGION


class CatalogData(TypedDict):
    """What the ECR Public Gallery shows of a public repository."""

    description: NotRequired[str | None]
    about_text: NotRequired[str | None]
    usage_text: NotRequired[str | None]
    architectures: NotRequired[Sequence[str]]
    operating_systems: NotRequired[Sequence[str]]


class RepositoryArgs(TypedDict):
    """One repository; all but ``name`` and ``catalog`` are for private ones only."""

    name: str
    """Name below the prefix; the repository is ``<prefix>/<name>``."""
    immutable_tags: NotRequired[bool]
    """Whether a pushed tag can never be moved to another image; default yes."""
    mutable_tags: NotRequired[Sequence[str]]
    """Tag patterns excluded from immutability, such as ``latest`` or ``dev-*``."""
    scan_on_push: NotRequired[bool]
    """Whether ECR scans each image that is pushed; default yes."""
    keep_images: NotRequired[int | None]
    """How many of the newest images stay; default all."""
    untagged_days: NotRequired[int | None]
    """Days until an untagged image expires; default 14, None never."""
    protected_tags: NotRequired[Sequence[str]]
    """Tag patterns whose images never expire."""
    kms_key: NotRequired[str | None]
    """ARN of the KMS key that encrypts the images; default AES-256 with ECR's own key. Cannot be changed later."""
    force_delete: NotRequired[bool]
    """Whether destroying the repository destroys its images too; default no, the destroy is refused."""
    catalog: NotRequired[CatalogData]
    """Catalogue data of a public repository."""


class EcrRepositoriesArgs(TypedDict):
    """Arguments of `EcrRepositories`."""

    visibility: Literal["private", "public"]
    prefix: str
    """Prefix of every repository's name; ``""`` for none."""
    repositories: Sequence[RepositoryArgs]
    region: NotRequired[str]
    """Region of private repositories; default the provider's. Public ones live in us-east-1 whatever this says."""
    adopt: NotRequired[Sequence[str]]
    """Names, below the prefix, of private repositories that exist already and are taken over with their images."""
    on_destroy: NotRequired[Literal["delete", "keep"]]
    """Whether repositories go with the stack, or stay in AWS with their images; default they go, if empty."""
    tags: NotRequired[Mapping[str, str]]


class EcrRepositories(pulumi.ComponentResource):
    """Repositories that images and charts are pushed to and that NVCF may pull from.

    Attributes:
        urls: repository name below the prefix → URL without a tag.
        arns: repository name below the prefix → ARN.
    """

    urls: pulumi.Output[Mapping[str, str]]
    arns: pulumi.Output[Mapping[str, str]]

    def __init__(self, name: str, args: EcrRepositoriesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        shown = {key: value for key, value in args.items() if key != "adopt"}
        super().__init__("nvcf-registry:index:EcrRepositories", name, shown, opts)
        create = self._private if args["visibility"] == "private" else self._public
        made = {repository["name"]: create(name, args, repository) for repository in args["repositories"]}
        self.urls = pulumi.Output.all(**{key: url for key, (url, _) in made.items()})
        self.arns = pulumi.Output.all(**{key: arn for key, (_, arn) in made.items()})
        self.register_outputs({"urls": self.urls, "arns": self.arns})

    def _private(
        self, name: str, args: EcrRepositoriesArgs, repository: RepositoryArgs
    ) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        kms_key = repository.get("kms_key")
        full_name = _full_name(args["prefix"], repository["name"])
        created = aws.ecr.Repository(
            f"{name}-{repository['name']}",
            name=full_name,
            image_tag_mutability=_mutability(repository),
            image_tag_mutability_exclusion_filters=[
                {"filter": pattern, "filter_type": "WILDCARD"} for pattern in repository.get("mutable_tags", ())
            ]
            or None,
            image_scanning_configuration={"scan_on_push": repository.get("scan_on_push", True)},
            encryption_configurations=[
                {"encryption_type": "KMS", "kms_key": kms_key} if kms_key else {"encryption_type": "AES256"}
            ],
            force_delete=repository.get("force_delete", False),
            region=args.get("region"),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(
                parent=self,
                retain_on_delete=args.get("on_destroy") == "keep",
                # What is imported becomes as declared in the same run, in place; the engine refuses to replace it.
                import_=full_name if repository["name"] in args.get("adopt", ()) else None,
            ),
        )
        policy = lifecycle_policy(
            untagged_days=repository.get("untagged_days", 14),
            keep_images=repository.get("keep_images"),
            protected_tags=repository.get("protected_tags", ()),
        )
        if policy is not None:
            aws.ecr.LifecyclePolicy(
                f"{name}-{repository['name']}-lifecycle",
                repository=created.name,
                policy=policy,
                region=args.get("region"),
                opts=pulumi.ResourceOptions(
                    parent=self,
                    # The rules go with their repository, so destroying both is one call, not two.
                    deleted_with=created,
                    # New rules are a new resource under the same id: deleting the old one last would take them away.
                    delete_before_replace=True,
                ),
            )
        return created.repository_url, created.arn

    def _public(
        self, name: str, args: EcrRepositoriesArgs, repository: RepositoryArgs
    ) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        catalog = repository.get("catalog")
        created = aws.ecrpublic.Repository(
            f"{name}-{repository['name']}",
            repository_name=_full_name(args["prefix"], repository["name"]),
            catalog_data=aws.ecrpublic.RepositoryCatalogDataArgs(**catalog) if catalog else None,
            force_destroy=repository.get("force_delete", False),
            region=PUBLIC_REGION,
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=args.get("on_destroy") == "keep"),
        )
        return created.repository_uri, created.arn


def _full_name(prefix: str, name: str) -> str:
    return f"{prefix}/{name}" if prefix else name


def _mutability(repository: RepositoryArgs) -> str:
    if not repository.get("immutable_tags", True):
        return "MUTABLE"
    return "IMMUTABLE_WITH_EXCLUSION" if repository.get("mutable_tags") else "IMMUTABLE"
