"""The provider's configuration: arguments first, then `PULUMI_K8S_*` variables, then defaults."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.plugins.kubernetes import kubeconfig
from sandbox.plugins.kubernetes.kubeconfig import Overrides, Target


@dataclass(frozen=True)
class Settings:
    """What one provider was configured to do. Names and defaults are those of the official plugin's provider.

    Args:
        kubeconfig: contents or path; empty for the environment's.
        overrides: context, cluster and namespace that win over the kubeconfig's.
        secret_mutable: change a Secret's data in place rather than replace the Secret.
        config_map_mutable: the same for ConfigMaps.
        server_side_apply: the only way the stand-in knows; False is refused.
        patch_force: take fields that other managers own.
        upsert: take over an object that exists, rather than fail to create it.
        delete_unreachable: forget resources of a cluster that does not answer.
        skip_update_unreachable: leave resources of a cluster that does not answer as the state has them.
    """

    kubeconfig: str = field(default="", repr=False)
    overrides: Overrides = field(default_factory=Overrides)
    secret_mutable: bool = False
    config_map_mutable: bool = False
    server_side_apply: bool = True
    patch_force: bool = False
    upsert: bool = False
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False

    def target(self, environ: Mapping[str, str]) -> Target:
        """The cluster that this leads to.

        Raises:
            KubeconfigError: it leads to none.
        """
        config = kubeconfig.parse(self.kubeconfig) if self.kubeconfig else kubeconfig.ambient(environ)
        return kubeconfig.resolve(config, self.overrides)


def settings(arguments: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Read the provider's arguments (wire names) and environment."""

    def switch(argument: str, variable: str, *, default: bool = False) -> bool:
        given = arguments.get(argument)
        if given is None or given == "":
            given = environ.get(f"PULUMI_K8S_{variable}")
        return default if given is None else str(given).lower() == "true"

    return Settings(
        kubeconfig=text(arguments, "kubeconfig"),
        overrides=overrides(arguments),
        secret_mutable=switch("enableSecretMutable", "ENABLE_SECRET_MUTABLE"),
        config_map_mutable=switch("enableConfigMapMutable", "ENABLE_CONFIGMAP_MUTABLE"),
        server_side_apply=switch("enableServerSideApply", "ENABLE_SERVER_SIDE_APPLY", default=True),
        patch_force=switch("enablePatchForce", "ENABLE_PATCH_FORCE"),
        upsert=switch("upsertExistingObjects", "UPSERT_EXISTING_OBJECTS"),
        delete_unreachable=switch("deleteUnreachable", "DELETE_UNREACHABLE"),
        skip_update_unreachable=switch("skipUpdateUnreachable", "SKIP_UPDATE_UNREACHABLE"),
    )


def overrides(arguments: Mapping[str, Any]) -> Overrides:
    """The arguments that win over a kubeconfig."""
    return Overrides(text(arguments, "context"), text(arguments, "cluster"), text(arguments, "namespace"))


def text(arguments: Mapping[str, Any], name: str) -> str:
    """A text argument; empty when it is missing or not known yet. JSON that was decoded on the way is text again."""
    value = arguments.get(name)
    if isinstance(value, dict):
        return json.dumps(value)
    return value if isinstance(value, str) else ""
