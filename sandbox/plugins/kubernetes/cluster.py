"""A client of the Kubernetes API for objects of any kind."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

from sandbox.plugins.kubernetes.credentials import Authenticator, Credential, private_file
from sandbox.plugins.kubernetes.kubeconfig import KubeconfigError, Target

Object = dict[str, Any]
"""A Kubernetes object as JSON."""

CONNECTIONS = 32
"""Connections kept open; as many calls as the engine makes at once by default."""

REQUEST_TIMEOUT = urllib3.Timeout(connect=10.0, read=60.0)

JSON = "application/json"
APPLY = "application/apply-patch+yaml"
JSON_PATCH = "application/json-patch+json"


class ApiError(Exception):
    """The API server refused.

    Args:
        code: the HTTP status.
        message: the server's own words.
        reason: its machine-readable reason, such as `AlreadyExists`.
        details: what it is about: group, kind, name, causes.
    """

    def __init__(self, code: int, message: str, reason: str = "", details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.details = details or {}

    @property
    def is_missing_namespace(self) -> bool:
        """Whether an object could not be made because its namespace is not there."""
        return self.code == 404 and self.details.get("kind") == "namespaces"

    @property
    def is_immutable_field(self) -> bool:
        """Whether a field that cannot change was to change."""
        return self.code == 422 and "field is immutable" in str(self)


class NoSuchKindError(Exception):
    """The API server knows no such kind: the CustomResourceDefinition is missing, or the name is misspelt."""


class UnreachableError(Exception):
    """The API server does not answer."""


@dataclass(frozen=True)
class Kind:
    """Where the API keeps the objects of one kind."""

    base: str
    plural: str
    namespaced: bool

    def collection(self, namespace: str) -> str:
        """The path of all objects, in one namespace for a kind that has them."""
        return f"{self.base}/namespaces/{namespace}/{self.plural}" if self.namespaced else f"{self.base}/{self.plural}"

    def path(self, namespace: str, name: str) -> str:
        """The path of one object."""
        return f"{self.collection(namespace)}/{name}"


class Cluster:
    """One API server. Safe for several threads; connections are kept open.

    Args:
        target: where it is and as whom.
        warn: takes the warnings that the server sends, such as an unknown field.
        authenticator: gives credentials; the target's own by default.
    """

    def __init__(
        self,
        target: Target,
        warn: Callable[[str], None] = lambda _: None,
        authenticator: Authenticator | None = None,
    ) -> None:
        self.target = target
        self._warn = warn
        self._authenticator = authenticator or Authenticator(target)
        self._kinds_lock = threading.Lock()
        self._kinds: dict[str, dict[str, Kind]] = {}
        self._pools_lock = threading.Lock()
        self._pools: dict[str, urllib3.PoolManager] = {}

    def version(self) -> str:
        """The server's version; the cheapest way to see that it answers."""
        return str(self.request("GET", "/version")["gitVersion"])

    def kind(self, api_version: str, kind: str) -> Kind:
        """Look a kind up; each group and version is asked for once.

        Raises:
            NoSuchKindError: the server does not know it.
        """
        with self._kinds_lock:
            if kind not in self._kinds.get(api_version, {}):
                self._kinds[api_version] = self._discover(api_version)
            try:
                return self._kinds[api_version][kind]
            except KeyError:
                raise NoSuchKindError(f"the API server has no {api_version}/{kind}") from None

    def get(self, kind: Kind, namespace: str, name: str) -> Object:
        """Read one object."""
        return self.request("GET", kind.path(namespace, name))

    def create(self, kind: Kind, namespace: str, body: Object, manager: str, *, dry_run: bool) -> Object:
        """Create an object; one of that name must not exist."""
        return self.request("POST", kind.collection(namespace), body, query=_options(manager, dry_run=dry_run))

    def apply(
        self, kind: Kind, namespace: str, name: str, body: Object, manager: str, *, force: bool, dry_run: bool
    ) -> Object:
        """Create or change an object by server-side apply.

        The fields in `body` become `manager`'s. With `force` it takes those that another manager owns, rather than
        fail; with `dry_run` nothing changes, and the answer is what would be.
        """
        query = {**_options(manager, dry_run=dry_run), "force": "true" if force else "false"}
        return self.request("PATCH", kind.path(namespace, name), body, APPLY, query)

    def json_patch(self, kind: Kind, namespace: str, name: str, patch: list[Object]) -> Object:
        """Change an object by a JSON patch."""
        return self.request("PATCH", kind.path(namespace, name), patch, JSON_PATCH)

    def delete(self, kind: Kind, namespace: str, name: str, propagation: str) -> Object | None:
        """Ask for an object's deletion.

        Returns:
            The object when it is still there, because something has to be cleaned up first; None when it is
            gone.
        """
        answer = self.request("DELETE", kind.path(namespace, name), {"propagationPolicy": propagation})
        return None if answer.get("kind") == "Status" else answer

    def watch(self, kind: Kind, namespace: str, name: str, since: str, seconds: float) -> Iterator[tuple[str, Object]]:
        """Follow what happens to one object after the resource version `since`, for `seconds` at most.

        Yields:
            What happened (`ADDED`, `MODIFIED`, `DELETED`) and the object. Ends early when the server closes the stream.
        """
        query = {
            "watch": "true",
            "fieldSelector": f"metadata.name={name}",
            "resourceVersion": since,
            "timeoutSeconds": str(max(int(seconds), 1)),
        }
        response = self._send("GET", kind.collection(namespace), None, JSON, query, stream=True)
        try:
            for line in response:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return
                yield event["type"], event["object"]
        except (urllib3.exceptions.ProtocolError, urllib3.exceptions.ReadTimeoutError):
            return
        finally:
            response.close()

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        content_type: str = JSON,
        query: Mapping[str, str] | None = None,
    ) -> Object:
        """Make one call.

        Raises:
            ApiError: the server refused.
            UnreachableError: it did not answer.
        """
        response = self._send(method, path, body, content_type, query)
        document: Object = json.loads(response.data) if response.data else {}
        return document

    def _send(
        self,
        method: str,
        path: str,
        body: Any,
        content_type: str,
        query: Mapping[str, str] | None,
        *,
        stream: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        url = self.target.server + path + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body)
        credential = self._credential()
        response = self._once(method, url, data, content_type, credential, stream=stream)
        if response.status == 401 and self._authenticator.reject(credential):
            response.drain_conn()
            response = self._once(method, url, data, content_type, self._credential(), stream=stream)
        for warning in response.headers.getlist("Warning"):
            self._warn(_warning_text(warning))
        if response.status >= 400:
            raise _api_error(response)
        return response

    def _once(
        self, method: str, url: str, data: str | None, content_type: str, credential: Credential, *, stream: bool
    ) -> urllib3.BaseHTTPResponse:
        headers = {"Accept": JSON, "User-Agent": "pulumi-kubernetes-stand-in"}
        if credential.header:
            headers["Authorization"] = credential.header
        if data is not None:
            headers["Content-Type"] = content_type
        timeout = urllib3.Timeout(connect=10.0, read=None) if stream else REQUEST_TIMEOUT
        try:
            return self._pool(credential).request(
                method, url, body=data, headers=headers, timeout=timeout, retries=False, preload_content=not stream
            )
        except urllib3.exceptions.HTTPError as error:
            raise UnreachableError(f"{self.target.server} does not answer: {_cause(error)}") from error

    def _credential(self) -> Credential:
        try:
            return self._authenticator.credential()
        except KubeconfigError as error:
            raise UnreachableError(str(error)) from error

    def _pool(self, credential: Credential) -> urllib3.PoolManager:
        """The connections for a client certificate; nearly always there is but one, or none."""
        with self._pools_lock:
            if credential.certificate not in self._pools:
                context = tls_context(self.target.cluster, credential)
                self._pools[credential.certificate] = urllib3.PoolManager(
                    maxsize=CONNECTIONS,
                    ssl_context=context,
                    server_hostname=self.target.cluster.get("tls-server-name"),
                    assert_hostname=False if self.target.cluster.get("insecure-skip-tls-verify") else None,
                )
            return self._pools[credential.certificate]

    def _discover(self, api_version: str) -> dict[str, Kind]:
        base = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        try:
            resources = self.request("GET", base)["resources"]
        except ApiError as error:
            if error.code == 404:
                return {}
            raise
        return {
            resource["kind"]: Kind(base, resource["name"], resource["namespaced"])
            for resource in resources
            if "/" not in resource["name"]
        }


