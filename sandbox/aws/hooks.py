"""What a test can ask of the sandbox itself, under `/__sandbox/`. No AWS has this; docs/sandbox-aws.md lists it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl

from sandbox.aws.account import ACCOUNT_ID, GLOBAL_REGION, PUBLIC_REGISTRY_ALIAS
from sandbox.aws.authorization import decide, denial
from sandbox.aws.cloud import Cloud
from sandbox.aws.faults import Fault
from sandbox.aws.http_messages import HttpRequest, HttpResponse
from sandbox.aws.identities import Principal, find_access_key, find_principal
from sandbox.aws.resources import Permission
from sandbox.aws.tokens import InvalidTokenError

PREFIX = "/__sandbox/"
LABEL = "stand-in for AWS: moto with authentication, authorisation and ECR Public; for development and tests only"

Hook = Callable[[Mapping[str, Any]], Any]


class Hooks:
    """The hooks of one cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._hooks: dict[tuple[str, str], Hook] = {
            ("GET", "health"): self._health,
            ("GET", "calls"): self._calls,
            ("DELETE", "calls"): self._forget_calls,
            ("GET", "faults"): self._list_faults,
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "held"): self._held,
            ("DELETE", "held"): self._release,
            ("GET", "propagation"): self._propagation,
            ("PUT", "propagation"): self._set_propagation,
            ("POST", "decisions"): self._decide,
            ("POST", "tokens"): self._read_token,
            ("PUT", "identity-provider-keys"): self._register_keys,
            ("POST", "reset"): self._reset,
        }

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Answers one call of a hook.

        Args:
            request: The call; parameters are a JSON object, or the query of a GET.
        """
        name = request.raw_path.removeprefix(PREFIX).strip("/")
        hook = self._hooks.get((request.method, name))
        if hook is None:
            known = ", ".join(f"{method} {PREFIX}{path}" for method, path in self._hooks)
            return HttpResponse.of_json({"error": f"no such hook; there are {known}"}, 404)
        try:
            params = json.loads(request.body) if request.body else dict(parse_qsl(request.raw_query))
            return HttpResponse.of_json(hook(params))
        except KeyError as error:
            return HttpResponse.of_json({"error": f"parameter {error} is missing"}, 400)
        except (ValueError, TypeError, re.error) as error:
            return HttpResponse.of_json({"error": str(error)}, 400)

    def _health(self, _: Mapping[str, Any]) -> Any:
        return {
            "sandbox": LABEL,
            "account": ACCOUNT_ID,
            "publicRegistryAlias": PUBLIC_REGISTRY_ALIAS,
            "propagationSeconds": self._cloud.propagation.seconds,
        }

    def _calls(self, params: Mapping[str, Any]) -> Any:
        calls = self._cloud.calls.since(int(params.get("since", 0)))
        pattern = re.compile(params.get("action", ".*"), re.IGNORECASE)
        return {"calls": [asdict(call) for call in calls if pattern.fullmatch(call.action)]}

    def _forget_calls(self, _: Mapping[str, Any]) -> Any:
        self._cloud.calls.clear()
        return {}

    def _list_faults(self, _: Mapping[str, Any]) -> Any:
        return {"faults": [asdict(fault) for fault in self._cloud.faults.waiting()]}

    def _add_fault(self, params: Mapping[str, Any]) -> Any:
        fault = Fault(**params)
        self._cloud.faults.add(fault)
        return asdict(fault)

    def _clear_faults(self, _: Mapping[str, Any]) -> Any:
        self._cloud.faults.clear()
        return {}

    def _held(self, params: Mapping[str, Any]) -> Any:
        return {"held": [asdict(call) for call in self._cloud.holds.held(float(params.get("wait", 0)))]}

    def _release(self, _: Mapping[str, Any]) -> Any:
        return {"released": self._cloud.holds.release()}

    def _propagation(self, _: Mapping[str, Any]) -> Any:
        return {"seconds": self._cloud.propagation.seconds}

    def _set_propagation(self, params: Mapping[str, Any]) -> Any:
        seconds = float(params["seconds"])
        if seconds < 0:
            raise ValueError(f"seconds must not be negative, got {seconds}")
        self._cloud.propagation.seconds = seconds
        return {"seconds": seconds}

    def _decide(self, params: Mapping[str, Any]) -> Any:
        with self._cloud.lock:
            principal = self._find(params)
            context = {
                key.lower(): (value,) if isinstance(value, str) else tuple(value)
                for key, value in params.get("context", {}).items()
            }
            permission = Permission(params["action"], params["resource"], context)
            region = params.get("region") or _region_of(permission.resource)
            decision = decide(principal, permission, region, self._cloud.clock())
        message = "" if decision.allowed else denial(principal, permission, decision)
        return {"allowed": decision.allowed, "message": message}

    def _find(self, params: Mapping[str, Any]) -> Principal:
        if "keyId" in params:
            credential = find_access_key(params["keyId"]) or self._cloud.sessions.find(params["keyId"])
            principal = credential.principal if credential is not None else None
        else:
            principal = find_principal(params["principal"])
        if principal is None:
            raise ValueError("there is no such identity; give the ARN of a user or role, or an access key id")
        return principal

    def _read_token(self, params: Mapping[str, Any]) -> Any:
        try:
            return asdict(self._cloud.tokens.verify(params["password"], self._cloud.clock()))
        except InvalidTokenError as error:
            raise ValueError(str(error)) from None

    def _register_keys(self, params: Mapping[str, Any]) -> Any:
        self._cloud.identity_provider_keys.register(params["issuer"], params["keySet"])
        return {}

    def _reset(self, _: Mapping[str, Any]) -> Any:
        self._cloud.reset()
        return {}


def _region_of(resource: str) -> str:
    parts = resource.split(":")
    return parts[3] if len(parts) > 5 and parts[3] else GLOBAL_REGION
