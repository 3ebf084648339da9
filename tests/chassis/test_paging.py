"""Keyset paging: every row once, in order, whatever the page size."""

import base64
import json
import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, Uuid, column, select

from chassis import paging
from chassis.errors import Invalid

TABLE = Table("t", MetaData(), Column("name", String), Column("at", DateTime), Column("id", Uuid))


@given(st.text(), st.integers(), st.uuids())
def test_it_reads_back_its_own_cursor(name, number, key):
    cursor = paging.encode_cursor([name, number, key])
    assert paging.decode_cursor(cursor, 3) == [name, number, str(key)]


@pytest.mark.parametrize("cursor", ["", "x", "bm90IGpzb24", "WzEsMl0"])
def test_it_refuses_a_strange_cursor(cursor):
    with pytest.raises(Invalid) as caught:
        paging.decode_cursor(cursor, 3)
    assert "cursor" in caught.value.fields


def test_it_refuses_a_cursor_of_another_list():
    cursor = paging.encode_cursor(["a", "b"])
    with pytest.raises(Invalid):
        paging.keyset(select(TABLE), [TABLE.c.name, TABLE.c.id], cursor=cursor, limit=2)


@pytest.mark.parametrize("values", [["\0", 1], ["\ud800", 1], ["a", 1e400]])
def test_it_refuses_a_forged_cursor_that_no_database_would_take(values):
    columns = [TABLE.c.name, column("number", Integer)]
    forged = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
    with pytest.raises(Invalid):
        paging.keyset(select(TABLE), columns, cursor=forged, limit=2)


def test_it_gives_values_the_type_of_their_column():
    at, key = datetime(2022, 1, 1, tzinfo=UTC), uuid.uuid4()
    cursor = paging.encode_cursor([at, key])
    statement = paging.keyset(select(TABLE), [TABLE.c.at, TABLE.c.id], cursor=cursor, limit=2)
    assert {at, key} <= set(statement.compile().params.values())


@pytest.mark.parametrize("limit", [0, -1, 201, "many"])
def test_it_refuses_a_page_size_out_of_bounds(limit):
    if limit == 0:
        assert paging.page_size({"limit": None}) == paging.LIMIT
    else:
        with pytest.raises(Invalid):
            paging.page_size({"limit": limit})