def tls_context(cluster: Mapping[str, Any], credential: Credential) -> ssl.SSLContext:
    """What a connection to a cluster trusts, and the certificate that it shows.

    Raises:
        UnreachableError: a certificate cannot be used.
    """
    try:
        authority = cluster.get("certificate-authority-data")
        context = ssl.create_default_context(
            cafile=None if authority else cluster.get("certificate-authority"),
            cadata=_decoded(authority) if authority else None,
        )
        if cluster.get("insecure-skip-tls-verify"):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if credential.certificate:
            _load_chain(context, credential)
    except (OSError, ValueError) as error:
        raise UnreachableError(f"a certificate of the kubeconfig cannot be used: {type(error).__name__}") from None
    return context


def _load_chain(context: ssl.SSLContext, credential: Credential) -> None:
    chain = private_file(credential.certificate + "\n" + credential.key)
    try:
        context.load_cert_chain(chain)
    finally:
        chain.unlink()


def _decoded(authority: str) -> str:
    return base64.b64decode(authority).decode()


def _options(manager: str, *, dry_run: bool) -> dict[str, str]:
    options = {"fieldManager": manager, "fieldValidation": "Warn"}
    return {**options, "dryRun": "All"} if dry_run else options


def _api_error(response: urllib3.BaseHTTPResponse) -> ApiError:
    try:
        status = json.loads(response.data)
    except ValueError:
        status = {}
    message = status.get("message") or f"HTTP {response.status}"
    return ApiError(response.status, message, status.get("reason", ""), status.get("details"))


def _warning_text(header: str) -> str:
    """The text of an RFC 7234 warning such as `299 - "unknown field"`."""
    return header.split(" ", 2)[-1].removeprefix('"').removesuffix('"').replace('\\"', '"')


def _cause(error: urllib3.exceptions.HTTPError) -> str:
    """What a person can use of an error, which names this process's objects."""
    text = str(getattr(error, "reason", None) or error)
    return text.rsplit(": ", 1)[-1] if "object at 0x" in text else text
