"""A base as large as it may become, beside the demo's: copies of the rows that the demo made.

A copy has every column of its original, so that it is as wide and as varied as what the services
write themselves; only what has to differ does (ids, numbers, names, times). The databases' own
generate_series makes them, a million in a minute or two.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, create_engine, inspect, text

# Columns of a copy as SQL: ``one`` is the original, ``n`` the number of the copy.
Changed = Mapping[str, str]
# The same organisation has the same id in each database.
ORGANISATION: Changed = {
    "id": "md5(one.id::text || n)::uuid",
    **{
        name: f"one.{name} || ' № ' || n"
        for name in ("name_ru", "name_ky", "name_en", "sort_name", "search_text")
    },
}
CLIENT_FACT: Changed = {"client_id": "md5(one.client_id::text || n)::uuid"}
TOUCH = """
    INSERT INTO client_touch (key, position, place, at, type, source, event_id)
    SELECT 'id ' || :client, position, 0, time, type, source, event_id
    FROM journal WHERE event_id LIKE 'bench-%'
"""
# Every second one is open and has a day to meet.
INQUIRY: Changed = {
    "id": "gen_random_uuid()",
    "previous_id": "NULL",
    "ref": "one.ref || '-' || n",
    "number": "one.number || '-' || n",
    "state": "CASE WHEN n % 2 = 0 THEN one.state ELSE 'registered' END",
    "due_on": "CASE WHEN n % 2 = 0 THEN one.due_on ELSE one.answer_due_on END",
}


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows are added: organisations, lines of one card's timeline, inquiries."""

    organisations: int = 1_000_000
    lines: int = 5_000
    inquiries: int = 5_000


def seed(urls: Mapping[str, str], size: Size) -> UUID:
    """Fill the databases of a demo product; return the organisation whose timeline is long.

    ``urls`` is one database URL a service. The demo must have been played: there is nothing to
    copy otherwise.
    """
    with _changing(urls["clients"]) as connection:
        first = "SELECT id FROM client WHERE kind = 'organisation' ORDER BY sort_name, id LIMIT 1"
        client: UUID = connection.execute(text(first)).scalar_one()
        _copy(connection, "client", "kind = 'organisation'", size.organisations, ORGANISATION)
    with _changing(urls["reporting"]) as connection:
        _copy(connection, "client_fact", "kind = 'organisation'", size.organisations, CLIENT_FACT)
        newest = "(SELECT max(position) FROM journal WHERE type = 'deliveries_settled')"
        _copy(connection, "journal", f"position = {newest}", size.lines, _letter(client))
        connection.execute(text(TOUCH), {"client": str(client)})
    with _changing(urls["feedback"]) as connection:
        _copy(connection, "inquiries", "true", size.inquiries, INQUIRY)
    for service in ("clients", "reporting", "feedback"):
        # What autovacuum does in its own time: a base that grew over years has it done.
        with create_engine(urls[service], isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("VACUUM ANALYZE"))
    return client


def _letter(client: UUID) -> Changed:
    """What fills the timeline of a client is letters: each is one event of the journal here."""
    return {
        "event_id": "'bench-' || n",
        "time": "one.time - n * interval '1 hour'",
        "data": f"jsonb_set(one.data::jsonb, '{{rows,0,client_id}}', to_jsonb('{client}'::text))",
    }


def _changing(url: str) -> AbstractContextManager[Connection]:
    return create_engine(url).begin()


def _copy(connection: Connection, table: str, where: str, wanted: int, changed: Changed) -> None:
    """Add ``wanted`` copies of the rows that ``where`` (SQL) finds, round after round."""
    columns = inspect(connection).get_columns(table)
    names = [column["name"] for column in columns if not column.get("identity")]
    values = ", ".join(changed.get(name, f"one.{name}") for name in names)
    found = f"SELECT * FROM {table} WHERE {where}"
    many = connection.execute(text(f"SELECT count(*) FROM ({found}) one")).scalar_one()
    connection.execute(
        text(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} "
            f"FROM generate_series(1, :rounds) n CROSS JOIN ({found}) one LIMIT :wanted"
        ),
        {"rounds": -(-wanted // many), "wanted": wanted},
    )
