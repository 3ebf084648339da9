"""Real servers for the tests: one private PostgreSQL and one private RabbitMQ for a session.

Without their programs the tests that need them are skipped with the reason; with CI=true that is
a failure.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg2
import pytest
from sqlalchemy.engine import make_url

from chassis import migrate
from chassis.db import Database
from launch.errors import LaunchError
from launch.postgres import PrivatePostgres
from launch.rabbitmq import PrivateRabbit

NUMBERS = itertools.count(1)


@contextmanager
def skipped_if_missing(name: str) -> Iterator[None]:
    """Skip when the server cannot be started here; fail instead when CI=true."""
    try:
        yield
    except LaunchError as problem:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"{name}: {problem}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    """A private PostgreSQL for the whole session."""
    with skipped_if_missing("PostgreSQL"), PrivatePostgres.temporary(durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def rabbit() -> Iterator[PrivateRabbit]:
    """A private RabbitMQ for the whole session; ``rabbit.uri`` is its address."""
    with skipped_if_missing("RabbitMQ"), PrivateRabbit.temporary() as server:
        yield server


def execute(url: str, statement: str) -> None:
    """Run one statement outside a transaction, as CREATE DATABASE needs."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg2.connect(plain)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


@pytest.fixture(scope="session")
def template(postgres: PrivatePostgres) -> Callable[[str], str]:
    """Return the name of a migrated template database of a service, made when first asked for."""
    made: dict[str, str] = {}

    def of(service: str) -> str:
        if service not in made:
            name = f"template_{service}"
            execute(postgres.url, f'CREATE DATABASE "{name}"')
            url = make_url(postgres.url).set(database=name)
            migrate.upgrade(service, url.render_as_string(hide_password=False))
            made[service] = name
        return made[service]

    return of


@pytest.fixture
def new_database(
    postgres: PrivatePostgres, template: Callable[[str], str]
) -> Iterator[Callable[[str], Database]]:
    """Return a maker of empty, migrated databases; all are dropped after the test."""
    made: list[tuple[Database, str]] = []

    def make(service: str) -> Database:
        name = f"test_{next(NUMBERS)}_{service}"
        execute(postgres.url, f'CREATE DATABASE "{name}" TEMPLATE "{template(service)}"')
        url = make_url(postgres.url).set(database=name)
        database = Database(url.render_as_string(hide_password=False))
        made.append((database, name))
        return database

    yield make
    for database, name in made:
        database.close()
        execute(postgres.url, f'DROP DATABASE "{name}" WITH (FORCE)')


def _database_of(service: str) -> Callable[..., Database]:
    @pytest.fixture(name=f"{service}_db")
    def fixture(new_database: Callable[[str], Database]) -> Database:
        return new_database(service)

    fixture.__doc__ = f"An empty, migrated database of {service}."
    return fixture


clients_db = _database_of("clients")
notifications_db = _database_of("notifications")
feedback_db = _database_of("feedback")
reporting_db = _database_of("reporting")
gateway_db = _database_of("gateway")
