"""One registry of the configuration: its repositories, the key that pulls, the credential in NVCF."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pulumi

from components.aws_identity import AwsIdentity
from components.ecr_puller import EcrPuller
from components.ecr_repositories import EcrRepositories, RepositoryArgs
from components.registry_credential import RegistryCredential, RegistryCredentialArgs
from nvcf.ecr import PUBLIC_HOSTNAME, PUBLIC_REGION, parse_private_hostname, private_hostname
from nvcf.ownership import stack_tags
from policies.prefix import join
from settings import Settings, Surroundings
from settings.marks import aws_tags, kept_tags
from settings.models import RegistrySettings


class Registry:
    """A registry and what the stack makes for it.

    Args:
        settings: the registry's settings.
        stack: the whole configuration.
        around: the project and stack that resources are named after.
        aws: the account and region of the AWS credentials; None where nothing of AWS is needed.
        other_keys: what is said of the access keys of a user that is to be taken over.

    Attributes:
        hostname: the hostname that image paths start with.
        region: where ECR tokens come from; "" where it is not ECR.
        puller: the IAM user, where this stack makes one.
        username: what NVCF logs in with.
        password: its secret.
    """

    puller: EcrPuller | None
    username: pulumi.Input[str]
    password: pulumi.Input[str]

    def __init__(
        self,
        settings: RegistrySettings,
        stack: Settings,
        around: Surroundings,
        aws: AwsIdentity | None,
        other_keys: Sequence[str] = (),
    ) -> None:
        self.settings = settings
        self.hostname, self.region = location(settings, aws)
        self.tags = {**stack.tags, **aws_tags(around.project, around.stack)}
        self._credential_name = settings.credential_name or settings.name
        keeps = settings.on_destroy == "keep"
        self._kept_tags = kept_tags(self._credential_name, self.hostname) if keeps else {}
        self._repositories = self._make_repositories() if settings.repositories else None
        if settings.makes_key and aws is not None:
            self.puller = self._make_puller(stack, around, aws, other_keys)
            self.username, self.password = self.puller.access_key_id, self.puller.secret_access_key
        else:
            self.puller = None
            # The rules have made sure of both; a secret from the first moment it is read.
            self.username = settings.username or ""
            self.password = pulumi.Output.secret(settings.password.get_secret_value() if settings.password else "")
        self._credential = self._make_credential(stack, around)
        if self.puller is not None:
            self.puller.reached(self._credential)

    def exports(self) -> Mapping[str, Any]:
        """Return what other stacks and operators may know of the registry; never a secret."""
        puller = self.puller
        keys: Mapping[str, Any] = (
            {
                "generation": self.settings.key_generation,
                "userArn": puller.user_arn,
                "policyArn": puller.policy_arn,
                "activeKeyId": puller.access_key_id,
                "activeKeyCreated": puller.key_created,
                "previousKeyId": puller.previous_access_key_id,
                "previousKeyCreated": puller.previous_key_created,
            }
            if puller is not None
            else {}
        )
        return {
            "hostname": self.hostname,
            "credentialId": self._credential.credential_id,
            "repositories": self._repositories.urls if self._repositories else {},
            **keys,
        }

    def _make_repositories(self) -> EcrRepositories:
        settings = self.settings
        return EcrRepositories(
            settings.name,
            {
                "visibility": "public" if settings.kind == "ecr-public" else "private",
                "prefix": "" if settings.prefix == "*" else settings.prefix or "",
                "repositories": [
                    # Only what was set: what a repository is by default is the component's to say.
                    cast(RepositoryArgs, repository.model_dump(exclude_unset=True))
                    for repository in settings.repositories
                ],
                "adopt": settings.adopt.repositories,
                "on_destroy": settings.on_destroy,
                "tags": {**self.tags, **self._kept_tags},
            },
        )

    def _make_puller(
        self, stack: Settings, around: Surroundings, aws: AwsIdentity, other_keys: Sequence[str]
    ) -> EcrPuller:
        settings = self.settings
        return EcrPuller(
            settings.name,
            {
                "kind": "ecr-public" if settings.kind == "ecr-public" else "ecr-private",
                "user_name": around.iam_name(settings.name),
                "account": aws.account,
                "region": self.region,
                "prefix": settings.prefix or "",
                "allow_every_repository": settings.allow_every_repository,
                "key_generation": settings.key_generation,
                "previous_key": settings.previous_key,
                "permissions_boundary": stack.permissions_boundary,
                "adopt_user": settings.adopt.user,
                "adopt_policy": settings.adopt.policy,
                "other_keys": other_keys,
                "on_destroy": settings.on_destroy,
                "tags": {**self.tags, **self._kept_tags},
            },
        )

    def _make_credential(self, stack: Settings, around: Surroundings) -> RegistryCredential:
        settings = self.settings
        args: RegistryCredentialArgs = {
            "hostname": self.hostname,
            "name": self._credential_name,
            "username": self.username,
            "password": self.password,
            "artifact_types": settings.artifact_types,
            "description": settings.description,
            "account": stack.nvcf.account,
            "on_destroy": settings.on_destroy,
            "keeps": self._keeps(around) if settings.on_destroy == "keep" else (),
            "adopt": settings.adopt.credential,
            "propagation_seconds": stack.nvcf.propagation_seconds,
        }
        # An adopted one keeps the tags it has: NVCF cannot change them, so declaring ours would replace it. Any other
        # is marked as this stack's, whatever else it is tagged with: no other stack may take it for its own.
        if settings.adopt.credential is None:
            args["tags"] = (*stack_tags(around.project, around.stack), *settings.tags)
        elif "tags" in settings.model_fields_set:
            args["tags"] = settings.tags
        return RegistryCredential(settings.name, args)

    def _keeps(self, around: Surroundings) -> list[str]:
        """Return what stays in AWS with a credential that is kept."""
        settings = self.settings
        user = f"IAM user {around.iam_name(settings.name)} with its policy and access keys"
        repositories = [f"repository {join(settings.prefix or '', each.name)}" for each in settings.repositories]
        return [*([user] if settings.makes_key else []), *repositories]


def location(registry: RegistrySettings, aws: AwsIdentity | None) -> tuple[str, str]:
    """Return a registry's hostname, and the region that its tokens come from ("" where it is not ECR)."""
    if registry.kind == "ecr-public":
        return PUBLIC_HOSTNAME, PUBLIC_REGION
    if registry.kind == "ecr-private" and registry.hostname is not None:
        return registry.hostname, parse_private_hostname(registry.hostname).region
    if registry.kind == "ecr-private" and aws is not None:
        return private_hostname(aws.account, aws.region), aws.region
    return registry.hostname or "", ""
