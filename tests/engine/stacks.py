"""A stack of the project's own program on the real engine, in a directory of its own."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pulumi import automation

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


@dataclass(frozen=True)
class Run:
    """One engine operation that succeeded.

    Attributes:
        output: everything it printed, both streams.
        events: its engine events.
        changes: how many resources it changed, by operation; "same" left out.
    """

    output: str
    events: tuple[Mapping[str, Any], ...]
    changes: Mapping[str, int]


class EngineError(Exception):
    """An engine operation that failed; the text is everything it printed."""


@dataclass
class EngineStack:
    """A stack with its configuration, its state and what its operations printed.

    Attributes:
        directory: where the program lies.
        name: the stack's name.
        environment: environment variables of the sandbox.
        transcript: everything that any operation printed or reported, for secrets to be searched in.
    """

    directory: Path
    name: str
    environment: dict[str, str]
    transcript: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in PROGRAM:
            (self.directory / name).symlink_to(PROJECT / name)
        self.configure({})
        self.stack = automation.create_or_select_stack(
            self.name,
            work_dir=str(self.directory),
            opts=automation.LocalWorkspaceOptions(env_vars=self.environment),
        )

    @property
    def _settings_file(self) -> Path:
        return self.directory / f"Pulumi.{self.name}.yaml"

    def configure(self, config: Mapping[str, Any]) -> None:
        """Replace the configuration, keys without namespace; the salt of its secrets stays."""
        kept = yaml.safe_load(self._settings_file.read_text()) if self._settings_file.exists() else {}
        values = {f"nvcf-registry:{key}": value for key, value in config.items()}
        kept["config"] = {"aws:region": "us-west-2", **values}
        self._settings_file.write_text(yaml.safe_dump(kept), encoding="utf-8")

    def set_secret(self, path: str, value: str) -> None:
        """Set a secret inside the configuration, as `pulumi config set --secret --path` does."""
        self.stack.set_config(f"nvcf-registry:{path}", automation.ConfigValue(value, secret=True), path=True)

    def up(self, **options: Any) -> Run:
        """Run `pulumi up`."""
        return self._run(self.stack.up, **options)

    def preview(self, **options: Any) -> Run:
        """Run `pulumi preview`."""
        return self._run(self.stack.preview, **options)

    def refresh(self, **options: Any) -> Run:
        """Run `pulumi refresh`."""
        return self._run(self.stack.refresh, **options)

    def destroy(self, **options: Any) -> Run:
        """Run `pulumi destroy`."""
        return self._run(self.stack.destroy, **options)

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs."""
        return {name: output.value for name, output in self.stack.outputs().items()}

    def registry(self, name: str) -> dict[str, Any]:
        """Return what the stack exports of one registry."""
        return dict(self.outputs()["registries"][name])

    def state(self) -> dict[str, Any]:
        """Return the exported state, secrets encrypted."""
        return dict(self.stack.export_stack().deployment or {})

    def secret_values(self) -> list[str]:
        """Return the secret access keys and passwords in the state, in plain text, for them to be searched for."""
        shown = subprocess.run(
            ["pulumi", "stack", "export", "--show-secrets", "--stack", self.name],
            cwd=self.directory,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        resources = json.loads(shown.stdout)["deployment"]["resources"]
        found = [each.get("outputs", {}).get(key) for each in resources for key in ("secret", "password")]
        return sorted({json.loads(value["plaintext"]) for value in found if isinstance(value, dict)})

    def resources(self, type_suffix: str = "") -> list[dict[str, Any]]:
        """Return the resources in state whose type ends so."""
        return [each for each in self.state().get("resources", []) if each["type"].endswith(type_suffix)]

    def _run(self, operation: Any, **options: Any) -> Run:
        printed: list[str] = []
        events: list[Mapping[str, Any]] = []
        try:
            operation(on_output=printed.append, on_event=lambda event: events.append(event.__dict__), **options)
        except automation.CommandError as error:
            text = "\n".join([*printed, str(error)])
            self.transcript += [text, json.dumps(events, default=_plain)]
            raise EngineError(text) from None
        self.transcript += [*printed, json.dumps(events, default=_plain)]
        summaries = [event["summary_event"] for event in events if event.get("summary_event")]
        changes = {
            str(getattr(operation, "value", operation)): count
            for operation, count in (summaries[-1].resource_changes.items() if summaries else ())
            if getattr(operation, "value", operation) != "same"
        }
        return Run("\n".join(printed), tuple(events), changes)


def _plain(value: object) -> object:
    return getattr(value, "__dict__", str(value))
