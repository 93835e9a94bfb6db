"""A small client for the sandbox's Kubernetes API server."""

import base64
import ssl
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import yaml
from typing_extensions import Self


class Cluster:
    """The API server of a kubeconfig with a token.

    Args:
        kubeconfig: path of the kubeconfig.
        token: another token than the kubeconfig's.
    """

    def __init__(self, kubeconfig: Path, token: str | None = None) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self.kubeconfig = kubeconfig
        self._http = httpx.Client(
            base_url=cluster["server"],
            headers={"Authorization": f"Bearer {token or config['users'][0]['user']['token']}"},
            verify=ssl.create_default_context(cadata=authority),
            trust_env=False,
            timeout=30,
        )

    def get(self, path: str) -> Any:
        """Return an object or list, or None when it does not exist."""
        answer = self._http.get(path)
        return None if answer.status_code == 404 else answer.raise_for_status().json()

    def post(self, path: str, body: object) -> Any:
        """Create something; raises httpx.HTTPStatusError when refused."""
        return self._http.post(path, json=body).raise_for_status().json()

    def patch(self, path: str, body: object) -> Any:
        """Merge-patch an object."""
        headers = {"Content-Type": "application/merge-patch+json"}
        return self._http.patch(path, json=body, headers=headers).raise_for_status().json()

    def delete(self, path: str) -> None:
        """Delete an object."""
        self._http.delete(path).raise_for_status()

    def secret(self, namespace: str, name: str) -> dict[str, str] | None:
        """Return a Secret's decoded data, or None when it does not exist."""
        found = self.get(f"/api/v1/namespaces/{namespace}/secrets/{name}")
        return found and {key: base64.b64decode(value).decode() for key, value in found.get("data", {}).items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()
