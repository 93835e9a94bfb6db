"""One environment: settings → components → exports."""

from pathlib import Path

import pulumi

from stack.configuration import configuration
from stack.pull_secrets import pull_secrets
from stack.registry import Registry

settings, around, aws = configuration()
registries = {each.name: Registry(each, settings, around, aws) for each in settings.registries}
secrets = pull_secrets(settings, registries, around, aws)

pulumi.export("registries", {name: registry.exports() for name, registry in registries.items()})
pulumi.export("pullSecrets", [{"name": each.secret_name, "namespaces": each.namespaces} for each in secrets])
pulumi.export("readme", Path(__file__).with_name("Pulumi.README.md").read_text(encoding="utf-8"))
