"""A stand-in for NVCF in memory, behind httpx's transport interface, written from the NVCF contract.

It knows just what the client and the provider meet: the checks of POST, PATCH and DELETE in their order, the error
texts as recorded, twins, SYSTEM credentials, functions in use, a stale list, and faults on demand.
"""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

TOKEN = "nvapi-TOKENMARKER-0123456789"
URN = "urn:nv-boot:problem-details:"
ECR = re.compile(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com")
REASONS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}

Answer = httpx.Response


def problem(status: int, detail: str, kind: str = "bad-request") -> httpx.Response:
    """Makes an error answer in NVCF's own form."""
    body = {"detail": detail, "status": status, "title": REASONS.get(status, "?"), "type": URN + kind}
    return httpx.Response(
        status, text=json.dumps(body), headers={"Content-Type": "application/problem+json", "Connection": "close"}
    )


def aws_error(kind: str, message: str = "The security token included in the request is invalid.") -> httpx.Response:
    """Makes the answer NVCF gives when AWS refuses a login: AWS's JSON as a text in a 400."""
    return problem(400, json.dumps({"__type": kind, "message": message}))


@dataclass
class Fault:
    """Something that goes wrong once.

    Attributes:
        method: The method it waits for.
        outcome: An answer, or an exception to raise.
        after_effect: Whether the call has its effect first.
    """

    method: str
    outcome: httpx.Response | Exception
    after_effect: bool = False


