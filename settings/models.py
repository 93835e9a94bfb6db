"""The shape of a stack's configuration: what can be set, of which type, and what it is by default."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic.alias_generators import to_camel

from components.key_slots import PreviousKey
from components.refresher_defaults import REFRESH_SCHEDULE, REFRESHER_IMAGE

Kind = Literal["ecr-private", "ecr-public", "ngc", "acr", "volcengine", "artifactory", "harbor", "docker", "custom"]
ArtifactType = Literal["CONTAINER", "HELM", "MODEL", "RESOURCE"]


class _Section(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=False,
        hide_input_in_errors=True,
    )


class NvcfSettings(_Section):
    """Where NVCF is; its token is never part of these settings (`nvcfToken`, or NVCF_TOKEN)."""

    endpoint: str | None = None
    """Base URL; default the environment's NVCF_ENDPOINT."""
    host: str | None = None
    """Host header to send instead of the endpoint's own, for a gateway without DNS."""
    account: str | None = None
    """NVCF account id for the cross-account routes; default the token's own account."""
    propagation_seconds: int = Field(default=360, ge=0, le=3600)
    """How long NVCF may go on using a key after it was replaced, and IAM may not know a new one."""


class CatalogSettings(_Section):
    """What the ECR Public Gallery shows of a public repository."""

    description: str | None = None
    about_text: str | None = None
    usage_text: str | None = None
    architectures: tuple[str, ...] = ()
    operating_systems: tuple[str, ...] = ()


class RepositorySettings(_Section):
    """One ECR repository."""

    name: str = ""
    immutable_tags: bool = True
    mutable_tags: tuple[str, ...] = ()
    scan_on_push: bool = True
    keep_images: int | None = Field(default=None, ge=1)
    untagged_days: int | None = Field(default=14, ge=1)
    protected_tags: tuple[str, ...] = ()
    kms_key: str | None = None
    force_delete: bool = False
    catalog: CatalogSettings | None = None


def _named(value: object) -> object:
    """Let a repository be written as its name alone."""
    return {"name": value} if isinstance(value, str) else value


class AdoptSettings(_Section):
    """What a registry takes over that was made by hand."""

    credential: str | None = None
    """Id of a credential that NVCF already has."""
    user: bool = False
    """Whether the IAM user of this registry's name and path is there already."""
    policy: bool = False
    """Whether the IAM policy of this registry's name and path is there already: the stack left it when it was kept."""
    repositories: tuple[str, ...] = ()
    """Names, below the prefix, of declared repositories that are there already."""


def _credential_alone(value: object) -> object:
    """Let the credential's id be written alone."""
    return {"credential": value} if isinstance(value, str) else value


class RegistrySettings(_Section):
    """One registry that NVCF shall be able to pull from."""

    name: str = ""
    kind: Kind | None = None
    hostname: str | None = None
    prefix: str | None = None
    allow_every_repository: bool = False
    alias: str | None = None
    """Alias of the public registry; it appears in image paths only, never in a policy."""
    artifact_types: tuple[ArtifactType, ...] = ("CONTAINER",)
    repositories: tuple[Annotated[RepositorySettings, BeforeValidator(_named)], ...] = ()
    key_generation: int = Field(default=1, ge=1)
    previous_key: PreviousKey = "active"
    username: str | None = None
    password: SecretStr | None = None
    credential_name: str | None = None
    """Name of the credential in NVCF; default the registry's name."""
    tags: tuple[str, ...] = ()
    description: str | None = None
    on_destroy: Literal["delete", "keep"] = "delete"
    adopt: Annotated[AdoptSettings, BeforeValidator(_credential_alone)] = AdoptSettings()

    @property
    def is_ecr(self) -> bool:
        """Whether the registry is Amazon ECR, private or public."""
        return self.kind in ("ecr-private", "ecr-public")

    @property
    def makes_key(self) -> bool:
        """Whether this stack makes the IAM user and its keys (not when a key is given by hand)."""
        return self.is_ecr and self.username is None and self.password is None


class PullSecretSettings(_Section):
    """A pull secret in Kubernetes namespaces for one registry."""

    registry: str = ""
    namespaces: tuple[str, ...] = ()
    name: str | None = None
    auth: Literal["access-key", "irsa"] = "access-key"
    refresh_schedule: str = REFRESH_SCHEDULE
    create_namespaces: bool = False
    image: str = REFRESHER_IMAGE
    oidc_provider: str | None = None
    """ARN of the cluster's IAM OIDC provider, for irsa where the cluster is not given by its EKS name."""

    @property
    def secret_name(self) -> str:
        """The Secret's name in every namespace."""
        return self.name or f"{self.registry}-pull"

    def role_name(self, iam_name: str) -> str:
        """Return the name of the role that the refresher takes with irsa, from that of the registry's user."""
        return f"{iam_name}-{self.secret_name}"


class ClusterSettings(_Section):
    """The cluster that pull secrets go to: an EKS cluster by name, or a kubeconfig."""

    eks: str | None = None
    kubeconfig: str | None = None
    context: str | None = None
    delete_unreachable: bool = False


class Settings(_Section):
    """The configuration of one stack, under the namespace ``nvcf-registry``."""

    nvcf: NvcfSettings = NvcfSettings()
    nvcf_token: SecretStr | None = None
    registries: tuple[RegistrySettings, ...] = ()
    pull_secrets: tuple[PullSecretSettings, ...] = ()
    cluster: ClusterSettings | None = None
    permissions_boundary: str | None = None
    """ARN of a policy that bounds every IAM user and role this stack makes."""
    tags: dict[str, str] = {}
    """Tags for every AWS resource this stack makes."""

    def registry(self, name: str) -> RegistrySettings:
        """Return the registry called ``name``; raises KeyError when there is none."""
        return {registry.name: registry for registry in self.registries}[name]
