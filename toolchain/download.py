"""The official installer of a family, where its host can be reached."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from toolchain.commands import Commands
from toolchain.families import Family, Installer
from toolchain.progress import Progress

# Where the host cannot be reached this is all the time that is lost. It covers name resolution as well, which
# has no timeout of its own.
_FETCH_TIMEOUT = 6.0
_RUN_TIMEOUT = 300.0
_LARGEST_SCRIPT = 1_000_000

Fetch = Callable[[str], "bytes | None"]


def fetch_https(url: str) -> bytes | None:
    """Fetches a small file over https, within six seconds in all.

    Args:
        url: An https address. Redirects to anything else are not followed.

    Returns:
        The content, or None if it cannot be had; why does not matter to the caller, who has another way.
    """
    if not url.startswith("https://"):
        return None
    opener = urllib.request.OpenerDirector()
    # No handler for plain http: neither the address nor a redirect can lead there.
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    content: list[bytes] = []

    def fetch() -> None:
        try:
            response = opener.open(url, timeout=_FETCH_TIMEOUT)
            if response is not None:  # None: no handler took it
                with response:
                    content.append(response.read(_LARGEST_SCRIPT))
        except (OSError, HTTPException, ValueError):
            return

    worker = threading.Thread(target=fetch, daemon=True)
    worker.start()
    worker.join(_FETCH_TIMEOUT)
    return content[0] if content else None


@dataclass(frozen=True)
class Downloader:
    """Runs official installers.

    Args:
        commands: Runs the installer.
        environ: The user's environment.
        progress: Told what is being done.
        fetch: Gets the installer.
    """

    commands: Commands
    environ: Mapping[str, str]
    progress: Progress
    fetch: Fetch = fetch_https

    def download(self, family: Family, installer: Installer, scratch: Path, into: Path) -> bool:
        """Installs a family with its official installer.

        Args:
            family: What to install.
            installer: How.
            scratch: An existing empty directory for the installer to use.
            into: An existing directory for the family's programs.

        Returns:
            Whether everything the family provides is now in ``into``. If not, ``into`` is as it was.
        """
        with self.progress.step(f"asking the official installer for {family.name} {family.version}") as step:
            step.result = "not available here"
            script = self.fetch(installer.url)
            if not script:
                return False
            script_file = scratch / "installer.sh"
            script_file.write_bytes(script)
            root = scratch / "installed"
            arguments = [argument.format(directory=root) for argument in installer.arguments]

            def on_line(line: str) -> None:
                step.note = line.strip()[:60]

            code = self.commands.work(
                ["sh", str(script_file), *arguments],
                env=self.environ,
                cwd=scratch,
                on_line=on_line,
                timeout=_RUN_TIMEOUT,
            )
            found = [root / installer.bin / name for name in family.provides]
            if code != 0 or not all(path.is_file() for path in found):
                return False
            for path in found:
                path.replace(into / path.name)
            step.result = "installed"
            return True
