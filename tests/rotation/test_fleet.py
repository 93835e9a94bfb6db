"""Twenty stacks rotated at once, against one NVCF account that holds their credentials and has no room for another."""

import subprocess
import sys
from pathlib import Path

import httpx

from benchmarks.fleet import Fleet
from sandbox.environment import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from sandbox.parts import aws, nvcf
from sandbox.running import Sandbox
from tests.engine.emulators import Aws
from tests.engine.stacks import PROJECT

STACKS = 20


def test_twenty_stacks_at_once(tmp_path: Path) -> None:
    names = [f"s{number:02}" for number in range(STACKS)]
    with Sandbox(tmp_path / "sandbox", parts=[aws(1.0, images=False), nvcf()]) as sandbox:
        fleet = Fleet(tmp_path / "fleet", sandbox, names)
        fleet.propagation(1, 2)
        fleet.deploy()
        keys = Aws(sandbox.endpoints["aws"], (ACCESS_KEY_ID, SECRET_ACCESS_KEY))
        before = {name: set(keys.key_status(name)) for name in names}
        writes = fleet.writes()
        done = subprocess.run(
            [sys.executable, "-m", "ops", "--cwd", str(fleet.directory), "rotate", "--all", "--yes", "--jobs", "8"],
            cwd=PROJECT,
            env=fleet.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        iam, patches = (after - earlier for after, earlier in zip(fleet.writes(), writes, strict=True))
        # AWS refuses a key that it does not know yet, so there may be more calls than changes; never fewer.
        assert iam == STACKS
        account = httpx.get(
            f"{sandbox.endpoints['nvcf']}/v2/nvcf/registry-credentials",
            headers={"Authorization": f"Bearer {fleet.environment['NVCF_TOKEN']}"},
            trust_env=False,
        ).json()["registryCredentials"]
        assert len(account) == STACKS
        assert patches >= STACKS
        for name in names:
            now = keys.key_status(name)
            assert len(now) == 2
            assert before[name] < set(now), "the key before is there still"
            assert set(now.values()) == {"Active"}
