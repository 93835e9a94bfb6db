"""Whose lock it is, and whether its owner can still be at work."""

import socket
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.recovery.locks import Verdict, judge, lock_directories, locks_in_message, read_lock
from ops.recovery.processes import Process, process
from tests.unit.ops.findings_of import at, lock

FILE = Path("/srv/.pulumi/locks/organization/nvcf-registry/dev/0d80de5a.json")
#: What engine 3.259 wrote.
TEXT = '{"pid":15232,"username":"root","hostname":"vm","timestamp":"2026-11-21T14:46:27.815045421Z"}'
SAID = """error: the stack is currently locked by 2 lock(s). Either wait for the other process(es) to end or delete \
the lock file with `pulumi cancel`.
  s3://bucket/.pulumi/locks/organization/nvcf-registry/dev/0d80de5a.json: created by root@vm (pid 15232) at \
2026-11-21T15:46:27+01:00
  s3://bucket/.pulumi/locks/organization/nvcf-registry/dev/5c3d9da5.json: created by @build-7 (pid 12) at \
2026-11-21T14:47:00Z
"""


def engine(started: float | None, command: str = "pulumi up --yes", **more: bool) -> Process:
    return Process(4711, command, None if started is None else at(started), **more)


def test_a_lock_file_says_who_made_it() -> None:
    found = read_lock(FILE, TEXT, time.time())
    assert (found.pid, found.user, found.host, found.file) == (15232, "root", "vm", FILE)
    assert found.since == datetime(2026, 11, 21, 14, 46, 27, 815045, timezone.utc)
    assert str(found) == "process 15232 of root on vm, since 2026-11-21 14:46:27 UTC"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"pid": "x"}', TEXT.replace("2026", "soon")])
def test_what_is_no_lock_is_not_taken_for_a_dead_one(text: str) -> None:
    with pytest.raises(OpsError, match="is not one that can be read"):
        read_lock(FILE, text, time.time())


def test_an_empty_one_that_nobody_writes_any_more_is_dead() -> None:
    found = read_lock(FILE, "", time.time() - 100)
    assert judge(found, socket.gethostname(), process(found.pid)) is Verdict.DEAD


def test_the_engines_own_words_name_every_lock() -> None:
    first, second = locks_in_message(SAID)
    assert (first.pid, first.user, first.host, first.file) == (15232, "root", "vm", None)
    assert first.since == datetime(2026, 11, 21, 14, 46, 27, tzinfo=timezone.utc)
    assert (second.pid, second.user, second.host) == (12, "", "build-7")
    assert locks_in_message("error: no such stack") == ()


@pytest.mark.parametrize(
    ("owner", "verdict"),
    [
        (None, Verdict.DEAD),
        (engine(9, is_over=True), Verdict.DEAD),
        (engine(9), Verdict.ALIVE),
        (engine(10.01), Verdict.ALIVE),
        (engine(11), Verdict.ALIVE),
        (engine(20), Verdict.DEAD),
        (engine(None), Verdict.ALIVE),
        (engine(9, "vim notes"), Verdict.ALIVE),
        (engine(11, "vim notes"), Verdict.DEAD),
    ],
    ids=["gone", "zombie", "at work", "same second", "clock set", "later engine", "hidden", "unsure", "id used again"],
)
def test_a_lock_is_dead_only_when_its_owner_surely_is(owner: Process | None, verdict: Verdict) -> None:
    assert judge(lock(10), "here", owner) is verdict


def test_an_owner_on_another_machine_cannot_be_seen() -> None:
    assert judge(lock(10, host="there"), "here", None) is Verdict.ELSEWHERE


def test_where_lock_files_are() -> None:
    directories = lock_directories(Path("/srv/.pulumi"), "nvcf-registry", "dev")
    assert FILE.parent in directories
