"""Keyset paging: a page continues after the last row's sort values, never at an offset."""

import base64
import json
import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import Session

from chassis.errors import Invalid

# A select of whatever columns; SQLAlchemy types them one by one.
AnySelect = Select[*tuple[Any, ...]]

LIMIT = 50
LARGEST = 200
# So far a page counts by itself; beyond it "more than" is enough to read.
COUNTED = 10_000


def page_size(query: dict[str, Any]) -> int:
    """Return the asked-for number of rows, 1-200, 50 when absent; raises ``Invalid``."""
    limit = query.get("limit") or LIMIT
    if not isinstance(limit, int) or not 1 <= limit <= LARGEST:
        raise Invalid(fields={"limit": [f"Must be between 1 and {LARGEST}."]})
    return limit


def encode_cursor(values: Sequence[Any]) -> str:
    """Return the sort values of a page's last row as opaque text (JSON values or str())."""
    plain = [value if isinstance(value, int | str | None) else str(value) for value in values]
    text = json.dumps(plain, ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> list[Any]:
    """Return the ``length`` values of a cursor; raises ``Invalid`` when it is not ours."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, UnicodeDecodeError):
        values = None
    if not isinstance(values, list) or len(values) != length:
        raise Invalid(fields={"cursor": ["Not a cursor of this list."]})
    return values


def keyset(
    statement: AnySelect,
    columns: Sequence[Any],
    *,
    cursor: str | None,
    limit: int,
    descending: bool = False,
) -> AnySelect:
    """Order by ``columns`` (not null, the last one unique), continue after ``cursor``.

    One row more than ``limit`` is selected: it tells whether a next page exists.
    """
    order = [column.desc() if descending else column.asc() for column in columns]
    if cursor:
        values = _typed(columns, decode_cursor(cursor, len(columns)))
        statement = statement.where(_after(columns, values, descending=descending))
    return statement.order_by(*order).limit(limit + 1)


def _text(value: Any) -> str:
    """Return text that PostgreSQL takes: no NUL, no half of a surrogate pair."""
    text = str(value)
    if "\0" in text:
        raise ValueError("NUL")
    return text.encode().decode()


PARSERS: dict[type, Callable[[Any], Any]] = {
    uuid.UUID: uuid.UUID,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    int: int,
    str: _text,
}


def _typed(columns: Sequence[Any], values: Sequence[Any]) -> list[Any]:
    """Give each cursor value the Python type of its column; raises ``Invalid``."""
    try:
        return [
            PARSERS[column.type.python_type](value)
            for column, value in zip(columns, values, strict=True)
        ]
    except (TypeError, ValueError, OverflowError, KeyError) as problem:
        raise Invalid(fields={"cursor": ["Not a cursor of this list."]}) from problem


def _after(
    columns: Sequence[Any], values: Sequence[Any], *, descending: bool
) -> ColumnElement[bool]:
    # A row comparison, not a chain of ORs: an index on the columns serves it.
    row = tuple_(*columns)
    end = tuple_(*values)
    return row < end if descending else row > end


def page(rows: Sequence[Any], limit: int, keys: Sequence[str]) -> tuple[list[Any], str | None]:
    """Return the rows of this page and the cursor of the next one (None at the end)."""
    shown = list(rows[:limit])
    if len(rows) <= limit or not shown:
        return shown, None
    return shown, encode_cursor([getattr(shown[-1], key) for key in keys])


def totals(session: Session, statement: AnySelect, query: dict[str, Any]) -> dict[str, int | None]:
    """Return ``total`` of a list; with ``count`` capped, null and ``total_at_least`` beyond 10,000.

    Counting a million rows takes longer than showing a page of them.
    """
    if query.get("count") != "capped":
        return {"total": session.scalar(select(func.count()).select_from(statement.subquery()))}
    some = statement.limit(COUNTED + 1).subquery()
    found = session.scalar(select(func.count()).select_from(some)) or 0
    if found > COUNTED:
        return {"total": None, "total_at_least": COUNTED}
    return {"total": found}
