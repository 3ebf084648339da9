"""The journal keeps everything once, apart from its personal fields, and can be replayed."""

from __future__ import annotations

import random
import threading

import pytest
from sqlalchemy import func, select, text

from chassis import clock
from chassis.db import Database
from contracts.envelope import Event
from contracts.portal import InquiryOpenedV1, PaymentReceivedV1
from services.reporting import journal, report_data
from services.reporting.documents.codec import canonical
from services.reporting.models import FACTS, Journal, JournalPersonal
from services.reporting.plan import covering
from services.reporting.service import ReportingService
from tests.factories import deliver, event, instant
from tests.reporting.cast import (
    accepted,
    announced,
    answered,
    body,
    closed,
    end_of,
    hear,
    moved,
    notices,
    person,
    reopened,
    resolved,
)


def story() -> list[Event[object]]:
    """Three months of everything that has a figure."""
    took = ("2022-02-01 10:00", "2022-02-21")
    return [
        body("A", "2022-01-10"),
        body("B", "2022-02-10", body_type="city_hall", territory="KG-GB"),
        body("A", "2022-01-10", at="2022-03-01", sequence=2, changed=True, municipality="AA"),
        person("p1", "2022-01-12", of="A"),
        person("p2", "2022-02-12", of="B", role="kenesh_deputy"),
        person("p1", "2022-01-12", of="B", at="2022-03-02", sequence=2, changed=True),
        person("c1", "2022-01-20"),
        announced("w1", "2022-02-18 14:00", at="2022-02-01 10:00"),
        moved("w1", "2022-02-25 14:00", at="2022-02-02 10:00"),
        moved("w1", "2022-03-25 14:00", at="2022-02-03 10:00"),
        notices("w1", "2022-02-04 10:00", "2022-03-24 10:00"),
        closed("w1", "2022-03-25 14:00", 9),
        closed("w1", "2022-03-25 14:00", 11, sequence=2),
        closed("w2", "2022-01-25 14:00", 12),
        accepted("О-1", "2022-02-01 10:00", due="2022-02-21"),
        answered("О-1", "2022-02-02 10:00"),
        resolved("О-1", "2022-02-02 11:00", took=took),
        reopened("О-1", "2022-02-05 10:00"),
        resolved("О-1", "2022-03-02 11:00", took=took, sequence=5),
        accepted("О-2", "2022-03-01 10:00", due="2022-03-21", kind="wish"),
    ]


def told(db: Database) -> list[bytes]:
    """The canonical report of three months, without what names the journal's position."""
    with db.begin() as session:
        return [
            canonical(
                report_data.compute(session, covering(month), month, made_at=end_of("2022-03"))
            )
            for month in ("2022-01", "2022-02", "2022-03")
        ]


def facts(db: Database) -> list[list[tuple[object, ...]]]:
    """All fact rows but the journal's position, which the order of delivery decides."""
    with db.begin() as session:
        return [
            sorted(
                tuple(str(value) for value in row)
                for row in session.execute(
                    select(*(column for column in table.__table__.c if column.name != "position"))
                )
            )
            for table in FACTS
        ]


def test_it_gives_the_same_figures_for_any_order_and_for_repeats(new_database) -> None:
    first = new_database("reporting")
    hear(first, *story())
    for seed in (1, 2, 3):
        shuffled = story() + story()[::2]
        random.Random(seed).shuffle(shuffled)
        other = new_database("reporting")
        for each in shuffled:
            assert deliver(other, ReportingService, each) in ("applied", "repeated")
        assert facts(other) == facts(first)
        assert told(other) == told(first)


def test_it_gives_the_same_figures_and_bytes_after_a_rebuild(reporting_db: Database) -> None:
    hear(reporting_db, *story())
    before, rows = told(reporting_db), facts(reporting_db)
    with reporting_db.begin() as session:
        done = journal.rebuild(session)
    assert (done.entries, done.position) == (len(story()), len(story()))
    assert facts(reporting_db) == rows
    assert told(reporting_db) == before


def test_it_rebuilds_what_was_broken(reporting_db: Database) -> None:
    hear(reporting_db, *story())
    before = told(reporting_db)
    with reporting_db.begin() as session:
        for table in FACTS:
            session.execute(table.__table__.delete())
    assert told(reporting_db) != before
    with reporting_db.begin() as session:
        journal.rebuild(session)
    assert told(reporting_db) == before


