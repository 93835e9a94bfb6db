"""A pull secret in Kubernetes namespaces, kept fresh in the cluster where its token expires.

A token of ECR lives 12 hours (Amazon ECR User Guide, "Private registry authentication"), so it never passes through
Pulumi: a CronJob in the namespace fetches it and writes it into the one Secret it has a right to. Registries with a
lasting password get a plain Secret and nothing that runs.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Literal

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.batch.v1 import JobSpecArgsDict
from pulumi_kubernetes.core.v1 import PodTemplateSpecArgsDict
from typing_extensions import NotRequired, TypedDict

from components.refresher_defaults import REFRESH_SCHEDULE, REFRESHER_IMAGE
from components.refresher_pod import SCRIPT, RefresherPod, pod_template


class PasswordSource(TypedDict):
    """A registry whose password lasts until it is changed."""

    username: pulumi.Input[str]
    password: pulumi.Input[str]


class EcrSource(TypedDict):
    """An ECR registry, whose token is fetched in the cluster."""

    kind: Literal["ecr-private", "ecr-public"]
    region: str
    """Region that the token is fetched from; us-east-1 for ECR Public."""
    access_key_id: NotRequired[pulumi.Input[str]]
    secret_access_key: NotRequired[pulumi.Input[str]]
    role_arn: NotRequired[pulumi.Input[str]]
    """Role that the refresher takes by IRSA, instead of an access key."""
    key_generation: NotRequired[int]
    """Generation of the key; each new one is tried at once, not at the next scheduled run."""


class PullSecretArgs(TypedDict):
    """Arguments of `PullSecret`: exactly one of `ecr` and `password` says where the credential comes from."""

    secret_name: str
    namespaces: Sequence[str]
    hostname: pulumi.Input[str]
    """Registry hostname that the kubelet looks up in the secret."""
    create_namespaces: NotRequired[bool]
    ecr: NotRequired[EcrSource]
    password: NotRequired[PasswordSource]
    refresh_schedule: NotRequired[str]
    image: NotRequired[str]
    labels: NotRequired[Mapping[str, str]]
    """Further labels of every object, such as whose it is."""


class PullSecret(pulumi.ComponentResource):
    """The Secret, and for ECR what refreshes it.

    Attributes:
        secret_name: name of the Secret, to be written into ``imagePullSecrets``.
        namespaces: where it is.
    """

    secret_name: pulumi.Output[str]
    namespaces: pulumi.Output[Sequence[str]]

    def __init__(self, name: str, args: PullSecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        shown = {key: value for key, value in args.items() if key not in ("ecr", "password")}
        super().__init__("nvcf-registry:index:PullSecret", name, shown, opts)
        for namespace in args["namespaces"]:
            where = _Namespace(self, f"{name}-{namespace}", namespace, args)
            if "ecr" in args:
                where.refreshed(args["ecr"])
            else:
                where.static(args["password"])
        self.secret_name = pulumi.Output.from_input(args["secret_name"])
        self.namespaces = pulumi.Output.from_input(list(args["namespaces"]))
        self.register_outputs({"secretName": self.secret_name, "namespaces": self.namespaces})


class _Namespace:
    """What one namespace gets."""

    def __init__(self, parent: PullSecret, name: str, namespace: str, args: PullSecretArgs) -> None:
        self.name = name
        self.args = args
        self.secret_name = args["secret_name"]
        self.refresher_name = f"{self.secret_name}-refresh"
        self.labels = {**_labels(self.secret_name), **args.get("labels", {})}
        self.opts = pulumi.ResourceOptions(parent=parent)
        self.namespace: pulumi.Input[str] = namespace
        if args.get("create_namespaces", False):
            created = kubernetes.core.v1.Namespace(
                f"{name}-namespace",
                metadata={"name": namespace, "labels": self.labels},
                opts=self.opts,
            )
            self.namespace = created.metadata.name
            # What lives in a namespace goes with it.
            self.opts = pulumi.ResourceOptions(parent=parent, deleted_with=created)

    def metadata(self, name: str, annotations: Mapping[str, str] | None = None) -> kubernetes.meta.v1.ObjectMetaArgs:
        return kubernetes.meta.v1.ObjectMetaArgs(
            name=name, namespace=self.namespace, labels=self.labels, annotations=annotations
        )

    def static(self, source: PasswordSource) -> None:
        self._pull_secret(
            pulumi.Output.all(
                host=self.args["hostname"], username=source["username"], password=source["password"]
            ).apply(lambda login: docker_config(**login)),
            pulumi.ResourceOptions(),
        )

    def refreshed(self, source: EcrSource) -> None:
        # The refresher writes the data and the expiry; Pulumi must not write the empty seed back over them.
        secret = self._pull_secret(
            json.dumps({"auths": {}}),
            pulumi.ResourceOptions(ignore_changes=["data", "metadata.annotations"]),
        )
        account = self._service_account(source)
        script = kubernetes.core.v1.ConfigMap(
            f"{self.name}-script",
            metadata=self.metadata(self.refresher_name),
            data={"refresh.sh": SCRIPT.read_text(encoding="utf-8")},
            opts=self.opts,
        )
        keys = self._access_key(source)
        pod = pod_template(
            RefresherPod(
                image=self.args.get("image", REFRESHER_IMAGE),
                service_account=self.refresher_name,
                script_config_map=self.refresher_name,
                key_secret=self.refresher_name if keys else None,
                secret_name=self.secret_name,
                hostname=self.args["hostname"],
                kind=source["kind"],
                region=source["region"],
            ),
            labels=_labels(self.secret_name),
        )
        ready = [secret, script, *account, *([keys] if keys else [])]
        kubernetes.batch.v1.CronJob(
            f"{self.name}-cron",
            metadata=self.metadata(self.refresher_name),
            spec={
                "schedule": self.args.get("refresh_schedule", REFRESH_SCHEDULE),
                "concurrency_policy": "Forbid",
                "starting_deadline_seconds": 3600,
                "successful_jobs_history_limit": 1,
                "failed_jobs_history_limit": 3,
                "job_template": {"spec": _job_spec(pod)},
            },
            opts=pulumi.ResourceOptions.merge(self.opts, pulumi.ResourceOptions(depends_on=ready)),
        )
        # The first token must not wait for the schedule. Its name has the generation, so a new key is tried at once.
        kubernetes.batch.v1.Job(
            f"{self.name}-first",
            # `up` does not wait for it: a cluster that cannot pull the refresher's image yet must not fail the rest.
            metadata=self.metadata(
                f"{self.refresher_name}-g{source.get('key_generation', 1)}", {"pulumi.com/skipAwait": "true"}
            ),
            spec=_job_spec(pod),
            opts=pulumi.ResourceOptions.merge(self.opts, pulumi.ResourceOptions(depends_on=ready)),
        )

    def _pull_secret(self, docker_config_json: pulumi.Input[str], opts: pulumi.ResourceOptions) -> pulumi.Resource:
        return kubernetes.core.v1.Secret(
            f"{self.name}-secret",
            metadata=self.metadata(self.secret_name),
            type="kubernetes.io/dockerconfigjson",
            # Not `stringData`: the API server never shows that, so an ignored one is applied again with every change
            # of the Secret, and the empty seed would overwrite a good token.
            data={".dockerconfigjson": pulumi.Output.from_input(docker_config_json).apply(_base64)},
            opts=pulumi.ResourceOptions.merge(self.opts, opts),
        )

    def _access_key(self, source: EcrSource) -> pulumi.Resource | None:
        if "access_key_id" not in source:
            return None
        return kubernetes.core.v1.Secret(
            f"{self.name}-key",
            metadata=self.metadata(self.refresher_name),
            type="Opaque",
            string_data={
                "AWS_ACCESS_KEY_ID": source["access_key_id"],
                "AWS_SECRET_ACCESS_KEY": source["secret_access_key"],
            },
            opts=self.opts,
        )

    def _service_account(self, source: EcrSource) -> list[pulumi.Resource]:
        role = source.get("role_arn")
        account = kubernetes.core.v1.ServiceAccount(
            f"{self.name}-account",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(
                name=self.refresher_name,
                namespace=self.namespace,
                labels=self.labels,
                annotations={"eks.amazonaws.com/role-arn": role} if role is not None else None,
            ),
            opts=self.opts,
        )
        # `create` cannot be bound to a name (Kubernetes, "Referring to resources"), so Pulumi makes the Secret
        # and the refresher may only read and patch that one.
        rights = kubernetes.rbac.v1.Role(
            f"{self.name}-role",
            metadata=self.metadata(self.refresher_name),
            rules=[
                {
                    "api_groups": [""],
                    "resources": ["secrets"],
                    "resource_names": [self.secret_name],
                    "verbs": ["get", "patch"],
                }
            ],
            opts=self.opts,
        )
        binding = kubernetes.rbac.v1.RoleBinding(
            f"{self.name}-binding",
            metadata=self.metadata(self.refresher_name),
            role_ref={"api_group": "rbac.authorization.k8s.io", "kind": "Role", "name": self.refresher_name},
            subjects=[{"kind": "ServiceAccount", "name": self.refresher_name, "namespace": self.namespace}],
            opts=pulumi.ResourceOptions.merge(self.opts, pulumi.ResourceOptions(depends_on=[account, rights])),
        )
        return [account, binding]


def docker_config(*, host: str, username: str, password: str) -> str:
    """Return the text of a ``.dockerconfigjson`` for one registry; it contains the password."""
    auth = base64.b64encode(f"{username}:{password}".encode()).decode()
    return json.dumps({"auths": {host: {"username": username, "password": password, "auth": auth}}})


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _job_spec(pod: PodTemplateSpecArgsDict) -> JobSpecArgsDict:
    return {"backoff_limit": 4, "active_deadline_seconds": 600, "template": pod}


def _labels(secret_name: str) -> dict[str, str]:
    return {
        "app.kubernetes.io/managed-by": "pulumi",
        "app.kubernetes.io/name": "nvcf-registry-pull-secret",
        "app.kubernetes.io/instance": secret_name,
    }
