"""Bringing every family to its place: the user's own, else the official installer, else a build."""

from __future__ import annotations

import enum
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from toolchain.build import Builder
from toolchain.download import Downloader
from toolchain.families import Family
from toolchain.layout import Layout
from toolchain.locking import exclusive
from toolchain.on_path import Found, Refused, look_on_path
from toolchain.stamps import Stamp, fingerprint, is_intact, read_stamp, write_stamp

_SCRATCH_PREFIX = ".installing-"


class Source(enum.Enum):
    """Where a family may come from."""

    AUTO = "auto"
    PATH = "path"
    INSTALLER = "installer"
    BUILD = "build"

    def allows(self, other: Source) -> bool:
        """Tells whether this choice includes another. Only what can be built is always possible."""
        return self in (Source.AUTO, other)


@dataclass(frozen=True)
class State:
    """How a family stands.

    Args:
        family: Which.
        ready: Whether its programs can be used now.
        text: From where and in what version, or why not.
    """

    family: Family
    ready: bool
    text: str


@dataclass(frozen=True)
class Installation:
    """The toolchain of one project directory.

    Args:
        layout: Where it is.
        builder: Builds families; its ``commands`` and ``environ`` are used to look on PATH as well.
        downloader: Runs official installers.
        source: Where families may come from.
    """

    layout: Layout
    builder: Builder
    downloader: Downloader
    source: Source = Source.AUTO

    def install(self, families: Iterable[Family]) -> None:
        """Makes families usable. What is in place already costs nothing.

        Raises:
            ToolchainError: A family could not be had. What other families there are stays.
        """
        say = self.builder.progress.say
        with exclusive(self.layout.lock, lambda: say("another installation is running; waiting for it to end")):
            self._remove_leftovers()
            self.layout.bin.mkdir(parents=True, exist_ok=True)
            for family in families:
                self._install(family)

    def status(self, families: Iterable[Family]) -> list[State]:
        """Tells how families stand, and changes nothing."""
        return [self._state(family) for family in families]

    def _state(self, family: Family) -> State:
        found = self._on_path(family)
        if isinstance(found, Found):
            return State(family, ready=True, text=f"{found.version}, yours: {found.program}")
        stamp = self._valid_stamp(family)
        if stamp is not None:
            how = "official installer" if stamp.origin == Source.INSTALLER.value else "built from source"
            return State(family, ready=True, text=f"{stamp.version}, {how}: {self.layout.bin}")
        because = f" ({found.reason})" if isinstance(found, Refused) else ""
        return State(family, ready=False, text=f"not installed{because}")

    def _install(self, family: Family) -> None:
        say = self.builder.progress.say
        state = self._state(family)
        found = self._on_path(family)
        if isinstance(found, Found):
            # Ours would hide the user's: .toolchain/bin comes first on PATH.
            self._uninstall(family)
        if state.ready:
            say(f"{family.name}: {state.text}")
            return
        if isinstance(found, Refused):
            say(f"{family.name}: {found.reason}; installing {family.version} beside it")
        scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH_PREFIX, dir=self.layout.state))
        try:
            self._produce(family, scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _produce(self, family: Family, scratch: Path) -> None:
        results = scratch / "bin"
        results.mkdir()
        # Before the build, not after: sources that are edited meanwhile must be built again next time.
        made_from = fingerprint(family, self.layout.sources / family.module)
        origin = Source.BUILD
        if family.installer is not None and self.source.allows(Source.INSTALLER):
            work = scratch / "installer"
            work.mkdir()
            if self.downloader.download(family, family.installer, work, results):
                origin = Source.INSTALLER
        if origin is Source.BUILD:
            self.builder.build(family, results)
        self._uninstall(family)
        for name in family.provides:
            (results / name).replace(self.layout.bin / name)
        sizes = {name: (self.layout.bin / name).stat().st_size for name in family.provides}
        write_stamp(
            self.layout.stamp(family.name),
            Stamp(origin=origin.value, version=str(family.version), fingerprint=made_from, files=sizes),
        )

    def _uninstall(self, family: Family) -> None:
        self.layout.stamp(family.name).unlink(missing_ok=True)
        for name in family.provides:
            (self.layout.bin / name).unlink(missing_ok=True)

    def _on_path(self, family: Family) -> Found | Refused | None:
        if family.on_path is None or not self.source.allows(Source.PATH):
            return None
        return look_on_path(family.on_path, self.builder.commands, self.builder.environ, self.layout.bin)

    def _valid_stamp(self, family: Family) -> Stamp | None:
        stamp = read_stamp(self.layout.stamp(family.name))
        if stamp is None or not is_intact(stamp, self.layout.bin):
            return None
        if stamp.version != str(family.version) or set(stamp.files) != set(family.provides):
            return None
        if stamp.origin == Source.INSTALLER.value:
            return stamp if self.source.allows(Source.INSTALLER) else None
        made_from = fingerprint(family, self.layout.sources / family.module)
        return stamp if stamp.fingerprint == made_from else None

    def _remove_leftovers(self) -> None:
        """Removes what a killed run left; nobody uses it, since this process holds the lock."""
        for path in self.layout.state.glob(f"{_SCRATCH_PREFIX}*"):
            shutil.rmtree(path, ignore_errors=True)
