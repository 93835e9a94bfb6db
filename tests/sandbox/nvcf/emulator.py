"""The emulator in a test's own process, called as if over HTTP, with a clock the test turns."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterable
from typing import Any

import httpx

from sandbox.nvcf import tokens
from sandbox.nvcf.app import create_app
from sandbox.nvcf.clock import Clock
from sandbox.nvcf.config import ServerConfig, from_json

ECR = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
CUSTOM = "registry.custom.example.com"
ACCOUNT = "nvcf-default"
CLIENT = "ncp"
PATH = "/v2/nvcf/registry-credentials"
ALL_SCOPES = (
    "manage_registry_credentials",
    "register_function",
    "list_functions",
    "delete_function",
    "deploy_function",
)
ADMIN_SCOPES = ("account_setup", "admin:manage_registry_credentials")

CONFIG: ServerConfig = from_json(
    {"recognized": {"CONTAINER": {"custom-1": {"name": "Example Custom Registry", "hostname": CUSTOM}}}}
)


def encoded(pair: str) -> str:
    return base64.b64encode(pair.encode()).decode()


def bearer(*scopes: str, subject: str = CLIENT, api_key: bool = False) -> str:
    return f"Bearer {tokens.issue(subject, list(scopes), api_key=api_key)}"


USER = bearer(*ALL_SCOPES)
ADMIN = bearer(*ADMIN_SCOPES, subject="super-admin")


def body(name: str = "cred", pair: str = "u:p", host: str = CUSTOM, types: Iterable[str] = ("CONTAINER",)) -> Any:
    return {
        "registryHostname": host,
        "secret": {"name": name, "value": encoded(pair)},
        "artifactTypes": list(types),
    }


class Emulator:
    """A server and a client for it on one private event loop."""

    def __init__(self, config: ServerConfig = CONFIG, **options: Any) -> None:
        self.seconds = 1_000.0
        self.app = create_app(config, clock=Clock(monotonic=lambda: self.seconds), **options)
        self.loop = asyncio.new_event_loop()
        transport = httpx.ASGITransport(self.app, client=("127.0.0.1", 50000))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:18080")

    def close(self) -> None:
        self.loop.run_until_complete(self.client.aclose())
        self.loop.close()

    def request(
        self, method: str, path: str = PATH, json: Any = None, token: str | None = USER, **options: Any
    ) -> httpx.Response:
        return self.loop.run_until_complete(self.send(method, path, json, token, **options))

    async def send(
        self, method: str, path: str, json: Any, token: str | None, headers: Any = None, **options: Any
    ) -> httpx.Response:
        sent = {} if token is None else {"Authorization": token}
        return await self.client.request(method, path, json=json, headers={**sent, **(headers or {})}, **options)

    def at_once(self, *calls: tuple[Any, ...]) -> list[httpx.Response]:
        """Several requests at the same time, in the order given; each is (method, path, json, token)."""

        async def gather() -> list[httpx.Response]:
            return list(await asyncio.gather(*(self.send(*c) for c in calls)))

        return self.loop.run_until_complete(gather())

    def post(self, **fields: Any) -> httpx.Response:
        """Registers a credential."""
        return self.request("POST", json=body(**fields))

    def made(self, **fields: Any) -> dict[str, Any]:
        """Registers a credential that must be accepted."""
        response = self.post(**fields)
        assert response.status_code == 200, response.text
        return dict(response.json()["registryCredential"])

    def detail(self, response: httpx.Response) -> str:
        return str(response.json()["detail"])

    def hook(self, method: str, path: str, json: Any = None) -> Any:
        response = self.request(method, f"/__sandbox{path}", json=json, token=None)
        assert response.status_code == 200, response.text
        return response.json()
