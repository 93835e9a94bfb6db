"""The stack that is struck: three registries, small enough that an operation takes a few seconds."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.engine.command_line import OpsRun, ops
from tests.engine.configurations import PASSWORD, private, public, static
from tests.engine.stacks import TIMEOUT, EngineStack
from tests.faults.operations import Keys, Operation, Position
from tests.faults.place import Place
from tests.faults.processes import MARKER

#: Names of the registries with keys of their own, and of all.
KEYED = ("functions", "samples")
REGISTRIES = (*KEYED, "ngc")
_PROPAGATION_SECONDS = 5


@dataclass(frozen=True)
class Attempt:
    """One run of the engine.

    Attributes:
        command: what was run.
        code: its exit code; negative for a signal.
        output: everything it printed.
        events: its event log, whose last line may be cut off.
    """

    command: str
    code: int
    output: str
    events: str

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.code == 0


class Running:
    """A run of the engine that goes on.

    Args:
        process: the engine.
        command: what it runs.
        output: the file it prints to.
        events: the file of its event log.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", command: str, output: Path, events: Path) -> None:
        self.process = process
        self._command = command
        self._output = output
        self._events = events

    @property
    def goes_on(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    def end(self) -> Attempt:
        """Wait for the end; one that hangs is killed and has failed."""
        hung = ""
        try:
            self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            hung = f"\nIt did not end within {TIMEOUT} s and was killed."
        events = self._events.read_text(encoding="utf-8", errors="replace") if self._events.exists() else ""
        output = self._output.read_text(encoding="utf-8", errors="replace") + hung
        return Attempt(self._command, self.process.returncode, output, events)


class Subject:
    """A stack and where it stands.

    Args:
        place: the sandbox it lives in.
        name: its name, which is its marker as well; no other stack on this machine has it.
    """

    def __init__(self, place: Place, name: str) -> None:
        self.place = place
        self.name = name
        self.position = Position.EMPTY
        self.keys = Keys()
        self.account = place.nvcf.account(name)
        environment = {**place.environment, "NVCF_TOKEN": self.account.token, MARKER: name}
        self.stack = EngineStack(place.directory / name, name, environment, self.account)
        #: The latest logins that NVCF has had, which may be readable nowhere.
        self.logins: list[tuple[str, str]] = []
        self._password: Mapping[str, str] = {}
        self._configure(Keys())
        self.stack.set_secret("registries[2].password", PASSWORD)
        settings = yaml.safe_load((self.stack.directory / f"Pulumi.{name}.yaml").read_text(encoding="utf-8"))
        # Encrypting it anew for each operation would take a second every time.
        self._password = settings["config"]["nvcf-registry:registries"][2]["password"]

    def begin(self, operation: Operation, environment: Mapping[str, str] | None = None) -> Running:
        """Start an operation; where it leads is noted by `done`."""
        self.keys = operation.change(self.keys)
        if operation is Operation.DESTROY:
            return self._begin(("destroy", "--yes", "--skip-preview"), environment)
        self._configure(self.keys)
        return self._begin(("up", "--yes", "--skip-preview"), environment)

    def again(self, operation: Operation) -> Attempt:
        """Run the engine once more, as somebody does to whom an operation has failed."""
        command = "destroy" if operation is Operation.DESTROY else "up"
        return self._begin((command, "--yes", "--skip-preview")).end()

    def done(self, operation: Operation) -> None:
        """Note that an operation has led to its end."""
        self.position = operation.end

    def preview(self) -> Attempt:
        """Run a preview, which fails when there is anything to do."""
        return self._begin(("preview", "--expect-no-changes", "--diff")).end()

    def recover(self) -> OpsRun:
        """Run `ops recover`."""
        return ops(self.stack, "recover", "--yes")

    def state(self) -> dict[str, Any]:
        """Return the deployment in state, secrets encrypted."""
        return dict(json.loads(self.stack.state_text())["checkpoint"]["latest"] or {})

    def _configure(self, keys: Keys) -> None:
        own: dict[str, Any] = {"keyGeneration": keys.generation, "previousKey": keys.previous}
        functions = private(self.name, KEYED[0], repositories=["echo"], **own)
        samples = public(self.name, KEYED[1], repositories=["echo"], **own)
        ngc = static(password=dict(self._password)) if self._password else static()
        self.stack.configure(nvcf={"propagationSeconds": _PROPAGATION_SECONDS}, registries=[functions, samples, ngc])

    def _begin(self, command: tuple[str, ...], environment: Mapping[str, str] | None = None) -> Running:
        output, events = self.stack.directory / "output.txt", self.stack.directory / "events.jsonl"
        events.unlink(missing_ok=True)
        arguments = ["pulumi", *command, "--event-log", str(events), "--stack", self.name]
        with output.open("wb") as file:
            process = subprocess.Popen(
                [*arguments, "--non-interactive", "--color", "never"],
                cwd=self.stack.directory,
                env={**self.stack.environment, "PULUMI_DEBUG_COMMANDS": "true", **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        return Running(process, " ".join(command), output, events)
