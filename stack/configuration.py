"""The stack's settings from the running engine, checked."""

import os

import pulumi
from pulumi.runtime import config

from components.aws_identity import AwsIdentity, aws_identity
from settings import Settings, SettingsError, Surroundings, check
from settings.identity_rules import identity_problems


def configuration() -> tuple[Settings, Surroundings, AwsIdentity | None]:
    """Return the settings, where they are used, and the AWS account and region if any registry is ECR.

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
    if any(registry.is_ecr for registry in settings.registries):
        try:
            aws = aws_identity()
        except pulumi.RunError:
            # A mistake in the configuration may be why AWS cannot be asked, so those come first.
            if not mistakes:
                raise
        else:
            mistakes += identity_problems(settings, account=aws.account, region=aws.region)
    if mistakes:
        raise pulumi.RunError(str(SettingsError(around.stack, mistakes)))
    for problem in problems:
        pulumi.log.warn(str(problem))
    return settings, around, aws
