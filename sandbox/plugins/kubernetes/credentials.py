"""How a kubeconfig's user authenticates: token, token file, client certificate, password, or a command that is run.

The exec protocol is Kubernetes' "client-go credential plugins" (client.authentication.k8s.io).
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sandbox.plugins.kubernetes.kubeconfig import KubeconfigError, Target

TOKEN_FILE_LIFE = timedelta(minutes=1)
"""How long a token that was read from a file is used before it is read again, as client-go does."""

EXPIRY_MARGIN = timedelta(seconds=10)


@dataclass(frozen=True)
class Credential:
    """What one request is authenticated with.

    Args:
        header: value of the Authorization header, if any.
        certificate: client certificate, PEM, if any.
        key: its private key, PEM.
        expires: when to ask for another one; never when None.
    """

    header: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    expires: datetime | None = None

    def fresh(self, now: datetime) -> bool:
        """Whether it can still be used."""
        return self.expires is None or now < self.expires - EXPIRY_MARGIN


def _now() -> datetime:
    return datetime.now(timezone.utc)


class Authenticator:
    """Gives the credential of a kubeconfig's user, renewed when it has run out. Safe for several threads.

    Args:
        target: the cluster and user.
        environ: the environment for a command that is run.
        now: the time.
    """

    def __init__(
        self, target: Target, environ: Mapping[str, str] | None = None, now: Callable[[], datetime] = _now
    ) -> None:
        self._target = target
        self._environ = os.environ if environ is None else environ
        self._now = now
        self._lock = threading.Lock()
        self._current: Credential | None = None

    def credential(self) -> Credential:
        """The credential to use now.

        Raises:
            KubeconfigError: it cannot be had.
        """
        with self._lock:
            if self._current is None or not self._current.fresh(self._now()):
                self._current = self._obtain()
            return self._current

    def reject(self, credential: Credential) -> bool:
        """Take note that the server refused a credential.

        Returns:
            Whether another one may do better: only a command or a file can give another.
        """
        user = self._target.user
        if not (user.get("exec") or user.get("tokenFile")):
            return False
        with self._lock:
            if self._current is credential:
                self._current = None
        return True

    def _obtain(self) -> Credential:
        user = self._target.user
        certificate = _inline_or_file(user, "client-certificate")
        key = _inline_or_file(user, "client-key")
        if user.get("exec"):
            return self._run(user["exec"])
        if user.get("tokenFile"):
            token = _read(user["tokenFile"]).strip()
            return Credential(f"Bearer {token}", certificate, key, self._now() + TOKEN_FILE_LIFE)
        if user.get("token"):
            return Credential(f"Bearer {user['token']}", certificate, key)
        if user.get("username"):
            pair = f"{user['username']}:{user.get('password', '')}"
            return Credential("Basic " + base64.b64encode(pair.encode()).decode(), certificate, key)
        return Credential("", certificate, key)

    def _run(self, exec_: Mapping[str, Any]) -> Credential:
        command = [exec_["command"], *(exec_.get("args") or [])]
        environ = {**self._environ, **{item["name"]: item["value"] for item in exec_.get("env") or []}}
        environ["KUBERNETES_EXEC_INFO"] = json.dumps(self._exec_info(exec_))
        try:
            done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=True)
        except FileNotFoundError:
            hint = exec_.get("installHint") or "Install it, or correct the kubeconfig."
            raise KubeconfigError(f"the kubeconfig's command {command[0]!r} is not installed. {hint}") from None
        except subprocess.TimeoutExpired:
            raise KubeconfigError(f"the kubeconfig's command {command[0]!r} took more than 60 s") from None
        except subprocess.CalledProcessError as error:
            # Its standard output may hold a credential, its errors are for people.
            raise KubeconfigError(
                f"the kubeconfig's command {command[0]!r} failed with exit code {error.returncode}: "
                f"{error.stderr.strip()}"
            ) from None
        return _exec_credential(command[0], done.stdout)

    def _exec_info(self, exec_: Mapping[str, Any]) -> dict[str, Any]:
        spec: dict[str, Any] = {"interactive": False}
        if exec_.get("provideClusterInfo"):
            cluster = self._target.cluster
            spec["cluster"] = {"server": self._target.server}
            for ours, theirs in (
                ("certificate-authority-data", "certificate-authority-data"),
                ("insecure-skip-tls-verify", "insecure-skip-tls-verify"),
                ("tls-server-name", "tls-server-name"),
                ("proxy-url", "proxy-url"),
            ):
                if ours in cluster:
                    spec["cluster"][theirs] = cluster[ours]
        return {"apiVersion": exec_.get("apiVersion"), "kind": "ExecCredential", "spec": spec}


def private_file(contents: str) -> Path:
    """Put a client key or certificate where the TLS library can read it, for nobody but this user; remove it after."""
    descriptor, name = tempfile.mkstemp()
    with os.fdopen(descriptor, "w") as file:
        file.write(contents)
    return Path(name)


def _exec_credential(command: str, output: str) -> Credential:
    try:
        status = json.loads(output)["status"]
        expires = status.get("expirationTimestamp")
        return Credential(
            f"Bearer {status['token']}" if status.get("token") else "",
            status.get("clientCertificateData", ""),
            status.get("clientKeyData", ""),
            datetime.fromisoformat(expires.replace("Z", "+00:00")) if expires else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise KubeconfigError(f"the kubeconfig's command {command!r} printed no ExecCredential") from None


def _inline_or_file(user: Mapping[str, Any], name: str) -> str:
    if user.get(f"{name}-data"):
        try:
            return base64.b64decode(user[f"{name}-data"]).decode()
        except ValueError:
            raise KubeconfigError(f"the kubeconfig's {name}-data is not base64") from None
    return _read(user[name]) if user.get(name) else ""


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError as error:
        raise KubeconfigError(f"the kubeconfig names {path}, which cannot be read: {error.strerror}") from error
