"""Where the toolchain lives inside the project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Layout:
    """The paths under ``.toolchain``, which git ignores and which may be deleted at any time.

    Args:
        root: The project's root directory, absolute.
    """

    root: Path

    @property
    def sources(self) -> Path:
        """The directory that holds one Go module per tool family."""
        return self.root / "toolchain"

    @property
    def state(self) -> Path:
        """Everything the toolchain writes."""
        return self.root / ".toolchain"

    @property
    def bin(self) -> Path:
        """The directory that has to come first on PATH (see ``bin_directory``)."""
        return self.state / "bin"

    @property
    def lock(self) -> Path:
        """Held while something is being installed."""
        return self.state / "lock"

    def stamp(self, family: str) -> Path:
        """The record of what was installed for a family, and from what."""
        return self.state / "stamps" / f"{family}.json"

    def log(self, family: str) -> Path:
        """What the last build of a family printed."""
        return self.state / "logs" / f"{family}.log"


def bin_directory(root: Path = PROJECT_ROOT) -> Path:
    """Tells which directory has to be put first on PATH.

    Tools that were found on the user's own PATH are not in it, so that putting it first hides none of them.

    Args:
        root: The project's root directory.

    Returns:
        The absolute directory. It exists after the first ``install``.
    """
    return Layout(root).bin
