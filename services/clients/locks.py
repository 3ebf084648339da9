"""Locks by name, for things that do not exist yet and so have no row to lock."""

from sqlalchemy import ARRAY, Text, func, literal, select
from sqlalchemy.orm import Session


def hold(session: Session, *names: str) -> None:
    """Wait until this transaction alone holds all ``names``; released when it ends.

    They are taken in one order by everybody, so that nobody waits in a circle.
    """
    name = func.unnest(literal(sorted(names), ARRAY(Text))).column_valued("name")
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
