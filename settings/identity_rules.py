"""What is wrong with a configuration for the AWS account and region that it would be deployed to."""

from collections.abc import Iterator

from nvcf.ecr import parse_private_hostname, private_hostname_mistake
from settings.models import Settings
from settings.problem import Problem, problem


def identity_problems(settings: Settings, *, account: str, region: str) -> Iterator[Problem]:
    """Yield every registry that belongs elsewhere.

    Args:
        settings: the configuration.
        account: the AWS account id of the credentials at hand, 12 digits.
        region: the AWS region of the provider.
    """
    for index, registry in enumerate(settings.registries):
        hostname = registry.hostname
        if registry.kind != "ecr-private" or hostname is None or private_hostname_mistake(hostname):
            continue
        found = parse_private_hostname(hostname)
        path = f"registries[{index}].hostname"
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
