"""Locks: an impatient transaction gives up a row that somebody keeps, but not its turn."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from chassis.db import Database, be_impatient, is_away, take_turn

TURN = 815
PATIENCE_SECONDS = 1
WAITERS = (
    f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = {TURN}"
)


def test_it_waits_for_its_turn_longer_than_for_a_row(chassis_db: Database) -> None:
    got = threading.Event()

    def queue() -> None:
        with chassis_db.begin() as session:
            be_impatient(session, PATIENCE_SECONDS)
            take_turn(session, TURN)
            assert session.scalar(text("SHOW lock_timeout")) == f"{PATIENCE_SECONDS}s"
            got.set()

    waiter = threading.Thread(target=queue)
    with chassis_db.begin() as session:
        take_turn(session, TURN)
        waiter.start()
        while not session.scalar(text(WAITERS)):
            pass
        assert not got.wait(PATIENCE_SECONDS * 2)
    waiter.join(30)
    assert got.is_set()


def test_it_gives_up_a_row_that_somebody_keeps(chassis_db: Database) -> None:
    with chassis_db.begin() as session:
        session.execute(text("INSERT INTO heard (ref) VALUES ('kept')"))
    with chassis_db.begin() as holder:
        holder.execute(text("UPDATE heard SET note = 'mine'"))
        with pytest.raises(OperationalError) as given_up, chassis_db.begin() as session:
            be_impatient(session, PATIENCE_SECONDS)
            session.execute(text("UPDATE heard SET note = 'other'"))
    assert is_away(given_up.value)
