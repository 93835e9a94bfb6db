"""Until when the tokens in a stack's pull secrets hold, as the refresher in the cluster notes it on each Secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ops.cluster import ClusterAccess, NotThereError
from ops.errors import OpsError
from ops.standing import PullSecretStanding

#: The annotation that `components/refresher/refresh.sh` writes.
EXPIRES_AT = "nvcf-registry/expires-at"


def configured_pull_secrets(config: Mapping[str, Any]) -> list[tuple[str, str, str, bool]]:
    """Return the pull secrets of a stack file: registry, namespace, name, and whether a token in it expires.

    Args:
        config: the `config` member of `Pulumi.<stack>.yaml`.
    """
    listed, registries = (_list(config, f"nvcf-registry:{key}") for key in ("pullSecrets", "registries"))
    expiring = {each.get("name") for each in registries if str(each.get("kind", "")).startswith("ecr-")}
    return [
        (
            str(each.get("registry")),
            str(space),
            str(each.get("name") or f"{each.get('registry')}-pull"),
            each.get("registry") in expiring,
        )
        for each in listed
        for space in each.get("namespaces") or ()
    ]


def pull_secret_standing(
    cluster: ClusterAccess, namespace: str, name: str, now: datetime, *, expires: bool
) -> PullSecretStanding:
    """Look at one pull secret.

    Args:
        cluster: where it is.
        namespace: its namespace.
        name: its name.
        now: the present moment, with its timezone.
        expires: whether what it holds expires.
    """
    try:
        # The annotation alone: what the Secret holds is nobody's business here.
        template = "jsonpath={.metadata.annotations}"
        text = cluster.run("get", "secret", name, "--namespace", namespace, "--output", template)
    except NotThereError:
        return PullSecretStanding(namespace, name, None, "it does not exist: run `pulumi up`.")
    except OpsError as error:
        return PullSecretStanding(namespace, name, None, f"{error.problem} {error.remedy}")
    noted = (json.loads(text) if text else {}).get(EXPIRES_AT)
    if not expires:
        return PullSecretStanding(namespace, name, None, None)
    if noted is None:
        job = f"`kubectl --namespace {namespace} get jobs,pods` shows why the refresher has not run yet."
        return PullSecretStanding(namespace, name, None, f"it holds no token yet: {job}")
    moment = datetime.fromisoformat(str(noted).replace("Z", "+00:00"))
    logs = f"`kubectl --namespace {namespace} logs --selector app.kubernetes.io/name=nvcf-registry-pull-secret`"
    wrong = f"its token expired at {noted}: {logs} says why." if moment <= now else None
    return PullSecretStanding(namespace, name, moment, wrong)


def _list(config: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = config.get(key) or []
    value = json.loads(value) if isinstance(value, str) else value
    return [each for each in value if isinstance(each, Mapping)]
