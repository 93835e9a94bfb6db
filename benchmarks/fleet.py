"""Stacks of the program side by side: one directory, one NVCF account that holds their credentials and not one more."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import yaml

from benchmarks.process_tree import run_measured
from benchmarks.stacks import PROGRAM_FILES, PROJECT
from sandbox.environment import nvcf_token
from sandbox.running import Sandbox

_ACCOUNT = "fleet"
_IAM_WRITES = ("CreateAccessKey", "DeleteAccessKey", "UpdateAccessKey")


class Fleet:
    """Stacks of the program in one directory, against one NVCF account.

    Args:
        root: where they lie.
        sandbox: what they run against.
        names: the stacks.
    """

    def __init__(self, root: Path, sandbox: Sandbox, names: Sequence[str]) -> None:
        self.directory = root
        self._sandbox = sandbox
        self._names = names
        self.environment = {**os.environ, **sandbox.env, "NVCF_TOKEN": nvcf_token(client=f"{_ACCOUNT}-client")}
        root.mkdir(parents=True)
        for name in (*PROGRAM_FILES, ".venv"):
            (root / name).symlink_to(PROJECT / name)
        account = {"name": "Fleet", "adminClientId": f"{_ACCOUNT}-client"}
        self._nvcf("POST", f"v2/nvcf/accounts/{_ACCOUNT}", account)
        # The account holds these credentials and not one more: a rotation must not need room.
        self._nvcf("PATCH", f"v2/nvcf/accounts/{_ACCOUNT}", {"maxRegistryCredentialsAllowed": len(names)})
        for name in names:
            self.pulumi("stack", "init", name)
            file = root / f"Pulumi.{name}.yaml"
            kept = yaml.safe_load(file.read_text(encoding="utf-8"))
            registry = {"name": f"{name}-functions", "kind": "ecr-private", "prefix": name, "repositories": ["echo"]}
            kept["config"] = {"nvcf-registry:registries": [registry], "aws:region": "us-west-2"}
            file.write_text(json.dumps(kept), encoding="utf-8")

    def deploy(self) -> None:
        """Deploy all stacks."""
        with ThreadPoolExecutor(max_workers=4) as pool:
            list(pool.map(lambda name: self.pulumi("up", "--yes", "--skip-preview", "--stack", name), self._names))

    def pulumi(self, *arguments: str) -> float:
        """Run a Pulumi command and return its seconds."""
        return run_measured(["pulumi", *arguments, "--non-interactive"], self.directory, self.environment).seconds

    def rotate(self, *options: str) -> float:
        """Run `ops rotate` and return its seconds."""
        command = [sys.executable, "-m", "ops", "--cwd", str(self.directory), "rotate", "--yes", "--unused-for", "0s"]
        return run_measured([*command, *options], PROJECT, self.environment).seconds

    def next_generation(self, name: str, generation: int) -> None:
        """Set the generation in a stack's file, as an editor does."""
        path = f"nvcf-registry:registries[0].keyGeneration={generation}"
        arguments = ["config", "set-all", "--path", "--plaintext", path, "--stack", name]
        subprocess.run(["pulumi", *arguments], cwd=self.directory, env=self.environment, check=True)

    def writes(self) -> tuple[int, int]:
        """Return how many writes IAM's keys and NVCF's credentials have had so far."""
        calls = self._hook("aws", "calls?action=iam:.*")["calls"]
        iam = sum(call["action"].partition(":")[2] in _IAM_WRITES or call["action"] in _IAM_WRITES for call in calls)
        calls = self._hook("nvcf", "calls")["calls"]
        nvcf = sum(call["method"] in ("POST", "PATCH") and "registry-credentials" in call["path"] for call in calls)
        return iam, nvcf

    def propagation(self, aws_seconds: float, nvcf_seconds: float) -> None:
        """Set how long a new key stays unknown to AWS, and a replaced one known to NVCF's caches, as configured."""
        url = f"{self._sandbox.endpoints['aws']}/__sandbox/propagation"
        httpx.put(url, json={"seconds": aws_seconds}, trust_env=False).raise_for_status()
        for name in self._names:
            file = self.directory / f"Pulumi.{name}.yaml"
            settings = yaml.safe_load(file.read_text(encoding="utf-8"))
            settings["config"]["nvcf-registry:nvcf"] = {"propagationSeconds": nvcf_seconds}
            file.write_text(json.dumps(settings), encoding="utf-8")

    def _hook(self, part: str, path: str) -> Mapping[str, list[Mapping[str, str]]]:
        answer = httpx.get(f"{self._sandbox.endpoints[part]}/__sandbox/{path}", trust_env=False)
        return dict(answer.raise_for_status().json())

    def _nvcf(self, method: str, path: str, body: Mapping[str, object]) -> None:
        headers = {"Authorization": f"Bearer {nvcf_token()}"}
        url = f"{self._sandbox.endpoints['nvcf']}/{path}"
        httpx.request(method, url, json=body, headers=headers, trust_env=False).raise_for_status()
