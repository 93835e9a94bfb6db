"""A sandbox of one worker, AWS and NVCF alone, and its hooks: what was called, what shall fail, what stands still."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
from typing_extensions import Self

from sandbox.options import Options
from sandbox.parts import aws, nvcf
from sandbox.running import Sandbox
from tests.engine.emulators import Account, Aws, Nvcf
from tests.faults.calls import Call, Service, aws_fault, nvcf_fault, recorded
from tests.faults.cases import Case, fault_of

_HOOK_SECONDS = 90.0


class Place:
    """Where the stacks of one worker live. Everything in it belongs to the worker's own thread.

    Args:
        directory: for the sandbox's data and the stacks.
    """

    aws: Aws
    nvcf: Nvcf
    environment: dict[str, str]

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._open = ExitStack()
        self._hooks: dict[Service, httpx.Client] = {}

    def __enter__(self) -> Self:
        self.directory.mkdir(parents=True)
        options = Options(kube="mine", kubeconfig="/dev/null")
        parts = (aws(0.0, images=False), nvcf())
        sandbox = self._open.enter_context(Sandbox(self.directory / "sandbox", options, parts=parts))
        self.environment = sandbox.env
        key = self.environment["AWS_ACCESS_KEY_ID"], self.environment["AWS_SECRET_ACCESS_KEY"]
        self.aws = Aws(self.environment["AWS_ENDPOINT_URL"], key)
        self.nvcf = self._open.enter_context(Nvcf(self.environment["NVCF_ENDPOINT"]))
        endpoints: dict[Service, str] = {"aws": self.aws.endpoint, "nvcf": self.environment["NVCF_ENDPOINT"]}
        for service, endpoint in endpoints.items():
            client = httpx.Client(base_url=f"{endpoint}/__sandbox/", trust_env=False, timeout=_HOOK_SECONDS)
            self._hooks[service] = self._open.enter_context(client)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def begin_recording(self) -> None:
        """Forget what has been called so far."""
        self._hook("aws", "DELETE", "calls")
        self._hook("nvcf", "DELETE", "calls")

    def log(self) -> dict[Service, list[Any]]:
        """Return what has been called since, as the emulators tell it."""
        return {service: list(self._hook(service, "GET", "calls")["calls"]) for service in self._hooks}

    def recording(self, stack: str, credentials: Mapping[str, str]) -> list[Call]:
        """Return what has been called since; `credentials` are the stack's names by id."""
        log = self.log()
        return recorded(log["aws"], log["nvcf"], stack, credentials)

    def arm(self, case: Case, stack: str, account: Account) -> None:
        """Make a case's call of a stack fail as the case says, once."""
        credentials = names_by_id(account)
        call = case.call
        meant = aws_fault(call, stack) if call.service == "aws" else nvcf_fault(call, credentials)
        self._hook(call.service, "POST", "faults", {**meant, **fault_of(case.blow, call), "when": case.when})

    def struck(self) -> bool:
        """Whether every fault that was planned has struck."""
        return not any(self._hook(service, "GET", "faults")["faults"] for service in self._hooks)

    def held(self, service: Service, seconds: float) -> bool:
        """Whether a call stands still within so many seconds."""
        return bool(self._hook(service, "GET", f"held?wait={seconds}")["held"])

    def calm(self) -> None:
        """Forget planned faults, and let what stands still go on."""
        for service in self._hooks:
            self._hook(service, "DELETE", "faults")
            self._hook(service, "DELETE", "held")

    def _hook(self, service: Service, method: str, name: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        answer = self._hooks[service].request(method, name, json=body)
        return dict(answer.raise_for_status().json())


def names_by_id(account: Account) -> dict[str, str]:
    """Return the names of an account's credentials by their ids."""
    return {each["registryCredentialId"]: each["registryCredentialName"] for each in account.credentials()}
