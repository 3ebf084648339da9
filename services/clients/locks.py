"""Locks by name, for things that do not exist yet and so have no row to lock."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def hold(session: Session, name: str) -> None:
    """Wait until this transaction alone holds ``name``; released when it ends."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
