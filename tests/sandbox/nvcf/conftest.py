"""Fixtures of the NVCF emulator's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.nvcf.emulator import Emulator


@pytest.fixture
def nvcf() -> Iterator[Emulator]:
    emulator = Emulator()
    yield emulator
    emulator.close()
