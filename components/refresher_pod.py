"""The pod that refreshes a pull secret: what it runs, as whom, and with which few rights."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi
from pulumi_kubernetes.core.v1 import ContainerArgsDict, EnvFromSourceArgsDict, PodTemplateSpecArgsDict

#: The script the pod runs, kept in a ConfigMap so that any image with `aws`, `kubectl` and a shell will do.
SCRIPT = Path(__file__).parent / "refresher" / "refresh.sh"

#: The only place in the container that can be written to: a volume in memory.
WORK_DIRECTORY = "/tmp"  # noqa: S108 - a path in the container, not on this machine

#: An unprivileged user that needs no entry in the image's passwd.
USER_ID = 65532


@dataclass(frozen=True)
class RefresherPod:
    """What distinguishes one refresher from another.

    Attributes:
        image: image with `aws`, `kubectl` and a shell.
        service_account: the ServiceAccount it runs as.
        script_config_map: ConfigMap that holds the script as ``refresh.sh``.
        key_secret: Secret with the access key as environment variables; None when the role comes by IRSA.
        secret_name: the pull secret it keeps fresh.
        hostname: the registry.
        kind: ``ecr-private`` or ``ecr-public``.
        region: AWS region that the token comes from.
    """

    image: str
    service_account: str
    script_config_map: str
    key_secret: str | None
    secret_name: str
    hostname: pulumi.Input[str]
    kind: str
    region: str


def pod_template(pod: RefresherPod, *, labels: Mapping[str, str]) -> PodTemplateSpecArgsDict:
    """Return the pod template that the CronJob and the first Job share."""
    key: list[pulumi.Input[EnvFromSourceArgsDict]] = (
        [{"secret_ref": {"name": pod.key_secret}}] if pod.key_secret else []
    )
    container: ContainerArgsDict = {
        "name": "refresh",
        "image": pod.image,
        "command": ["/bin/sh", "/refresher/refresh.sh"],
        "env": [
            {"name": "SECRET_NAME", "value": pod.secret_name},
            {"name": "NAMESPACE", "value_from": {"field_ref": {"field_path": "metadata.namespace"}}},
            {"name": "REGISTRY_HOSTS", "value": pod.hostname},
            {"name": "ECR_KIND", "value": pod.kind},
            {"name": "AWS_REGION", "value": pod.region},
            # The root file system is read-only; the AWS CLI and kubectl keep caches in their home.
            {"name": "HOME", "value": WORK_DIRECTORY},
        ],
        "env_from": key,
        "resources": {"requests": {"cpu": "10m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "security_context": {
            "allow_privilege_escalation": False,
            "read_only_root_filesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volume_mounts": [
            {"name": "script", "mount_path": "/refresher", "read_only": True},
            {"name": "work", "mount_path": WORK_DIRECTORY},
        ],
    }
    return {
        "metadata": {"labels": labels},
        "spec": {
            "restart_policy": "Never",
            "service_account_name": pod.service_account,
            "security_context": {
                "run_as_non_root": True,
                "run_as_user": USER_ID,
                "run_as_group": USER_ID,
                "fs_group": USER_ID,
                "seccomp_profile": {"type": "RuntimeDefault"},
            },
            "containers": [container],
            "volumes": [
                {"name": "script", "config_map": {"name": pod.script_config_map}},
                {"name": "work", "empty_dir": {"medium": "Memory", "size_limit": "64Mi"}},
            ],
        },
    }
