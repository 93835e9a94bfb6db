from __future__ import annotations

import socket
import threading
import types

import pytest

from nvcf import lifeline
from nvcf.errors import EngineGone
from nvcf.lifeline import Lifeline, engine_address, follow_engine, wait_until_gone

WAIT = 20


def main_of(name: str) -> types.ModuleType:
    module = types.ModuleType("__main__")
    module.__spec__ = types.SimpleNamespace(name=name)  # type: ignore[assignment]
    return module


def test_a_write_on_its_way_is_waited_for_and_none_is_begun() -> None:
    left = threading.Event()
    line = Lifeline(left.set)
    with line.writing(), line.writing():
        cutting = threading.Thread(target=line.cut)
        cutting.start()
        while True:
            try:
                with line.writing():
                    pass
            except EngineGone:
                break
        assert not left.is_set()
    cutting.join(WAIT)
    assert left.is_set()


def test_a_write_that_fails_is_over() -> None:
    left: list[bool] = []
    line = Lifeline(lambda: left.append(True))
    with pytest.raises(KeyError), line.writing():
        raise KeyError
    line.cut()
    assert left == [True]


def test_a_server_that_ends_is_noticed_and_one_that_hangs_up_is_not_gone() -> None:
    pauses: list[float] = []
    greeted = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        gone = threading.Thread(
            target=wait_until_gone, args=[server.getsockname()[:2]], kwargs={"sleep": pauses.append}
        )
        gone.start()
        for _ in range(3):
            connection, _ = server.accept()
            connection.sendall(b"settings")
            connection.close()
        last, _ = server.accept()
        greeted.set()
        assert gone.is_alive()
    last.close()
    gone.join(WAIT)
    assert not gone.is_alive()
    # One after each connection that was closed, one after each refusal.
    assert len(pauses) == 4 + 2


def test_one_refusal_is_no_proof_and_other_failures_are_none() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    refused = ConnectionRefusedError()
    answers: list[OSError | socket.socket] = [refused, TimeoutError(), refused, ours, refused, refused]
    asked = iter(answers)

    def connect(_address: object, timeout: float) -> socket.socket:
        answer = next(asked)
        if isinstance(answer, OSError):
            raise answer
        return answer

    wait_until_gone(("127.0.0.1", 1), connect, lambda _: None)
    assert list(asked) == []


@pytest.mark.parametrize(
    ("module", "arguments", "address"),
    [
        ("pulumi.dynamic.__main__", ["main.py", "127.0.0.1:4321"], ("127.0.0.1", 4321)),
        ("pulumi.dynamic.__main__", ["main.py", "--logtostderr", "127.0.0.1:4321"], ("127.0.0.1", 4321)),
        ("pulumi.dynamic.__main__", ["main.py"], None),
        ("pulumi.dynamic.__main__", [], None),
        ("pytest.__main__", ["pytest", "127.0.0.1:4321"], None),
    ],
)
def test_only_the_sdks_provider_process_has_an_engine(
    module: str, arguments: list[str], address: tuple[str, int] | None
) -> None:
    assert engine_address(main_of(module), arguments) == address
    assert engine_address(None, arguments) is None


def test_nothing_is_watched_in_other_processes() -> None:
    before = threading.active_count()
    follow_engine()
    assert threading.active_count() == before
    assert not lifeline._start.locked()
