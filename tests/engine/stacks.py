"""A stack of the project's own program on the real engine, in a directory of its own."""

import json
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.engine.emulators import Account

PROJECT = Path(__file__).parents[2]
#: What the program consists of. Linked, not copied: the very files are run.
PROGRAM = (
    "Pulumi.yaml",
    "Pulumi.README.md",
    "__main__.py",
    "components",
    "nvcf",
    "policies",
    "settings",
    "stack",
    ".venv",
)
#: No operation takes this long, in seconds; one that hangs is to fail, not to stop the tests.
TIMEOUT = 300


@dataclass(frozen=True)
class Run:
    """One engine operation.

    Attributes:
        output: everything it printed, both streams.
        events: its engine events.
    """

    output: str
    events: tuple[Mapping[str, Any], ...]

    @property
    def changes(self) -> dict[str, int]:
        """How many resources it changed, by operation; those that stay the same are left out."""
        summaries = [event["summaryEvent"]["resourceChanges"] for event in self.events if "summaryEvent" in event]
        return {operation: count for operation, count in (summaries or [{}])[-1].items() if operation != "same"}

    @property
    def steps(self) -> dict[str, str]:
        """What it did to each resource, by logical name: create, update, delete or replace; the unchanged left out."""
        done: dict[str, set[str]] = defaultdict(set)
        for event in self.events:
            metadata = event.get("resOutputsEvent", event.get("resOpFailedEvent", {})).get("metadata")
            if metadata and metadata["op"] not in ("same", "read", "refresh"):
                done[metadata["urn"].rpartition("::")[2]].add(metadata["op"])
        return {name: "replace" if len(steps) > 1 else steps.pop() for name, steps in sorted(done.items())}

    @property
    def diagnostics(self) -> str:
        """What the engine, the program and the providers said, without the engine's own debugging."""
        said = [event["diagnosticEvent"] for event in self.events if "diagnosticEvent" in event]
        return "\n".join(each["message"] for each in said if each["severity"] != "debug")


class EngineError(Exception):
    """An engine operation that failed; the text is everything it printed.

    Attributes:
        run: what it did until then.
    """

    def __init__(self, run: Run) -> None:
        super().__init__(run.output)
        self.run = run


