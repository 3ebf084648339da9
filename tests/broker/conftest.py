"""Houses for fault tests, on the session's servers or on servers of the test's own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from launch.cluster import PrivateCluster
from launch.postgres import PrivatePostgres
from launch.rabbitmq import PrivateRabbit
from tests.broker.house import House
from tests.conftest import skipped_if_missing


@pytest.fixture
def own_rabbit() -> Iterator[PrivateRabbit]:
    """A broker that this test may kill."""
    with skipped_if_missing("RabbitMQ"), PrivateRabbit.temporary() as server:
        yield server


@pytest.fixture
def cluster() -> Iterator[PrivateCluster]:
    """Three nodes of RabbitMQ that this test may kill."""
    with skipped_if_missing("RabbitMQ"), PrivateCluster.temporary() as nodes:
        yield nodes


@pytest.fixture
def own_postgres() -> Iterator[PrivatePostgres]:
    """A durable PostgreSQL that this test may kill."""
    with skipped_if_missing("PostgreSQL"), PrivatePostgres.temporary() as server:
        yield server


@pytest.fixture
def house(tmp_path: Any) -> Iterator[Callable[..., House]]:
    """Return a maker of houses; all their processes are ended after the test."""
    made: list[House] = []

    def make(
        postgres: PrivatePostgres, rabbit: PrivateRabbit | PrivateCluster, *services: str
    ) -> House:
        made.append(House(postgres, rabbit, tmp_path, services))
        return made[-1]

    yield make
    for item in made:
        item.close()
