import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.parts import Part
from sandbox.processes import Ended, PartFailedError, Processes, Ready, describe_exit, tail


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    running = Processes(tmp_path, lambda part: tmp_path / f"{part}.log", dict(os.environ))
    yield running
    running.stop(timeout=5)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def ignore(_: Ready) -> None:
    pass


def test_parts_are_ready_when_they_say_so_and_what_they_print_is_logged(
    processes: Processes, fake: Any, tmp_path: Path
) -> None:
    announced: list[Ready] = []
    processes.start([fake("one", port=11), fake("two", port=22)], 30, announced.append)
    assert processes.endpoints == {"one": "http://127.0.0.1:11", "two": "http://127.0.0.1:22"}
    assert {event.part for event in announced} == {"one", "two"}
    log = (tmp_path / "one.log").read_text()
    assert "noise before" in log
    assert "on stderr" in log
    assert (tmp_path / "one.log").stat().st_mode & 0o777 == 0o600


def test_a_part_starts_only_when_what_it_needs_is_ready_and_is_told_where(processes: Processes, fake: Any) -> None:
    seen: list[Mapping[str, str]] = []
    parts = [fake("second", needs=("first",), saw=seen.append), fake("first", port=7)]
    processes.start(parts, 30, ignore)
    assert seen == [{"first": "http://127.0.0.1:7"}]


def test_independent_parts_start_side_by_side(processes: Processes, fake: Any, tmp_path: Path) -> None:
    meeting = tmp_path / "meeting"
    os.mkfifo(meeting)
    # Each end of a FIFO opens only once the other does: one after another would never be ready.
    reader = fake("reader", before=f"open({str(meeting)!r}).read()")
    writer = fake("writer", before=f"open({str(meeting)!r}, 'w').write('x')")
    processes.start([reader, writer], 30, ignore)
    assert len(processes.endpoints) == 2


def test_a_part_that_ends_before_it_is_ready_fails_the_start_with_the_end_of_its_log(
    processes: Processes, fake: Any
) -> None:
    broken = fake("broken", before="print('the port is taken', flush=True); sys.exit(3)")
    with pytest.raises(PartFailedError) as failure:
        processes.start([broken], 30, ignore)
    assert "broken ended with exit code 3 before it was ready" in str(failure.value)
    assert "the port is taken" in str(failure.value)
    assert "on stderr" in str(failure.value)


def test_a_part_that_is_never_ready_fails_the_start(processes: Processes, fake: Any) -> None:
    with pytest.raises(PartFailedError, match="stuck was not ready in time"):
        processes.start([fake("stuck", before="signal.pause()")], 0.5, ignore)


def test_a_program_that_is_not_there_is_named(processes: Processes) -> None:
    with pytest.raises(PartFailedError, match="no-such-program"):
        processes.start([Part("gone", "gone", lambda _: ["/no-such-program"])], 5, ignore)


def test_stop_ends_all_even_one_that_will_not(processes: Processes, fake: Any) -> None:
    stubborn = fake("stubborn", before="signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    processes.start([fake("willing"), stubborn], 30, ignore)
    pids = [processes.pid("willing"), processes.pid("stubborn")]
    started = time.monotonic()
    processes.stop(timeout=0.5)
    assert not any(map(alive, pids))
    assert time.monotonic() - started < 5


def test_a_part_that_ends_later_is_an_event(processes: Processes, fake: Any) -> None:
    processes.start([fake("one")], 30, ignore)
    os.kill(processes.pid("one"), signal.SIGKILL)
    assert processes.events.get(timeout=5) == Ended("one", -9)


@pytest.mark.parametrize(("code", "words"), [(0, "exit code 0"), (2, "exit code 2"), (-9, "signal 9")])
def test_exit_codes_in_words(code: int, words: str) -> None:
    assert describe_exit(code) == words


def test_the_tail_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert tail(log) == ["(empty)"]
    log.write_text("a\nb\nc\n")
    assert tail(log, 2) == ["b", "c"]
