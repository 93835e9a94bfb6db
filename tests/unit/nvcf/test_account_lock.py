from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nvcf.account_lock import AccountLock, account_lock
from nvcf.errors import LockUnavailable
from tests.provider.fake_clock import FakeClock

HOLDER = """
import sys
from pathlib import Path
from nvcf.account_lock import AccountLock
with AccountLock(Path(sys.argv[1])).held():
    print("held", flush=True)
    sys.stdin.read()
"""
ROOT = Path(__file__).parents[3]


def test_threads_take_turns(tmp_path: Path) -> None:
    inside, most, order = 0, 0, []
    lock = AccountLock(tmp_path / "d" / "x.lock")
    check = threading.Lock()

    def work(number: int) -> None:
        nonlocal inside, most
        with lock.held():
            with check:
                inside += 1
                most = max(most, inside)
            order.append(number)
            with check:
                inside -= 1

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (most, sorted(order)) == (1, list(range(8)))


def test_another_process_holds_it_until_it_dies(tmp_path: Path) -> None:
    path, clock = tmp_path / "d" / "x.lock", FakeClock()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        lock = AccountLock(path, wait_seconds=20, clock=clock.clock())
        with pytest.raises(LockUnavailable, match="for 20 s") as caught, lock.held():
            pytest.fail("the lock was had while another process held it")
        assert str(path) in str(caught.value)
        assert 20 <= clock.time < 21
        holder.kill()
        holder.wait(30)
        with lock.held():
            pass
    finally:
        holder.kill()
        holder.communicate()


def test_it_is_free_again_after_an_error(tmp_path: Path) -> None:
    lock = AccountLock(tmp_path / "d" / "x.lock", wait_seconds=0, clock=FakeClock().clock())

    def fail() -> None:
        with lock.held():
            raise KeyError("x")

    with pytest.raises(KeyError):
        fail()
    with lock.held():
        pass


def test_files_are_private_and_named_by_hash(tmp_path: Path) -> None:
    environment = {"XDG_RUNTIME_DIR": str(tmp_path)}
    lock = account_lock("http://nvcf", "acct-1", environment)
    with lock.held():
        assert lock.path.parent == tmp_path / "nvcf-registry"
        assert lock.path.stat().st_mode & 0o777 == 0o600
        assert lock.path.parent.stat().st_mode & 0o777 == 0o700
    assert "acct" not in lock.path.name
    others = [
        account_lock(endpoint, account, environment).path
        for endpoint, account in (("http://nvcf", None), ("http://nvcf", "b"), ("http://x", "acct-1"))
    ]
    assert len({lock.path, *others}) == 4
    assert account_lock("http://nvcf", "acct-1", environment) == lock
    assert account_lock("http://nvcf", "acct-1", {}).path.parent.name.startswith("nvcf-registry-")


def test_a_directory_open_to_others_is_refused(tmp_path: Path) -> None:
    directory = tmp_path / "d"
    directory.mkdir()
    directory.chmod(0o755)
    with pytest.raises(LockUnavailable, match="open to others"), AccountLock(directory / "x.lock").held():
        pytest.fail("the lock was taken")


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    directory = tmp_path / "d"
    directory.mkdir(mode=0o700)
    (directory / "x.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LockUnavailable, match="cannot be opened"), AccountLock(directory / "x.lock").held():
        pytest.fail("the lock was taken")
    assert not (tmp_path / "elsewhere").exists()