@dataclass
class EngineStack:
    """A stack with its configuration, its state and what its operations printed.

    Attributes:
        directory: where the program lies.
        name: the stack's name.
        environment: environment variables of the sandbox; a test may change them between operations.
        nvcf: the NVCF account that its token speaks for.
        program: files and directories of the project that are linked into the directory.
        files: texts of further files, by name.
        transcript: everything that any operation printed or reported, for secrets to be searched in.
    """

    directory: Path
    name: str
    environment: dict[str, str]
    nvcf: Account
    program: Iterable[str] = PROGRAM
    files: Mapping[str, str] = field(default_factory=dict)
    transcript: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.directory.mkdir()
        for name in self.program:
            (self.directory / name).symlink_to(PROJECT / name)
        for name, text in self.files.items():
            (self.directory / name).write_text(text, encoding="utf-8")
        self.pulumi("stack", "init", self.name)

    @property
    def _settings_file(self) -> Path:
        return self.directory / f"Pulumi.{self.name}.yaml"

    def configure(self, **config: Any) -> None:
        """Replace the configuration, keys without namespace; the salt of its secrets stays."""
        kept = yaml.safe_load(self._settings_file.read_text())
        values = {f"nvcf-registry:{key}": value for key, value in config.items()}
        kept["config"] = {"aws:region": "us-west-2", **values}
        self._settings_file.write_text(yaml.safe_dump(kept), encoding="utf-8")

    def set_secret(self, path: str, value: str) -> None:
        """Set a secret inside the configuration, given on standard input as a careful user does."""
        self.pulumi("config", "set", "--secret", "--path", f"nvcf-registry:{path}", stdin=value)

    def up(self, *options: str) -> Run:
        """Run `pulumi up`."""
        return self.run("up", "--yes", "--skip-preview", *options)

    def preview(self, *options: str) -> Run:
        """Run `pulumi preview`."""
        return self.run("preview", *options)

    def refresh(self, *options: str) -> Run:
        """Run `pulumi refresh`."""
        return self.run("refresh", "--yes", "--skip-preview", *options)

    def destroy(self, *options: str) -> Run:
        """Run `pulumi destroy`."""
        return self.run("destroy", "--yes", "--skip-preview", *options)

    def fails(self, *operation: str) -> Run:
        """Run an operation that is expected to fail, and return what it did and said.

        Raises:
            AssertionError: if it succeeds.
        """
        try:
            run = self.run(*(operation or ("up", "--yes", "--skip-preview")))
        except EngineError as error:
            return error.run
        raise AssertionError(f"`pulumi {' '.join(operation)}` did not fail:\n{run.output}")

    @property
    def _state_file(self) -> Path:
        backend = Path(self.environment["PULUMI_BACKEND_URL"].removeprefix("file://"))
        project: str = yaml.safe_load((self.directory / "Pulumi.yaml").read_text())["name"]
        return backend / ".pulumi" / "stacks" / project / f"{self.name}.json"

    def state_text(self) -> str:
        """Return the state file as it lies on disk, which is where secrets must not be readable."""
        return self._state_file.read_text(encoding="utf-8")

    def resources(self) -> list[dict[str, Any]]:
        """Return the resources in state, secrets encrypted."""
        return list(json.loads(self.state_text())["checkpoint"]["latest"].get("resources", []))

    def names(self) -> set[str]:
        """Return the logical names of the custom resources in state."""
        return {each["urn"].rpartition("::")[2] for each in self.resources() if each["custom"]}

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs."""
        (stack,) = [each for each in self.resources() if each["type"] == "pulumi:pulumi:Stack"]
        return dict(stack["outputs"])

    def registry(self, name: str = "functions") -> dict[str, Any]:
        """Return what the stack exports of one registry."""
        return dict(self.outputs()["registries"][name])

    def credentials(self) -> dict[str, str]:
        """Return every user name and password in state, in plain text."""
        found = {}
        exported = json.loads(self.pulumi("stack", "export", "--show-secrets"))
        for each in exported["deployment"].get("resources", []):
            outputs = each.get("outputs", {})
            if each["type"] == "aws:iam/accessKey:AccessKey":
                found[each["id"]] = _plaintext(outputs["secret"])
            elif each["type"].endswith(":RegistryCredential") and each["custom"]:
                found[_plaintext(outputs["username"])] = _plaintext(outputs["password"])
        return found

    def run(self, *operation: str) -> Run:
        """Run one engine operation.

        Raises:
            EngineError: if it fails.
        """
        log = self.directory / "events.jsonl"
        log.unlink(missing_ok=True)
        process = self._start(operation[0], "--event-log", str(log), *operation[1:])
        text = log.read_text(encoding="utf-8") if log.exists() else ""
        self.transcript += [process.stdout, process.stderr, text]
        run = Run(f"{process.stdout}\n{process.stderr}", tuple(json.loads(line) for line in text.splitlines()))
        if process.returncode != 0:
            raise EngineError(run)
        return run

    def pulumi(self, *arguments: str, stdin: str = "") -> str:
        """Run any other command of the engine and return what it printed."""
        process = self._start(*arguments, stdin=stdin)
        assert process.returncode == 0, process.stderr
        return process.stdout

    def _start(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        selected = () if arguments[:2] == ("stack", "init") else ("--stack", self.name)
        return subprocess.run(
            ["pulumi", *arguments, *selected, "--non-interactive", "--color", "never"],
            cwd=self.directory,
            # The event log is an option for those who debug the engine.
            env={**self.environment, "PULUMI_DEBUG_COMMANDS": "true"},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )


def _plaintext(value: Any) -> str:
    return str(json.loads(value["plaintext"]) if isinstance(value, dict) else value)
