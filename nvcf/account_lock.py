"""One write at a time to an NVCF account, among all runs of one user on one machine.

Nothing on NVCF's side is atomic: parallel creates overshoot the account's limit and make twins, and parallel
changes can leave one's row with the other's secret (NVCF contract, observed-2 §6). The lock is a file locked
with `flock`: the kernel frees it when its holder dies, whatever the death, and it holds between threads as
between processes, since every taker opens the file anew.

Runs that name the account and runs that leave it to their token take different locks, as they cannot know
that they mean the same account; runs on different machines do not see each other at all.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nvcf.errors import LockUnavailable
from nvcf.retries import SYSTEM_CLOCK, Clock

_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class AccountLock:
    """The lock of one account at one endpoint.

    Attributes:
        path: The file that is locked; it stays, empty, after use.
        wait_seconds: How long to wait for other writers, in seconds.
        clock: Time and chance.
    """

    path: Path
    wait_seconds: float = 300.0
    clock: Clock = SYSTEM_CLOCK

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the lock while the block runs.

        Raises:
            LockUnavailable: Others held it for all of `wait_seconds`, or its file cannot be opened or locked.
        """
        descriptor = self._open()
        try:
            self._lock(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        try:
            _make_private(self.path.parent)
            return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise self._failed("opened", error) from None

    def _lock(self, descriptor: int) -> None:
        until = self.clock.now() + self.wait_seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                    raise self._failed("locked", error) from None
            else:
                return
            if self.clock.now() >= until:
                raise LockUnavailable(
                    "Another run on this machine has been writing to the same NVCF account for "
                    f"{self.wait_seconds:.0f} s.",
                    f"Wait for it to end and run again; `fuser {self.path}` names the process.",
                )
            self.clock.sleep(_POLL_SECONDS * (0.5 + self.clock.random()))

    def _failed(self, done: str, error: OSError) -> LockUnavailable:
        return LockUnavailable(
            f"The lock file {self.path}, which keeps runs on this machine from writing to one NVCF account at the same "
            f"time, cannot be {done}: {error.strerror}.",
            "Make its directory yours alone (mode 0700) and on a local disk, or point XDG_RUNTIME_DIR to one that is.",
        )


def account_lock(endpoint: str, account: str | None, environment: Mapping[str, str]) -> AccountLock:
    """Finds the lock of an account.

    Args:
        endpoint: The NVCF installation, by anything that tells it from others.
        account: The account's id, or `None` for the token's own.
        environment: The process's environment, for `XDG_RUNTIME_DIR`.

    Returns:
        The lock; nothing is created until it is taken.
    """
    name = hashlib.sha256(f"{endpoint}\n{account or ''}".encode()).hexdigest()[:32]
    return AccountLock(_directory(environment) / f"{name}.lock")


def _directory(environment: Mapping[str, str]) -> Path:
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    if runtime and Path(runtime).is_dir():
        return Path(runtime) / "nvcf-registry"
    return Path(tempfile.gettempdir()) / f"nvcf-registry-{os.geteuid()}"


def _make_private(directory: Path) -> None:
    """Makes a directory that only its owner can enter, and refuses one that somebody else prepared."""
    directory.mkdir(mode=0o700, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise OSError(errno.EPERM, "its directory belongs to or is open to others")
