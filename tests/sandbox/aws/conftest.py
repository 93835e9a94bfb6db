from collections.abc import Iterator

import pytest

from sandbox.aws.cloud import Cloud
from sandbox.aws.server import Server
from tests.sandbox.aws.cloud_under_test import Clock, CloudUnderTest
from tests.sandbox.aws.memory_layers import MemoryLayers


@pytest.fixture(scope="module")
def running() -> Iterator[CloudUnderTest]:
    clock = Clock()
    cloud = Cloud(clock, layers=MemoryLayers())
    waits: list[float] = []
    with Server(cloud, sleep=waits.append).running() as server:
        yield CloudUnderTest(server, cloud, clock, waits)


@pytest.fixture
def aws(running: CloudUnderTest) -> CloudUnderTest:
    """A cloud on its first day."""
    running.clock.ahead *= 0
    running.waits.clear()
    running.cloud.propagation.seconds = 0
    running.cloud.reset()
    return running
