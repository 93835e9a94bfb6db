"""The one exception the toolchain shows to people."""

from __future__ import annotations


class ToolchainError(Exception):
    """Something the user has to do or know; the text names the thing, the cause and the remedy."""
