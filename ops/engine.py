"""The Pulumi engine on this very program, through Pulumi's Automation API.

Three things differ from the Automation API as it comes. The user's own selected stack stays selected, as every command
names its stack. Nothing asks for outputs and history after each operation, two more engine commands of which one
decrypts the configuration. And state is imported through a pipe: the API would write it to a temporary file.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from pulumi.automation import (
    CommandError,
    ConcurrentUpdateError,
    LocalWorkspace,
    OutputMap,
    PulumiCommand,
    Stack,
    StackNotFoundError,
    UpdateSummary,
)
from pulumi.automation._stack import StackInitMode  # not exported, yet an argument of the constructor
from pulumi.automation.events import EngineEvent

from ops.deployed import logical_name
from ops.errors import OpsError

StepListener = Callable[[str, str], None]
"""Told of each step of an operation as it begins: what is done (create, update, delete…), and to which resource."""

_SETTLED = ("same", "read", "refresh")


class EngineError(OpsError):
    """An engine operation failed; the text is what the engine, the program and the providers said."""


class StackLockedError(OpsError):
    """Another run holds the stack's lock.

    Attributes:
        said: the engine's own words, which may name the run.
    """

    said = ""


@dataclass
class Changes:
    """What an operation did.

    Attributes:
        steps: what was done to each resource, by logical name; the unchanged left out.
        failed: logical names of resources whose step failed.
        errors: what was reported as an error.
        warnings: what was reported as a warning.
    """

    steps: dict[str, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class EngineStack:
    """One stack of the program.

    Args:
        name: the stack's name.
        directory: where `Pulumi.yaml` is.
        command: Pulumi's command line, found once.
        environ: variables to set for the engine besides the process's own.
    """

    def __init__(
        self, name: str, directory: Path, command: PulumiCommand, environ: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self._directory = directory
        self._command = command
        self._environ = dict(environ or {})
        workspace = _Workspace(str(directory), env_vars=self._environ, pulumi_command=command)
        self._stack = _Stack(name, workspace, StackInitMode.SELECT)

    def config(self) -> Mapping[str, Any]:
        """Return the configuration as the stack's file has it, secrets encrypted; empty without a file."""
        path = self._directory / f"Pulumi.{self.name.rpartition('/')[2]}.yaml"
        try:
            read = yaml.safe_load(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, yaml.YAMLError) as error:
            raise OpsError(f"{path} cannot be read: {error}.", "Mend the file and run again.") from None
        return dict((read or {}).get("config") or {})

    def config_value(self, key: str) -> str | None:
        """Return one configuration value in plain text, decrypted; None when it is not set."""
        if key not in self.config():
            return None
        return self._run("config", "get", key).rstrip("\n")

    def set_config(self, values: Mapping[str, str]) -> None:
        """Set configuration values by path, all in one go; none may be a secret, since it is an argument."""
        pairs = [word for key, value in values.items() for word in ("--plaintext", f"{key}={value}")]
        self._run("config", "set-all", "--path", *pairs)

    def export(self, *, secrets: bool = False) -> dict[str, Any]:
        """Return the stack's state.

        Args:
            secrets: whether secrets are decrypted; such an export must never be written anywhere.
        """
        return dict(json.loads(self._run("stack", "export", *(["--show-secrets"] if secrets else []))))

    def import_state(self, export: Mapping[str, Any]) -> None:
        """Replace the stack's state.

        Args:
            export: an export whose secrets are still encrypted, changed as wanted.
        """
        done = subprocess.run(  # noqa: S603 - the arguments are ours
            [self._command.command, "stack", "import", "--non-interactive", "--stack", self.name],
            cwd=self._directory,
            env={**os.environ, **self._environ},
            input=json.dumps(export),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise self._failure("pulumi stack import", done.stderr, Changes())

    def history(self, entries: int = 5) -> list[Mapping[str, Any]]:
        """Return the newest updates: `kind`, `result`, `startTime`, `endTime`; secrets encrypted."""
        text = self._run("stack", "history", "--json", "--page-size", str(entries), "--page", "1")
        return list(json.loads(text or "[]"))

    def cancel(self) -> None:
        """Release the stack's lock, whoever holds it: the caller has made sure that nobody does."""
        self._run("cancel", "--yes")

    def up(self, on_step: StepListener | None = None) -> Changes:
        """Run `pulumi up` without a preview.

        Raises:
            EngineError: it failed.
            StackLockedError: another run is at work.
        """
        return self._operation("pulumi up", lambda listen: self._stack.up(on_event=listen), on_step)

    def destroy(self, on_step: StepListener | None = None) -> Changes:
        """Run `pulumi destroy`; raises as `up`."""
        return self._operation("pulumi destroy", lambda listen: self._stack.destroy(on_event=listen), on_step)

    def preview(self, on_event: Callable[[EngineEvent], None] | None = None) -> Changes:
        """Run `pulumi preview`; raises as `up`.

        Args:
            on_event: told of each event; in what they tell of resources, secrets are blanked.
        """

        def operate(listen: Callable[[EngineEvent], None]) -> object:
            def both(event: EngineEvent) -> None:
                listen(event)
                if on_event is not None:
                    on_event(event)

            return self._stack.preview(on_event=both)

        return self._operation("pulumi preview", operate, None)

    def import_resources(self, resources: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> None:
        """Run `pulumi import`: take resources that exist into state; raises as `up`.

        Args:
            resources: as the import file's `resources`; never with a secret, since they go through a file.
            names: URNs of resources in state that they refer to, by the names they use.
        """
        self._operation(
            "pulumi import",
            lambda _: self._stack.import_resources(
                resources=list(resources),  # type: ignore[arg-type] # the SDK's type lacks what a component needs
                name_table=dict(names),
                protect=False,
                generate_code=False,
            ),
            None,
        )

    def refresh(
        self, targets: Sequence[str] = (), on_step: StepListener | None = None, *, clear_pending_creates: bool = True
    ) -> Changes:
        """Run `pulumi refresh`; raises as `up`.

        Args:
            targets: URNs of the resources to read; all of them when empty.
            on_step: told of each step.
            clear_pending_creates: whether creations of unknown end are forgotten; the others always are.
        """
        return self._operation(
            "pulumi refresh",
            lambda listen: self._stack.refresh(
                target=list(targets) or None, on_event=listen, clear_pending_creates=clear_pending_creates
            ),
            on_step,
        )

    def run(self, *arguments: str) -> str:
        """Run any other Pulumi command on this stack and return what it printed."""
        return self._run(*arguments)

    def _run(self, *arguments: str) -> str:
        args = [*arguments, "--stack", self.name]
        try:
            return self._command.run(args, str(self._directory), self._environ).stdout
        except CommandError as error:
            raise self._error(f"pulumi {' '.join(arguments[:2])}", error, Changes()) from None

    def _operation(
        self, what: str, operate: Callable[[Callable[[EngineEvent], None]], object], on_step: StepListener | None
    ) -> Changes:
        changes = Changes()
        listen = _Listener(changes, on_step)
        try:
            operate(listen)
        except CommandError as error:
            raise self._error(what, error, changes) from None
        return changes

    def _error(self, what: str, error: CommandError, changes: Changes) -> OpsError:
        if isinstance(error, StackNotFoundError):
            return OpsError(
                f"There is no stack '{self.name}' in this backend.",
                "`pulumi stack ls` shows those there are; `pulumi login` changes the backend.",
            )
        if isinstance(error, ConcurrentUpdateError):
            locked = StackLockedError(
                f"Another run holds the lock of the stack '{self.name}'.",
                "Wait for it to end. If its process was killed, `python -m ops recover` releases the lock safely.",
            )
            locked.said = str(error).partition("stderr:")[2]
            return locked
        return self._failure(what, str(error).partition("stderr:")[2], changes)

    def _failure(self, what: str, stderr: str, changes: Changes) -> EngineError:
        said = "\n".join(changes.errors).strip() or stderr.strip() or "the engine gave no reason"
        return EngineError(f"`{what}` on the stack '{self.name}' failed: {said}", "Mend what it names and run again.")


class Engine:
    """Pulumi's command line and the program's directory.

    Args:
        directory: where `Pulumi.yaml` is.
        environ: variables to set for the engine besides the process's own.

    Raises:
        OpsError: there is no `pulumi` on PATH, no program in the directory, or the two do not fit.
    """

    def __init__(self, directory: Path, environ: Mapping[str, str] | None = None) -> None:
        if not (directory / "Pulumi.yaml").is_file():
            raise OpsError(
                f"There is no Pulumi.yaml in {directory}.", "Run in the project's directory, or name it with --cwd."
            )
        # Without one on PATH, the one that `make up` built is as good.
        root = directory / ".toolchain"
        built = shutil.which("pulumi") is None and (root / "bin" / "pulumi").is_file()
        try:
            self._command = PulumiCommand(root=str(root)) if built else PulumiCommand()
        except (OSError, subprocess.SubprocessError) as error:
            raise OpsError(
                f"`pulumi` cannot be run: {error}.",
                "Install it, or build it with `python3 -m toolchain install`.",
            ) from None
        self._directory = directory
        self._environ = environ

    @property
    def project(self) -> str:
        """The project's name."""
        read = yaml.safe_load((self._directory / "Pulumi.yaml").read_text(encoding="utf-8"))
        return str(read["name"])

    @property
    def directory(self) -> Path:
        """Where the program is."""
        return self._directory

    @cached_property
    def backend(self) -> str:
        """The address of the backend in use, such as `file:///srv/pulumi`."""
        return str(json.loads(self._list("whoami", "--json"))["url"])

    def is_updating(self, name: str) -> bool:
        """Tell whether the backend says that a stack is being updated; those that are but a store never do."""
        listed = json.loads(self._list("stack", "ls", "--json"))
        return any(each.get("updateInProgress") for each in listed if each["name"] == name)

    def stack(self, name: str) -> EngineStack:
        """Return a stack; whether it exists shows with its first command."""
        return EngineStack(name, self._directory, self._command, self._environ)

    def stacks(self, project: str | None = None) -> list[str]:
        """Return the names of all stacks of a project in the backend, qualified when it is not this one.

        Args:
            project: the project; default this one.
        """
        listed = self._list("stack", "ls", "--json", *(["--project", project] if project else []))
        return sorted(str(each["name"]) for each in json.loads(listed))

    def selected(self) -> str:
        """Return the selected stack.

        Raises:
            OpsError: none is selected.
        """
        for each in json.loads(self._list("stack", "ls", "--json")):
            if each.get("current"):
                return str(each["name"])
        raise OpsError("No stack is selected.", "Name one with --stack, or run `pulumi stack select`.")

    def _list(self, *arguments: str) -> str:
        try:
            return self._command.run(list(arguments), str(self._directory), dict(self._environ or {})).stdout
        except CommandError as error:
            said = str(error).partition("stderr:")[2].strip()
            raise EngineError(f"`pulumi {' '.join(arguments)}` failed: {said}", "Mend what it names.") from None


class _Listener:
    """Collects the events of an operation; called from the Automation API's thread."""

    def __init__(self, changes: Changes, on_step: StepListener | None) -> None:
        self._changes = changes
        self._on_step = on_step
        self._lock = threading.Lock()

    def __call__(self, event: EngineEvent) -> None:
        with self._lock:
            if event.resource_pre_event is not None:
                self._begin(event.resource_pre_event.metadata)
            elif event.res_outputs_event is not None:
                self._end(event.res_outputs_event.metadata)
            elif event.res_op_failed_event is not None:
                self._changes.failed.append(logical_name(event.res_op_failed_event.metadata.urn))
            elif event.diagnostic_event is not None:
                self._say(event.diagnostic_event.severity, event.diagnostic_event.message)

    def _begin(self, metadata: Any) -> None:
        if self._on_step is not None and metadata.op not in _SETTLED:
            self._on_step(str(metadata.op.value), logical_name(metadata.urn))

    def _end(self, metadata: Any) -> None:
        if metadata.op not in _SETTLED:
            name, step = logical_name(metadata.urn), str(metadata.op.value)
            self._changes.steps[name] = "replace" if name in self._changes.steps else step

    def _say(self, severity: str, message: str) -> None:
        kept = {"error": self._changes.errors, "warning": self._changes.warnings}.get(severity)
        if kept is not None:
            kept.append(message.strip())


class _Workspace(LocalWorkspace):
    def select_stack(self, stack_name: str) -> None:
        """Leave the user's selection alone."""


class _Stack(Stack):
    def outputs(self) -> OutputMap:
        """Ask for nothing after an operation."""
        return {}

    def info(self, show_secrets: bool = True) -> UpdateSummary | None:  # noqa: FBT001, ARG002 - Stack's own
        """Ask for nothing after an operation."""
        return UpdateSummary("update", datetime.now(timezone.utc), "", {}, {}, "")
