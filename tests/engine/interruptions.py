"""Runs that are cut off at an exact point: a call of AWS's or NVCF's emulator stands still, and a process is killed."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
from typing_extensions import Self

from tests.engine.emulators import Aws
from tests.engine.stacks import EngineStack

#: In seconds; what is waited for is there after some.
PATIENCE = 120.0


class Emulator:
    """The hooks of an emulator.

    Args:
        endpoint: its base URL.
    """

    def __init__(self, endpoint: str) -> None:
        self._http = httpx.Client(base_url=f"{endpoint}/__sandbox/", trust_env=False, timeout=PATIENCE)

    def hold(self, when: str, **call: Any) -> None:
        """Make the next matching call stand still, `before` or `after` it has its effect."""
        self._http.post("faults", json={"when": when, **call}).raise_for_status()

    def held(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many calls stand still, and return them."""
        return list(until(lambda: self._http.get("held").json()["held"], lambda held: len(held) >= count))

    def release(self) -> None:
        """Let them go on."""
        self._http.delete("held").raise_for_status()

    def lose_secret(self, account: str, credential: str) -> None:
        """Lose what NVCF keeps of a credential besides its row."""
        self._http.delete(f"secrets/{account}/{credential}").raise_for_status()

    def cache_secrets(self, seconds: float) -> None:
        """Set for how long NVCF keeps a secret that it has read."""
        self._http.put("caches", json={"secrets": seconds}).raise_for_status()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Forget what is planned, and let everything go."""
        self._http.delete("faults")
        self._http.delete("held")
        self._http.close()


def until(look: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
    """Look until it is good, and return what was seen.

    Raises:
        AssertionError: it did not become good.
    """
    end = time.monotonic() + PATIENCE
    while not good(seen := look()):
        assert time.monotonic() < end, f"after {PATIENCE:.0f} s it is still {seen}"
        time.sleep(0.1)
    return seen


@contextmanager
def running(stack: EngineStack, *operation: str) -> Iterator["subprocess.Popen[str]"]:
    """Run an engine operation beside the test; it is gone after the block."""
    log = stack.directory / "beside.log"
    with log.open("w", encoding="utf-8") as output:
        engine = subprocess.Popen(
            ["pulumi", *operation, "--yes", "--skip-preview", "--stack", stack.name, "--non-interactive"],
            cwd=stack.directory,
            env=stack.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield engine
    finally:
        engine.kill()
        engine.wait()
        stack.transcript.append(log.read_text(encoding="utf-8"))


def plugin_of(engine: "subprocess.Popen[str]", name: str) -> int:
    """Return the process id of an engine's plugin that is at work."""
    tasks = Path(f"/proc/{engine.pid}/task").glob("*/children")
    children = [int(pid) for task in tasks for pid in task.read_text().split()]
    commands = {pid: Path(f"/proc/{pid}/cmdline").read_text() for pid in children}
    (found,) = [pid for pid, command in commands.items() if name in command]
    return found


def kill_group(pid: int) -> None:
    """Kill a plugin with all its processes: the engine puts each in a group of its own."""
    os.killpg(pid, signal.SIGKILL)


def forget(stack: EngineStack, is_meant: Callable[[dict[str, Any]], bool]) -> list[str]:
    """Leave a state in which an engine was killed while it made resources, though they exist; return their names.

    What depends on them is not in that state either.
    """
    file = stack._state_file
    state = json.loads(file.read_text(encoding="utf-8"))
    latest = state["checkpoint"]["latest"]
    begun, kept = [], []
    gone: set[str] = set()
    for each in latest["resources"]:
        parents = {each.get("parent"), each.get("deletedWith"), *(each.get("dependencies") or ())}
        if is_meant(each) or parents & gone:
            gone.add(each["urn"])
            begun += [] if parents & gone else [each]
        else:
            kept.append(each)
    latest["resources"] = kept
    unknown = ("id", "outputs", "created", "modified")
    latest.setdefault("pending_operations", []).extend(
        {"type": "creating", "resource": {key: value for key, value in each.items() if key not in unknown}}
        for each in begun
    )
    file.write_text(json.dumps(state), encoding="utf-8")
    return sorted(urn.rpartition("::")[2] for urn in gone)


def pending(stack: EngineStack) -> list[str]:
    """Return the operations of unknown end that the state notes."""
    operations = json.loads(stack.state_text())["checkpoint"]["latest"].get("pending_operations") or ()
    return sorted(f"{each['type']} {each['resource']['urn'].rpartition('::')[2]}" for each in operations)


def locks(stack: EngineStack) -> list[Path]:
    """Return the lock files of a stack."""
    backend = Path(stack.environment["PULUMI_BACKEND_URL"].removeprefix("file://"))
    return sorted((backend / ".pulumi" / "locks" / "organization" / "nvcf-registry" / stack.name).glob("*.json"))


def keys(aws: Aws, stack: EngineStack) -> list[str]:
    """Return the access keys of a stack's only user."""
    ((_, found),) = aws.users(stack.name).items()
    return found
