"""The emulator answers every recorded exchange as the real server did."""

from __future__ import annotations

import asyncio
from functools import cache

import pytest

from tests.sandbox.nvcf.replay import DATA, Exchange, Outcome, read_exchanges, replay
from tests.sandbox.nvcf.stage_directions import FIRST, NOT_PLAYED_FIRST, NOT_PLAYED_SECOND, SECOND

ONE = read_exchanges(DATA / "nvcf-server-exchanges.jsonl")
TWO = read_exchanges(DATA / "nvcf-server-exchanges-2.jsonl")


def played(exchanges: list[Exchange], not_played: dict[int, str]) -> list[Exchange]:
    return [e for e in exchanges if e.n not in not_played]


@cache
def outcomes_of_the_first() -> dict[int, Outcome]:
    return asyncio.run(replay(played(ONE, NOT_PLAYED_FIRST), "nvcf-server-config.json", FIRST))


@cache
def outcomes_of_the_second() -> dict[int, Outcome]:
    return asyncio.run(replay(played(TWO, NOT_PLAYED_SECOND), "nvcf-server-config-2.json", SECOND))


def name(exchange: Exchange) -> str:
    return f"{exchange.n}-{exchange.group}"


@pytest.mark.parametrize("exchange", played(ONE, NOT_PLAYED_FIRST), ids=name)
def test_first_recording(exchange: Exchange) -> None:
    outcome = outcomes_of_the_first()[exchange.n]
    assert outcome.got == outcome.wanted, exchange.title


@pytest.mark.parametrize("exchange", played(TWO, NOT_PLAYED_SECOND), ids=name)
def test_second_recording(exchange: Exchange) -> None:
    outcome = outcomes_of_the_second()[exchange.n]
    assert outcome.got == outcome.wanted, exchange.title


def test_nearly_everything_is_played() -> None:
    assert len(played(ONE, NOT_PLAYED_FIRST)) == 210
    assert len(played(TWO, NOT_PLAYED_SECOND)) == 339
