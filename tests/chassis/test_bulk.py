"""Rows written as one JSON text are the rows that the ORM reads."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from sqlalchemy import ARRAY, Integer, String, Text, select
from sqlalchemy.exc import DataError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis import bulk
from chassis.db import Instant, Json, new_id

AT = datetime(2022, 3, 4, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=6)))
HARD = """it's a \\ "quote", %(percent)s :colon, өүң, 🦉"""


class Base(DeclarativeBase):
    """The base of the one table of these tests."""


class Thing(Base):
    """A row with a column of each kind."""

    __tablename__ = "thing"

    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    id: Mapped[UUID] = mapped_column(default=new_id)
    name: Mapped[str | None] = mapped_column(String(60))
    words: Mapped[list[str]] = mapped_column(ARRAY(Text))
    at: Mapped[datetime] = mapped_column(Instant)
    more: Mapped[dict[str, object]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(10), server_default="open")


INSERT = bulk.insertion(Thing, ("number", "id", "name", "words", "at", "more"))


@pytest.fixture
def things(chassis_db):
    Base.metadata.create_all(chassis_db.engine)
    return chassis_db


def row(number, **values):
    return {
        "number": number,
        "id": UUID(int=number),
        "name": HARD,
        "words": ["a,b", HARD, ""],
        "at": AT,
        "more": {HARD: [1, 2**53, 0.1, None, {"deep": True}]},
        **values,
    }


def test_each_value_comes_back_as_it_was(things):
    with things.begin() as session:
        session.execute(INSERT, bulk.packed([row(1), row(2, name=None, words=[])]))
    with things.begin() as session:
        first, second = session.scalars(select(Thing).order_by(Thing.number))
    given = row(1)
    assert {name: getattr(first, name) for name in given} == given
    assert first.at.astimezone(UTC) == AT
    assert (second.name, second.words, second.state) == (None, [], "open")


def test_rows_are_inserted_in_their_order(things):
    numbers = [5, 1, 4, 2, 3]
    with things.begin() as session:
        inserting = INSERT.returning(Thing.number)
        found = session.scalars(inserting, bulk.packed([row(number) for number in numbers]))
        assert list(found) == numbers


def test_a_text_too_long_is_refused_and_not_cut(things):
    with pytest.raises(DataError), things.begin() as session:
        session.execute(INSERT, bulk.packed([row(1, name="x" * 61)]))


@pytest.mark.parametrize("value", ["\ud800", 2**70, object()])
def test_what_json_cannot_hold_is_refused(value):
    with pytest.raises(TypeError):
        bulk.packed([row(1, more={"x": value})])