@dataclass
class FakeNvcf:
    """One NVCF account and its API.

    Attributes:
        account: The account's id.
        rows: The credentials, by id, as JSON; with their stored secret under `_secret`.
        login: Judges a registry login: takes hostname, username and password, returns an answer to refuse it with.
        functions: Function and version ids by the hostname they pull from.
        faults: What goes wrong next, in order, each once.
        calls: The calls made, as "METHOD path".
        stale_lists: How many lists still to answer from before the last write.
    """

    account: str = "acct-1"
    limit: int = 25
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    login: Callable[[str, str, str], httpx.Response | None] = lambda *_: None
    functions: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    stale_lists: int = 0
    token: str = TOKEN
    ticks: int = 0
    created: str = "2026-11-21T06:41:49.448074569Z"

    def transport(self) -> httpx.MockTransport:
        """Returns the transport to give to a client."""
        return httpx.MockTransport(self.handle)

    @property
    def writes(self) -> list[str]:
        """The calls that write."""
        return [call for call in self.calls if not call.startswith("GET")]

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answers one call."""
        self.calls.append(f"{request.method} {request.url.path}")
        self.bodies.append(request.content)
        self.requests.append(request)
        fault = next((f for f in self.faults if f.method == request.method), None)
        if fault:
            self.faults.remove(fault)
            if fault.after_effect:
                self._answer(request)
            if isinstance(fault.outcome, Exception):
                raise fault.outcome
            return fault.outcome
        return self._answer(request)

    def add(self, hostname: str, name: str, *types: str, **more: Any) -> dict[str, Any]:
        """Puts a credential there, as if somebody else had made it."""
        row = {
            "registryCredentialId": str(uuid.uuid4()),
            "ncaId": self.account,
            "registryCredentialName": name,
            "registryName": "AWS ECR Private Registry",
            "registryHostname": hostname,
            "artifactTypes": list(types or ("CONTAINER",)),
            "provisionedBy": "USER",
            "createdAt": self._now(),
            "_secret": "",
        } | more
        row["lastUpdatedAt"] = row["createdAt"]
        self.rows[row["registryCredentialId"]] = row
        return row

    def touch(self, credential_id: str, **changes: Any) -> None:
        """Changes a credential from outside."""
        self.rows[credential_id] |= changes | {"lastUpdatedAt": self._now()}

    def secret_of(self, credential_id: str) -> str:
        """Returns the stored secret, decoded."""
        return base64.b64decode(self.rows[credential_id]["_secret"]).decode()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return httpx.Response(401, headers={"WWW-Authenticate": 'Bearer resource_metadata="x"'})
        path = request.url.path.removeprefix("/v2/nvcf/").removeprefix(f"accounts/{self.account}/")
        if path.startswith("accounts/"):
            return problem(404, f"Account with ncaId '{path.split('/')[1]}' not found", "not-found")
        if path == "recognized-registries":
            return httpx.Response(200, json={"recognizedRegistries": {"MODEL": [{"name": "NGC", "hostname": "h"}]}})
        if path == "registry-credentials":
            return self._list() if request.method == "GET" else self._post(json.loads(request.content))
        return self._one(request, path.removeprefix("registry-credentials/"))

    def _list(self) -> httpx.Response:
        rows = list(self.rows.values())
        if self.stale_lists:
            self.stale_lists -= 1
            rows = []
        return httpx.Response(200, json={"registryCredentials": [self._shown(row) for row in rows]})

    def _one(self, request: httpx.Request, credential_id: str) -> httpx.Response:
        row = self.rows.get(credential_id)
        if row is None:
            where = f"Not found in account '{self.account}'"
            return problem(404, f"Registry Credential '{credential_id}': {where}", "not-found")
        if request.method == "GET":
            return httpx.Response(200, json={"registryCredential": self._shown(row)})
        if request.method == "DELETE":
            return self._delete(row)
        return self._patch(row, json.loads(request.content))

    def _post(self, body: dict[str, Any]) -> httpx.Response:
        host, secret = body["registryHostname"], body["secret"]
        refused = self._secret_refusal(secret["value"])
        if refused:
            return refused
        if not ECR.fullmatch(host) and host != "public.ecr.aws":
            return problem(400, f"Invalid request: CONTAINER registry with hostname {host} is not yet recognized")
        if len(self.rows) >= self.limit:
            return problem(
                400,
                f"Account '{self.account}': Cannot add registry credential - maximum allowed registry credentials "
                f"({self.limit}) exceeded. Current count: {len(self.rows)}",
            )
        if self._taken(host, secret["name"], None):
            return problem(
                409,
                f"Account '{self.account}': Registry credential '{secret['name']}' for hostname '{host}' already "
                "exists in the account - Registry credentials must have unique hostname and credential name within "
                "an account",
                "conflict",
            )
        refused = self.login(host, *base64.b64decode(secret["value"]).decode().split(":", 1))
        if refused:
            return refused
        extra = {key: body[key] for key in ("tags", "description") if key in body}
        row = self.add(host, secret["name"], *reversed(body["artifactTypes"]), _secret=secret["value"], **extra)
        return httpx.Response(200, json={"registryCredential": self._shown(row, nanoseconds=True)})

    def _patch(self, row: dict[str, Any], body: dict[str, Any]) -> httpx.Response:
        secret, added = body.get("secret"), body.get("artifactTypeEnums") or []
        if not secret and not added:
            return problem(400, "Invalid request: Either secret or artifact types must be specified")
        if secret:
            refused = self._secret_refusal(secret["value"])
            if refused:
                return refused
            host, own = row["registryHostname"], row["registryCredentialId"]
            if self._taken(host, secret["name"], own):
                return problem(
                    409,
                    f"Account '{self.account}': Registry credential '{own}' with name '{secret['name']}' for "
                    f"hostname '{host}' exists - Registry credentials must have unique hostname and credential name "
                    "within an account ",
                    "conflict",
                )
            refused = self.login(host, *base64.b64decode(secret["value"]).decode().split(":", 1))
            if refused:
                return refused
            row |= {"registryCredentialName": secret["name"], "_secret": secret["value"]}
        row["artifactTypes"] = [*row["artifactTypes"], *(t for t in added if t not in row["artifactTypes"])]
        row["lastUpdatedAt"] = self._now()
        return httpx.Response(200, json={"registryCredential": self._shown(row, nanoseconds=True)})

    def _delete(self, row: dict[str, Any]) -> httpx.Response:
        own = row["registryCredentialId"]
        if row["provisionedBy"] == "SYSTEM":
            return problem(400, "Invalid request: Cannot delete system provisioned registry credential")
        users = self.functions.get(row["registryHostname"], [])
        if users:
            sentences = ", ".join(
                f"Registry Credential '{own}': Cannot be deleted as it is in use by Function id '{f}', version '{v}' "
                "- Delete the function first to be able to delete the registry credential."
                for f, v in users
            )
            return problem(400, f"[{sentences}]")
        del self.rows[own]
        return httpx.Response(204)

    def _taken(self, host: str, name: str, own: str | None) -> bool:
        return any(
            (row["registryHostname"], row["registryCredentialName"]) == (host, name)
            and row["registryCredentialId"] != own
            for row in self.rows.values()
        )

    def _secret_refusal(self, value: str) -> httpx.Response | None:
        parts = base64.b64decode(value).decode().rstrip(":").split(":")
        if len(parts) == 2 and all(part.strip() for part in parts):
            return None
        return problem(
            400, "Invalid request: Registry credential secret must be base64 encoded username:password format"
        )

    def _shown(self, row: dict[str, Any], *, nanoseconds: bool = False) -> dict[str, Any]:
        shown = {key: value for key, value in row.items() if not key.startswith("_")}
        if not nanoseconds:
            for key in ("createdAt", "lastUpdatedAt"):
                shown[key] = f"{shown[key][:23]}Z"
        return shown

    def _now(self) -> str:
        self.ticks += 1
        return f"2026-11-21T06:{self.ticks // 60:02}:{self.ticks % 60:02}.448074569Z"
