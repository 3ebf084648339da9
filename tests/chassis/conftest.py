"""A database with the chassis' tables only, and a listener that writes down what it hears."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from chassis.db import Base, Database
from chassis.handling import ListenerSpec
from contracts.catalogue import find
from contracts.envelope import Event
from launch.postgres import PrivatePostgres
from tests.conftest import NUMBERS, execute


@pytest.fixture
def chassis_db(postgres: PrivatePostgres) -> Iterator[Database]:
    """An empty database with the tables of the chassis and one table ``heard``."""
    name = f"test_{next(NUMBERS)}_chassis"
    execute(postgres.url, f'CREATE DATABASE "{name}"')
    url = make_url(postgres.url).set(database=name).render_as_string(hide_password=False)
    database = Database(url)
    Base.metadata.create_all(database.engine)
    with database.begin() as session:
        session.execute(text("CREATE TABLE heard (id bigserial, ref text, note text)"))
    yield database
    database.close()
    execute(postgres.url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def listener() -> Callable[..., ListenerSpec]:
    """Return a maker of listeners of ``client_verified``; ``work`` replaces what they do."""

    def make(work: Callable[[Session, Event[Any]], None] = note) -> ListenerSpec:
        return ListenerSpec("clients", "portal.client_verified", find("client_verified"), work)

    return make


def note(session: Session, event: Event[Any]) -> None:
    """Write down the client of an event: the effect that must happen once."""
    session.execute(
        text("INSERT INTO heard (ref, note) VALUES (:ref, :id)"),
        {"ref": event.data.client_ref, "id": event.id},
    )


def heard(db: Database) -> list[str]:
    """Return the refs written down so far, in order."""
    with db.begin() as session:
        return list(session.scalars(text("SELECT ref FROM heard ORDER BY id")))
