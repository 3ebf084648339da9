"""Many rows with one statement and one parameter: they travel as one JSON text.

Beside a statement with a placeholder for each value this costs the process a tenth: neither
SQLAlchemy nor the driver looks at single values, PostgreSQL reads them (docs/performance.md).
"""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    Column,
    Table,
    Text,
    bindparam,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, Insert, insert
from sqlalchemy.types import TypeEngine

# Where a row stands among the others: they are inserted in their order.
PLACE = "place_"


def listed(values: Iterable[Any], kind: type[TypeEngine[Any]] = Text) -> BindParameter[Any]:
    """Return values as one parameter, an array of ``kind``, however many they are."""
    return literal(list(values), ARRAY(kind))


def insertion(table: Any, names: Sequence[str]) -> Insert:
    """Return the insert of rows that ``packed`` made; each row has all columns of ``names``.

    ``table`` is a table or a mapped class. Other columns get their database default. ON CONFLICT
    and RETURNING may be added.
    """
    stored: Table = getattr(table, "__table__", table)
    columns = [Column(name, stored.c[name].type) for name in names]
    rows = (
        func.jsonb_to_recordset(cast(bindparam("rows", type_=Text()), JSONB))
        .table_valued(*columns, Column(PLACE, BigInteger))
        .render_derived(name="rows", with_types=True)
    )
    given = select(*(rows.c[name] for name in names)).order_by(rows.c[PLACE])
    return insert(stored).from_select(list(names), given, include_defaults=False)


def packed(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Return rows as the parameters of an ``insertion``; instants and UUIDs may stand in them.

    Raises ``TypeError`` for what JSON or UTF-8 cannot hold.
    """
    placed = [{**row, PLACE: place} for place, row in enumerate(rows)]
    return {"rows": orjson.dumps(placed).decode()}
