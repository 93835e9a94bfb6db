"""One environment: settings → components → exports."""

from pathlib import Path

import pulumi

from stack.adoption import adopted_users
from stack.call_stacks import short_call_stacks
from stack.configuration import configuration
from stack.registry import Registry

settings, around, aws = configuration()
cluster = None
if settings.pull_secrets:
    # Importing the Kubernetes SDK takes as long as all the rest; stacks without pull secrets do not wait for it.
    from stack.pull_secrets import find_cluster, pull_secrets

    # Before anything is declared: a cluster that is not there must not leave half a deployment.
    cluster = find_cluster(settings)
users = adopted_users(settings, around)
with short_call_stacks():
    registries = {
        each.name: Registry(each, settings, around, aws, users.get(each.name, ())) for each in settings.registries
    }
pulumi.export("registries", {name: registry.exports() for name, registry in registries.items()})

if cluster is not None:
    with short_call_stacks():
        secrets = pull_secrets(settings, registries, around, cluster)
    pulumi.export("pullSecrets", [{"name": each.secret_name, "namespaces": each.namespaces} for each in secrets])

pulumi.export("readme", Path(__file__).with_name("Pulumi.README.md").read_text(encoding="utf-8"))
