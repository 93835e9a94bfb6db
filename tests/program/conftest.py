"""Runs the program against Pulumi's mocks and records what it declares."""

import asyncio
import json
import runpy
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks, rpc, stack

PROGRAM = Path(__file__).parents[2] / "__main__.py"
ACCOUNT = "123456789012"
REGION = "us-west-2"


@dataclass
class Recorder(mocks.Mocks):
    """Answers for the engine, and remembers every resource that was registered."""

    resources: dict[str, mocks.MockResourceArgs] = field(default_factory=dict)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Record a resource and answer with its inputs and what AWS or NVCF would add."""
        args.inputs = _without_secret_marks(args.inputs)
        self.resources[f"{args.typ}::{args.name}"] = args
        computed = {
            "aws:iam/accessKey:AccessKey": {"secret": f"secret-of-{args.name}", "createDate": "2026-01-01T00:00:00Z"},
            "aws:iam/user:User": {"arn": f"arn:aws:iam::{ACCOUNT}:user/nvcf/{args.inputs.get('name')}"},
            "aws:iam/policy:Policy": {"arn": f"arn:aws:iam::{ACCOUNT}:policy/nvcf/{args.inputs.get('name')}"},
            "aws:iam/role:Role": {"arn": f"arn:aws:iam::{ACCOUNT}:role/nvcf/{args.inputs.get('name')}"},
            "aws:ecr/repository:Repository": {
                "repositoryUrl": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{args.inputs.get('name')}",
                "arn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{args.inputs.get('name')}",
            },
            "aws:ecrpublic/repository:Repository": {
                "repositoryUri": f"public.ecr.aws/a1b2c3d4/{args.inputs.get('repositoryName')}",
                "arn": f"arn:aws:ecr-public::{ACCOUNT}:repository/{args.inputs.get('repositoryName')}",
            },
            "pulumi-python:dynamic/nvcf:RegistryCredential": {
                "credentialId": f"id-of-{args.name}",
                "registryName": "AWS ECR Private Registry",
            },
        }
        return f"{args.name}-id", {**args.inputs, **computed.get(args.typ, {})}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Answer the invokes of the program."""
        answers: dict[str, dict[str, Any]] = {
            "aws:index/getCallerIdentity:getCallerIdentity": {
                "accountId": ACCOUNT,
                "arn": f"arn:aws:iam::{ACCOUNT}:user/deployer",
                "id": ACCOUNT,
                "userId": "x",
            },
            "aws:index/getRegion:getRegion": {"region": REGION, "id": REGION, "name": REGION},
            "aws:eks/getCluster:getCluster": {
                "arn": f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/c",
                "endpoint": "https://cluster.example.com",
                "certificateAuthorities": [{"data": "Q0E="}],
                "identities": [{"oidcs": [{"issuer": f"https://oidc.eks.{REGION}.amazonaws.com/id/ABC"}]}],
                "name": "c",
            },
        }
        if args.token == "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider":
            return {**args.args, "id": args.args["arn"]}, []
        return answers[args.token], []

    def of_type(self, token: str) -> dict[str, mocks.MockResourceArgs]:
        """Return the resources of one type by name."""
        return {key.split("::", 1)[1]: each for key, each in self.resources.items() if key.startswith(f"{token}::")}


def _without_secret_marks(value: Any) -> Any:
    """Return inputs as the provider gets them; what is secret is asserted on a real state, not here."""
    value = rpc.unwrap_rpc_secret(value)
    if isinstance(value, dict):
        return {key: _without_secret_marks(item) for key, item in value.items()}
    return [_without_secret_marks(item) for item in value] if isinstance(value, list) else value


@dataclass
class Outcome:
    """What one run of the program declared and exported."""

    recorder: Recorder
    exports: Mapping[str, Any]


RunProgram = Callable[..., Outcome]


@pytest.fixture
def run_program(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunProgram]:
    """Return a function that runs the program with a configuration; keyword arguments are configuration keys."""
    loops = [asyncio.new_event_loop()]
    loop = loops[0]
    asyncio.set_event_loop(loop)

    def thread_with_loop() -> None:
        # The mock monitor wants a loop in each worker thread, and would make and forget its own.
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    executor = ThreadPoolExecutor(max_workers=4, initializer=thread_with_loop)
    loop.set_default_executor(executor)
    monkeypatch.setenv("NVCF_ENDPOINT", "https://nvcf.example.com")
    monkeypatch.setenv("NVCF_TOKEN", "a-token")

    def run(*, preview: bool = False, **config: Any) -> Outcome:
        recorder = Recorder()
        mocks.set_mocks(recorder, project="nvcf-registry", stack="test", preview=preview)
        # As the engine does: text as it is, anything with a structure as JSON.
        values = {
            f"nvcf-registry:{key}": value if isinstance(value, str) else json.dumps(value)
            for key, value in config.items()
        }
        pulumi.runtime.set_all_config(values, list(values))
        monkeypatch.setenv("PULUMI_CONFIG", json.dumps(values))
        monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", json.dumps(list(values)))
        exported: dict[str, Any] = {}
        monkeypatch.setattr(pulumi, "export", exported.__setitem__)

        def program() -> None:
            runpy.run_path(str(PROGRAM), run_name="__main__")

        async def outputs() -> dict[str, Any]:
            await stack.run_pulumi_func(program)
            return dict(await pulumi.Output.from_input(exported).future() or {})

        outcome = Outcome(recorder, loop.run_until_complete(outputs()))
        assert recorder.resources, "the program declared nothing"
        return outcome

    yield run
    executor.shutdown()
    for each in loops:
        each.close()
    asyncio.set_event_loop(None)
