"""What is wrong with one registry of the configuration."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from nvcf import credential_rules
from nvcf.connection import NAMESPACE
from nvcf.registries import REGISTRY_KINDS, RegistryKind
from nvcf.secret import password_mistakes, username_mistakes
from policies.prefix import EcrKind, alias_warning, prefix_problems, repository_problems
from settings.models import RegistrySettings, RepositorySettings
from settings.problem import Problem, problem
from settings.surroundings import MAX_IAM_NAME, Surroundings

_NAME: Final = re.compile(r"[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?")
_KMS_KEY_ARN: Final = re.compile(r"arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/.+")
_TAG_PATTERN: Final = re.compile(r"[A-Za-z0-9._*-]{1,128}")
# Most wildcards in a pattern: "ImageTagMutabilityExclusionFilter" of the ECR API reference, and "tagPatternList" of the
# ECR User Guide's "Lifecycle policy properties".
_MUTABLE_WILDCARDS: Final = 2
_PROTECTED_WILDCARDS: Final = 4
_CREDENTIAL_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def registry_problems(path: str, registry: RegistrySettings, around: Surroundings) -> Iterator[Problem]:
    """Yield everything that is wrong with a registry.

    Args:
        path: where it stands, such as ``registries[0]``.
        registry: the registry.
        around: where the configuration is used.
    """
    yield from _name(path, registry.name)
    if registry.kind is None:
        yield problem(f"{path}.kind", f"is missing; write one of {', '.join(sorted(REGISTRY_KINDS))}")
        return
    kind = REGISTRY_KINDS[registry.kind]
    yield from _credential(path, registry, kind)
    yield from _login(path, registry, kind, around)
    yield from _adopted(path, registry)
    if registry.kind in ("ecr-private", "ecr-public"):
        yield from _ecr(path, registry, "ecr-private" if registry.kind == "ecr-private" else "ecr-public")
        yield from _key(path, registry, around)
    else:
        yield from _not_ecr(path, registry)


def _name(path: str, name: str) -> Iterator[Problem]:
    if not name:
        yield problem(f"{path}.name", "is missing; name the registry, such as functions")
    elif not _NAME.fullmatch(name):
        yield problem(
            f"{path}.name",
            f"{name[:60]!r} cannot name resources; use up to 40 lower-case letters, digits and hyphens, "
            "a letter first and no hyphen last",
        )


def _credential(path: str, registry: RegistrySettings, kind: RegistryKind) -> Iterator[Problem]:
    """Yield what NVCF would refuse of the credential itself."""
    hostname = registry.hostname
    if hostname is not None and (mistake := kind.hostname_mistake(hostname)):
        yield problem(f"{path}.hostname", mistake)
    if hostname is None and not registry.is_ecr:
        yield problem(f"{path}.hostname", "is missing; write the hostname that image paths start with")
    types = registry.artifact_types
    if not types:
        yield problem(f"{path}.artifactTypes", "is empty; name at least CONTAINER")
    elif len(set(types)) != len(types):
        yield problem(f"{path}.artifactTypes", f"names a type twice ({', '.join(types)}); name each once")
    elif mistake := kind.artifact_types_mistake(hostname or kind.title, types):
        yield problem(f"{path}.artifactTypes", mistake)
    yield from _credential_texts(path, registry)


def _credential_texts(path: str, registry: RegistrySettings) -> Iterator[Problem]:
    name = registry.credential_name
    if name is not None and (mistake := credential_rules.name_mistake(name)):
        yield problem(f"{path}.credentialName", mistake)
    for mistake in credential_rules.tags_mistakes(registry.tags):
        yield problem(f"{path}.tags", mistake)
    if registry.description is not None and (mistake := credential_rules.description_mistake(registry.description)):
        yield problem(f"{path}.description", mistake)
    credential = registry.adopt.credential
    if credential is not None and not _CREDENTIAL_ID.fullmatch(credential):
        yield problem(f"{path}.adopt", "has no credential id; write the registryCredentialId that NVCF's list shows")


def _adopted(path: str, registry: RegistrySettings) -> Iterator[Problem]:
    """Yield what cannot be taken over, as this stack would not make it."""
    adopt = registry.adopt
    for name, wanted in (("user", adopt.user), ("policy", adopt.policy)):
        if wanted and not registry.makes_key:
            yield problem(f"{path}.adopt.{name}", "is of no use where this stack makes no IAM user; take it out")
    if adopt.repositories and registry.kind == "ecr-public":
        yield problem(
            f"{path}.adopt.repositories",
            "cannot be taken over like this in ECR Public; docs/adoption.md has the `pulumi import` that does it",
        )
        return
    declared = [repository.name for repository in registry.repositories]
    for index, name in enumerate(adopt.repositories):
        if name not in declared:
            known = f"there are: {', '.join(declared)}" if declared else "there is none"
            yield problem(
                f"{path}.adopt.repositories[{index}]", f"{name[:60]!r} is none of the repositories declared; {known}"
            )


def _login(path: str, registry: RegistrySettings, kind: RegistryKind, around: Surroundings) -> Iterator[Problem]:
    """Yield what is wrong with a user name and password given by hand."""
    if registry.makes_key:
        return
    if registry.username is None:
        yield problem(f"{path}.username", "is missing; a password alone is no login")
    elif mistake := kind.username_mistake(registry.username):
        yield problem(f"{path}.username", mistake)
    else:
        for mistake in username_mistakes(registry.username):
            yield problem(f"{path}.username", mistake)
    set_secret = f"`pulumi config set --secret --path '{NAMESPACE}:{path}.password'`"
    if registry.password is None:
        yield problem(f"{path}.password", f"is missing; run {set_secret}")
        return
    for mistake in password_mistakes(registry.password.get_secret_value()):
        yield problem(f"{path}.password", mistake)
    if f"{NAMESPACE}:registries" not in around.secret_keys:
        yield problem(
            f"{path}.password", f"is kept in plain text; run {set_secret} and change the password at the registry"
        )


def _ecr(path: str, registry: RegistrySettings, kind: EcrKind) -> Iterator[Problem]:
    """Yield what is wrong with the prefix and the repositories below it."""
    prefix = registry.prefix
    if prefix is None:
        if registry.makes_key or registry.repositories:
            yield problem(f"{path}.prefix", "is missing; name the repositories' prefix (REPO_PREFIX), such as nvcf")
    else:
        for wrong in prefix_problems(prefix, kind=kind, allow_all=registry.allow_every_repository):
            opt_in = f" with `{path}.allowEveryRepository: true`" if prefix == "*" else ""
            yield problem(f"{path}.prefix", f"{wrong}{opt_in}")
        if prefix == "*" and registry.allow_every_repository:
            text = "the key can pull from every repository of the account; a prefix would keep the others private"
            yield problem(f"{path}.prefix", text, warning=True)
        if kind == "ecr-public" and (alias := alias_warning(prefix, alias=registry.alias)):
            yield problem(f"{path}.prefix", alias, warning=True)
        names = [repository.name for repository in registry.repositories]
        for index, wrong in repository_problems(prefix, names, kind=kind):
            yield problem(f"{path}.repositories[{index}]", wrong)
    for index, repository in enumerate(registry.repositories):
        yield from _repository(f"{path}.repositories[{index}]", repository, kind)
    if kind == "ecr-private" and registry.alias is not None:
        yield problem(f"{path}.alias", "belongs to ecr-public, where image paths contain it; take it out")


def _repository(path: str, repository: RepositorySettings, kind: EcrKind) -> Iterator[Problem]:
    private_only = {
        "immutable_tags": "immutableTags",
        "mutable_tags": "mutableTags",
        "scan_on_push": "scanOnPush",
        "keep_images": "keepImages",
        "untagged_days": "untaggedDays",
        "protected_tags": "protectedTags",
        "kms_key": "kmsKey",
    }
    if kind == "ecr-public":
        for field in sorted(repository.model_fields_set & private_only.keys()):
            yield problem(f"{path}.{private_only[field]}", "is a setting that public repositories do not have")
        return
    if repository.catalog is not None:
        yield problem(f"{path}.catalog", "is for public repositories; a private one is in no gallery")
    if repository.mutable_tags and not repository.immutable_tags:
        yield problem(f"{path}.mutableTags", "makes exceptions from immutable tags, but immutableTags is false")
    # ECR takes at most five exclusion filters ("PutImageTagMutability" of the API reference).
    if len(repository.mutable_tags) > 5:
        yield problem(f"{path}.mutableTags", f"has {len(repository.mutable_tags)} patterns; ECR takes five")
    yield from _tag_patterns(f"{path}.mutableTags", repository.mutable_tags, _MUTABLE_WILDCARDS)
    yield from _tag_patterns(f"{path}.protectedTags", repository.protected_tags, _PROTECTED_WILDCARDS)
    if repository.kms_key is not None and not _KMS_KEY_ARN.fullmatch(repository.kms_key):
        yield problem(f"{path}.kmsKey", "is no ARN of a KMS key; write arn:aws:kms:<region>:<account>:key/<id>")


def _tag_patterns(path: str, patterns: Sequence[str], wildcards: int) -> Iterator[Problem]:
    for index, pattern in enumerate(patterns):
        if not _TAG_PATTERN.fullmatch(pattern) or pattern.count("*") > wildcards:
            yield problem(
                f"{path}[{index}]",
                f"{pattern[:60]!r} is no tag pattern; use up to 128 letters, digits, '.', '_', '-', "
                f"and at most {wildcards} '*'",
            )


def _key(path: str, registry: RegistrySettings, around: Surroundings) -> Iterator[Problem]:
    """Yield what is wrong with the IAM user and its keys."""
    if not registry.makes_key:
        if registry.key_generation != 1:
            yield problem(f"{path}.keyGeneration", "counts keys that this stack makes, but a key is given by hand")
        return
    name = around.iam_name(registry.name)
    if registry.name and len(name) > MAX_IAM_NAME:
        yield problem(
            f"{path}.name",
            f"the IAM user would be called {name!r}, {len(name)} characters of the {MAX_IAM_NAME} that IAM takes; "
            "shorten the name of the registry or of the stack",
        )


def _not_ecr(path: str, registry: RegistrySettings) -> Iterator[Problem]:
    ecr_only = {
        "prefix": "prefix",
        "allow_every_repository": "allowEveryRepository",
        "alias": "alias",
        "repositories": "repositories",
        "key_generation": "keyGeneration",
        "previous_key": "previousKey",
    }
    for field in sorted(registry.model_fields_set & ecr_only.keys()):
        yield problem(
            f"{path}.{ecr_only[field]}", f"is a setting of ecr-private and ecr-public, not of {registry.kind}"
        )
