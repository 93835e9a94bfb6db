"""A refresher's pod, played by hand: what its CronJob says, taken from the cluster, run as its ServiceAccount.

No Pod runs in the sandbox. What the kubelet would do is done here: environment, script, ServiceAccount token.
"""

import base64
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.engine.cluster import Cluster
from tests.engine.stacks import PROJECT

#: Where the tools of the refresher's image are: the AWS CLI of the virtualenv, the toolchain's kubectl.
TOOLS = (PROJECT / ".venv" / "bin", PROJECT / ".toolchain" / "bin")
#: Audience of the token that EKS mounts for a role (EKS User Guide, "IAM roles for service accounts").
ROLE_AUDIENCE = "sts.amazonaws.com"


@dataclass(frozen=True)
class Refresher:
    """The refresher of one pull secret in one namespace.

    Attributes:
        cluster: the API server, as its administrator.
        namespace: where the CronJob is.
        name: the CronJob's name.
        directory: a directory of the test's own.
        aws_endpoint: the emulated AWS; the only thing a real pod would not be told.
    """

    cluster: Cluster
    namespace: str
    name: str
    directory: Path
    aws_endpoint: str

    def run(self) -> subprocess.CompletedProcess[str]:
        """Run the container's command as the kubelet would."""
        self.directory.mkdir(exist_ok=True)
        pod = self._pod()
        (container,) = pod["containers"]
        return subprocess.run(
            self._command(pod, container),
            env={**self._environment(container), **self._identity(pod), **self._surroundings()},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def service_account(self) -> Cluster:
        """Return a client with the rights of the pod's ServiceAccount."""
        return Cluster(self.cluster.kubeconfig, self._token(self._pod()["serviceAccountName"]))

    def _pod(self) -> dict[str, Any]:
        cron = self.cluster.get(f"/apis/batch/v1/namespaces/{self.namespace}/cronjobs/{self.name}")
        return dict(cron["spec"]["jobTemplate"]["spec"]["template"]["spec"])

    def _command(self, pod: dict[str, Any], container: dict[str, Any]) -> list[str]:
        """Return the command, with the mounted ConfigMap's files where they are here."""
        (mount,) = [each for each in container["volumeMounts"] if each["name"] == "script"]
        (volume,) = [each for each in pod["volumes"] if each["name"] == "script"]
        files = self.cluster.get(f"/api/v1/namespaces/{self.namespace}/configmaps/{volume['configMap']['name']}")[
            "data"
        ]
        for name, text in files.items():
            (self.directory / name).write_text(text, encoding="utf-8")
        return [each.replace(mount["mountPath"], str(self.directory)) for each in container["command"]]

    def _environment(self, container: dict[str, Any]) -> dict[str, str]:
        found: dict[str, str] = {}
        for source in container.get("envFrom", ()):
            found |= self.cluster.secret(self.namespace, source["secretRef"]["name"]) or {}
        for each in container["env"]:
            if "valueFrom" in each:
                assert each["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.namespace"
            found[each["name"]] = each.get("value", self.namespace)
        return found

    def _identity(self, pod: dict[str, Any]) -> dict[str, str]:
        """Return what EKS adds for a ServiceAccount that names a role."""
        name = pod["serviceAccountName"]
        account = self.cluster.get(f"/api/v1/namespaces/{self.namespace}/serviceaccounts/{name}")
        role = account["metadata"].get("annotations", {}).get("eks.amazonaws.com/role-arn")
        if role is None:
            return {}
        token = self.directory / "token"
        token.write_text(self._token(name, ROLE_AUDIENCE))
        return {"AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": str(token)}

    def _surroundings(self) -> dict[str, str]:
        """Return what differs from a container: paths, the emulated AWS, and kubectl's way to the API server."""
        kubeconfig = yaml.safe_load(self.cluster.kubeconfig.read_text())
        kubeconfig["users"][0]["user"] = {"token": self._token(self._pod()["serviceAccountName"])}
        file = self.directory / "kubeconfig"
        file.write_text(yaml.safe_dump(kubeconfig))
        return {
            "AWS_ENDPOINT_URL": self.aws_endpoint,
            "HOME": str(self.directory),
            "KUBECONFIG": str(file),
            "NO_PROXY": "127.0.0.1",
            "PATH": ":".join([*map(str, TOOLS), "/usr/bin", "/bin"]),
            "TMPDIR": str(self.directory),
        }

    def _token(self, service_account: str, *audiences: str) -> str:
        path = f"/api/v1/namespaces/{self.namespace}/serviceaccounts/{service_account}/token"
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": audiences}}
        return str(self.cluster.post(path, body)["status"]["token"])


def login(cluster: Cluster, namespace: str, secret: str, host: str) -> str:
    """Return the password that a pull secret has for a registry's user `AWS`."""
    data = cluster.secret(namespace, secret)
    assert data is not None
    auth = json.loads(data[".dockerconfigjson"])["auths"][host]["auth"]
    user, _, password = base64.b64decode(auth).decode().partition(":")
    assert user == "AWS"
    return password