def test_it_rebuilds_in_chunks(reporting_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    hear(reporting_db, *story())
    before = told(reporting_db)
    monkeypatch.setattr(journal, "CHUNK", 3)
    with reporting_db.begin() as session:
        assert journal.rebuild(session).entries == len(story())
    assert told(reporting_db) == before


def test_it_keeps_personal_fields_apart(reporting_db: Database) -> None:
    opened = InquiryOpenedV1(
        inquiry_ref="q1", kind="question", subject="Имя", text="Асанов пишет", client_ref="c1"
    )
    hear(reporting_db, event(opened, at="2022-03-01 10:00"), person("p1", "2022-01-12", of="A"))
    with reporting_db.begin() as session:
        first, second = session.scalars(select(Journal).order_by(Journal.position))
        personal = {row.position: row.personal for row in session.scalars(select(JournalPersonal))}
    assert first.data == {"inquiry_ref": "q1", "kind": "question", "client_ref": "c1"}
    assert personal[first.position] == {"subject": "Имя", "text": "Асанов пишет"}
    assert second.data["name"] == {} and "emails" not in second.data
    assert personal[second.position]["name.surname"] == "Асанов"
    assert personal[second.position]["phones"] == ["+996555123456"]


def test_it_keeps_the_envelope_and_types_that_no_figure_reads(reporting_db: Database) -> None:
    paid = PaymentReceivedV1(payment_ref="1", payer_ref="A", amount="12000", currency="KGS")  # type: ignore[arg-type]
    sent = event(
        paid, at="2022-03-01 10:00", actor="portal", correlation_id="c", causation_id="e", id="x"
    )
    hear(reporting_db, sent)
    with reporting_db.begin() as session:
        entry = session.scalars(select(Journal)).one()
    assert (entry.emitter, entry.type, entry.version) == ("portal", "payment_received", 1)
    assert (entry.actor, entry.correlation, entry.causation) == ("portal", "c", "e")
    assert entry.time == instant("2022-03-01 10:00")
    assert entry.recorded_at is not None and entry.received_at is not None
    assert entry.data["amount"] == "12000.00"


def test_it_appends_an_event_once(reporting_db: Database) -> None:
    """The inbox keeps repeats away; the journal would not take one either."""
    same = body("A", "2022-01-10")
    with reporting_db.begin() as session:
        journal.record(session, [same])
        journal.record(session, [same])
    with reporting_db.begin() as session:
        assert session.scalar(select(func.count()).select_from(Journal)) == 1
        assert journal.position(session) == 1


def test_it_reads_a_month_at_one_moment(reporting_db: Database) -> None:
    """A report in the making does not see what arrives meanwhile."""
    hear(reporting_db, body("A", "2022-01-10"))
    with reporting_db.begin() as session:
        report_data.one_moment(session)
        assert journal.position(session) == 1
        hear(reporting_db, body("B", "2022-01-10"))
        data = report_data.compute(session, covering("2022-01"), "2022-01", made_at=clock.now())
    assert (data.journal_position, data.indicator("R2.A.bodies").cumulative) == (1, 1)


def waits_for_lock(db: Database) -> bool:
    """Whether somebody stands in the queue for the journal."""
    query = text(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database "
        "WHERE NOT granted AND locktype = 'advisory' AND datname = current_database()"
    )
    with db.begin() as session:
        return bool(session.scalar(query))


def test_it_gives_positions_in_the_order_of_commit(reporting_db: Database) -> None:
    """Nobody ever sees a position before all smaller ones: the second writer waits."""

    def second() -> None:
        with reporting_db.begin() as session:
            journal.record(session, [body("B", "2022-01-10")])

    other = threading.Thread(target=second)
    with reporting_db.begin() as session:
        journal.record(session, [body("A", "2022-01-10")])
        other.start()
        while other.is_alive() and not waits_for_lock(reporting_db):
            pass
        with reporting_db.begin() as reader:
            assert journal.position(reader) == 0
    other.join()
    with reporting_db.begin() as session:
        order = list(session.scalars(select(Journal.event_id).order_by(Journal.position)))
    assert order == ["e-A-1", "e-B-1"]
