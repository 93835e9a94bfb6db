"""ECR: moto's, mended where AWS differs in ways a deployment can run into (ECR API reference)."""

import re
from collections.abc import Sequence
from typing import Any

from moto.core.responses import ActionResult

from sandbox.aws.account import ACCOUNT_ID
from sandbox.aws.ecr_images import EcrImages
from sandbox.aws.errors import OperationError
from sandbox.aws.lifecycle_policy import InvalidLifecyclePolicyError, check_lifecycle_policy
from sandbox.aws.paging import page
from sandbox.aws.tokens import LIFETIME, TokenClaims

_LONGEST_NAME = 256
_MOST_TAGS = 50
_MOST_FILTERS = 5
_FILTER = re.compile(r"[0-9a-zA-Z._*-]{1,128}")
_MOST_WILDCARDS = 2


class EcrService(EcrImages):
    """Elastic Container Registry: repositories and their settings; images are in `EcrImages`."""

    def get_authorization_token(self) -> ActionResult:
        """A password for `docker login`, one for each registry asked for."""
        expires = self.visit.cloud.clock() + LIFETIME
        token = self.visit.cloud.tokens.issue(
            TokenClaims("ecr", self.region, self.caller.arn, self.key_id, int(expires.timestamp()))
        )
        registries = self._get_param("registryIds") or [ACCOUNT_ID]
        return ActionResult(
            {
                "authorizationData": [
                    {
                        "authorizationToken": token,
                        "expiresAt": expires,
                        "proxyEndpoint": f"https://{registry}.dkr.ecr.{self.region}.amazonaws.com",
                    }
                    for registry in registries
                ]
            }
        )

    def create_repository(self) -> ActionResult:
        """Makes a repository."""
        name = self._get_param("repositoryName")
        if not 2 <= len(name) <= _LONGEST_NAME:
            raise _invalid("repositoryName", f"must have length between 2 and {_LONGEST_NAME}")
        _check_filters(self._get_param("imageTagMutabilityExclusionFilters"))
        if len(self._get_param("tags") or []) > _MOST_TAGS:
            raise OperationError("TooManyTagsException", f"A repository can have up to {_MOST_TAGS} tags.")
        result = super().create_repository()
        repository = self.repository(name)
        repository.created_at = self.visit.cloud.clock().replace(tzinfo=None)
        return result

    def describe_repositories(self) -> ActionResult:
        """Repositories by name, or all in pages."""
        names = self._get_param("repositoryNames")
        if names and self._get_param("maxResults") is not None:
            raise _invalid("maxResults", "cannot be used with repositoryNames")
        if names:
            return ActionResult({"repositories": [self.repository(name) for name in names]})
        every = sorted(self.ecr_backend.repositories.values(), key=lambda repository: repository.name)
        found, more = page(every, self._get_param("maxResults"), self._get_param("nextToken"))
        return ActionResult({"repositories": list(found), "nextToken": more})

    def put_image_tag_mutability(self) -> ActionResult:
        """Changes which tags may move."""
        filters = self._get_param("imageTagMutabilityExclusionFilters")
        _check_filters(filters)
        self.ecr_backend.validate_image_tag_mutability_params_compatibility(
            self._get_param("imageTagMutability"), filters
        )
        super().put_image_tag_mutability()
        repository = self.repository(self._get_param("repositoryName"))
        return ActionResult(
            {
                "registryId": ACCOUNT_ID,
                "repositoryName": repository.name,
                "imageTagMutability": repository.image_tag_mutability,
                "imageTagMutabilityExclusionFilters": repository.image_tag_mutability_exclusion_filters,
            }
        )

    def put_lifecycle_policy(self) -> ActionResult:
        """Sets the lifecycle policy, checked by all of ECR's rules."""
        repository = self.repository(self._get_param("repositoryName"))
        text = self._get_param("lifecyclePolicyText")
        try:
            check_lifecycle_policy(text)
        except InvalidLifecyclePolicyError as error:
            raise _invalid("LifecyclePolicyText", f"Lifecycle policy validation failure: {error}") from None
        repository.lifecycle_policy = text
        return ActionResult(
            {
                "registryId": ACCOUNT_ID,
                "repositoryName": repository.name,
                "lifecyclePolicyText": text,
            }
        )

    def tag_resource(self) -> ActionResult:
        """Adds or changes tags, up to the limit."""
        arn = self._get_param("resourceArn")
        keys = {tag["Key"] for tag in self.ecr_backend.list_tags_for_resource(arn).get("tags", [])}
        if len(keys | {tag["Key"] for tag in self._get_param("tags", [])}) > _MOST_TAGS:
            raise OperationError("TooManyTagsException", f"A repository can have up to {_MOST_TAGS} tags.")
        return super().tag_resource()


def _check_filters(filters: Sequence[dict[str, Any]] | None) -> None:
    if filters is None:
        return
    if not 1 <= len(filters) <= _MOST_FILTERS:
        raise _invalid("imageTagMutabilityExclusionFilters", f"must have between 1 and {_MOST_FILTERS} filters")
    for item in filters:
        text = item.get("filter", "")
        if _FILTER.fullmatch(text) is None or text.count("*") > _MOST_WILDCARDS:
            raise _invalid(
                "imageTagMutabilityExclusionFilters",
                f"filter '{text}' must match {_FILTER.pattern} with at most {_MOST_WILDCARDS} wildcards",
            )


def _invalid(parameter: str, constraint: str) -> OperationError:
    return OperationError(
        "InvalidParameterException",
        f"Invalid parameter at '{parameter}' failed to satisfy constraint: '{constraint}'",
    )
