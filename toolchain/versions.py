"""Version numbers of three parts, and ranges of them."""

from __future__ import annotations

import re
from typing import NamedTuple

_VERSION = re.compile(r"(?<![\w.])v?(?:go)?(\d+)\.(\d+)(?:\.(\d+))?(?![\d.]*\d)([-\w.]*)")


class Version(NamedTuple):
    """A release: major, minor, patch."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


class VersionRange(NamedTuple):
    """Versions from ``at_least`` on and before ``below``."""

    at_least: Version
    below: Version

    def __str__(self) -> str:
        return f"{self.at_least} or newer, before {self.below}"

    def __contains__(self, version: object) -> bool:
        return isinstance(version, Version) and self.at_least <= version < self.below


def find_version(text: str) -> Version | None:
    """Finds the first released version in what a program printed.

    Args:
        text: For example ``v3.259.0``, ``Client Version: v1.35.0`` or ``go version go1.26.8 linux/amd64``.

    Returns:
        The version, or None if there is none. A pre-release (``3.259.0-alpha.1``) is none: nobody promises that it
        has what the release has.
    """
    match = _VERSION.search(text)
    if match is None or match[4].startswith(("-alpha", "-beta", "-rc", "-dev", "rc", "beta")):
        return None
    return Version(int(match[1]), int(match[2]), int(match[3] or 0))
