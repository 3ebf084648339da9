"""Fixtures of the gateway's tests: one running house for all that do not break it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy.engine import make_url

from chassis.db import Database
from gateway.accounts import ensure_first_accounts, sign_in
from launch.postgres import PrivatePostgres
from launch.rabbitmq import PrivateRabbit
from tests.gateway.house import House


def run(server: str, statement: str) -> None:
    """Run one statement as the server's administrator, outside a transaction."""
    plain = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg2.connect(plain)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


def build(postgres: str, template: str, amqp_uri: str, folder: Path) -> House:
    """Return a house with its own database, not started yet."""
    name = folder.name.replace("-", "_")
    run(postgres, f'CREATE DATABASE "{name}_gateway" TEMPLATE "{template}"')
    url = make_url(postgres).set(database=name)
    own = url.set(database=f"{name}_gateway").render_as_string(hide_password=False)
    first = ensure_first_accounts(own)
    assert first is not None
    return House(folder, amqp_uri, url.render_as_string(hide_password=False), first)


@pytest.fixture(scope="session")
def house(
    postgres: PrivatePostgres,
    template: Callable[[str], str],
    rabbit: PrivateRabbit,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """A gateway with all four services answering."""
    made = build(postgres.url, template("gateway"), rabbit.uri, tmp_path_factory.mktemp("house"))
    try:
        made.start_gateway()
        made.start_services()
        yield made
    finally:
        for name in list(made.processes):
            made.end(name)


@pytest.fixture(scope="session")
def dark_house(
    postgres: PrivatePostgres,
    template: Callable[[str], str],
    rabbit: PrivateRabbit,
    house: House,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """A gateway whose accounts database has gone away after somebody had signed in."""
    made = build(postgres.url, template("gateway"), rabbit.uri, tmp_path_factory.mktemp("dark"))
    try:
        made.start_gateway()
        made.token("administrator")
        take_away(postgres.url, made.folder.name.replace("-", "_") + "_gateway")
        yield made
    finally:
        for name in list(made.processes):
            made.end(name)


@pytest.fixture(scope="session")
def strict_house(
    postgres: PrivatePostgres,
    template: Callable[[str], str],
    rabbit: PrivateRabbit,
    house: House,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """A gateway whose every bucket is empty; somebody is signed in all the same."""
    made = build(postgres.url, template("gateway"), rabbit.uri, tmp_path_factory.mktemp("strict"))
    database = Database(own_database(made))
    signed_in = sign_in(database, "admin", made.first.admin_password, address="192.0.2.9")
    database.close()
    made.give_token("administrator", signed_in.token)
    made.env["AYMAK_RATE_SCALE"] = "0"
    try:
        made.start_gateway()
        yield made
    finally:
        for name in list(made.processes):
            made.end(name)


def own_database(house: House) -> str:
    """Return the address of the gateway's own database."""
    return f"{house.env['DATABASE_URL']}_gateway"


def take_away(server: str, name: str) -> None:
    """Let nobody into a database any more."""
    run(server, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    run(server, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
