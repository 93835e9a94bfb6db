"""What is wrong with a configuration for the AWS account and region that it would be deployed to."""

from collections.abc import Iterator

from nvcf.ecr import parse_private_hostname, private_hostname_mistake, region_mistake
from policies.arn import checked_region
from policies.document import PolicyError
from settings.models import RegistrySettings, Settings
from settings.problem import Problem, problem


def identity_problems(settings: Settings, *, account: str, region: str) -> Iterator[Problem]:
    """Yield every registry that belongs elsewhere, and a region that none can be in.

    Args:
        settings: the configuration.
        account: the AWS account id of the credentials at hand, 12 digits.
        region: the AWS region of the provider.
    """
    yield from _region(settings, region)
    for index, registry in enumerate(settings.registries):
        hostname = registry.hostname
        if registry.kind != "ecr-private" or hostname is None or private_hostname_mistake(hostname):
            continue
        found = parse_private_hostname(hostname)
        path = f"registries[{index}].hostname"
        if _uses_aws(registry) and (wrong := _partition_mistake(found.region)):
            yield problem(path, wrong)
        if found.account != account and (registry.makes_key or registry.repositories):
            yield problem(
                path,
                f"names AWS account {found.account}, but the AWS credentials at hand are of {account}; use that "
                "account's credentials, or give the key by hand (username, password) and no repositories",
            )
        if found.region != region and registry.repositories:
            yield problem(
                path,
                f"names region {found.region}, but repositories would be made in {region}; "
                f"run `pulumi config set aws:region {found.region}` or correct the hostname",
            )


def _region(settings: Settings, region: str) -> Iterator[Problem]:
    """Yield what is wrong with the provider's region, where anything is made in it or a hostname made of it."""
    registries = [registry for registry in settings.registries if registry.is_ecr]
    wrong = _partition_mistake(region) if any(map(_uses_aws, registries)) else None
    if any(registry.kind == "ecr-private" and registry.hostname is None for registry in registries):
        wrong = str(region_mistake(region) or "") or wrong
    if wrong:
        yield Problem("aws:region", f"{wrong} Set another with `pulumi config set aws:region REGION`, or AWS_REGION")


def _uses_aws(registry: RegistrySettings) -> bool:
    return registry.is_ecr and (registry.makes_key or bool(registry.repositories))


def _partition_mistake(region: str) -> str | None:
    try:
        checked_region(region)
    except PolicyError as error:
        return f"{error}."
    return None
