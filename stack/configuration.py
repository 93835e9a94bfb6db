"""The stack's settings from the running engine, checked."""

import os

import pulumi
from pulumi.runtime import config

from components.aws_identity import AwsIdentity, aws_identity
from settings import Settings, SettingsError, Surroundings, check
from settings.identity_rules import identity_problems
from settings.models import RegistrySettings


def configuration() -> tuple[Settings, Surroundings, AwsIdentity | None]:
    """Return the settings, where they are used, and the AWS account and region where a registry needs them.

    Raises:
        pulumi.RunError: if anything is wrong with the configuration; the text lists every mistake.
    """
    around = Surroundings(
        pulumi.get_project(), pulumi.get_stack(), os.environ, frozenset(config.get_config_secret_keys_env())
    )
    # All keys at once, which `pulumi.Config` cannot list: an unknown one is a mistake, too.
    settings, problems = check({**config.get_config_env(), **config.CONFIG.get()}, around)
    mistakes = [problem for problem in problems if not problem.warning]
    aws = None
    if any(_needs_aws(registry) for registry in settings.registries):
        try:
            aws = aws_identity()
        except pulumi.RunError:
            # A mistake in the configuration may be why AWS cannot be asked, so those come first.
            if not mistakes:
                raise
        else:
            mistakes += identity_problems(settings, account=aws.account, region=aws.region)
    for warning in problems:
        if warning.warning:
            pulumi.log.warn(str(warning))
    if mistakes:
        raise pulumi.RunError(str(SettingsError(around.stack, mistakes)))
    return settings, around, aws


def _needs_aws(registry: RegistrySettings) -> bool:
    """Return whether a registry makes anything in AWS, or takes its hostname from the account and region at hand."""
    in_account = registry.kind == "ecr-private" and registry.hostname is None
    return registry.is_ecr and (registry.makes_key or bool(registry.repositories) or in_account)
