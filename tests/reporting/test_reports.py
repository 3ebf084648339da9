"""Stored as made, mailed from the stored bytes, announced once, sent again on request."""

from __future__ import annotations

import email
from email import policy
from typing import Any

import pytest
from sqlalchemy import select

from chassis import clock
from chassis.db import Database
from chassis.errors import Conflict, NotFound
from chassis.mail import FakeMailer, MailRefused
from services.reporting import answers, reports, restatements, schedule
from services.reporting.documents.codec import fingerprint, from_json
from services.reporting.models_reports import Report
from services.reporting.plan import covering
from tests.factories import emitted, instant
from tests.reporting.cast import body, closed, hear, person, reopened, resolved
from tests.reporting.desk import desk, end_leases, months, plain_settings, post
from tests.reporting.test_figures import month


def make(db: Database, at: str = "2022-02-03 09:00", **overrides: Any) -> str:
    """Let the schedule make what is due; return the newest report's id."""
    with clock.freeze(instant("2022-01-01 08:00")):
        schedule.tick(desk(db, **overrides))
    with clock.freeze(instant(at)):
        schedule.tick(desk(db, **overrides))
    with db.begin() as session:
        query = select(Report.id).order_by(Report.month.desc()).limit(1)
        return str(session.scalars(query).one())


def listed(db: Database) -> list[dict[str, Any]]:
    """The list of reports."""
    with db.begin() as session:
        items: list[dict[str, Any]] = answers.list_reports(session, {})["items"]
        return items


def test_it_mails_the_stored_bytes_to_each_reader_in_each_language(reporting_db: Database) -> None:
    to = {"report_to": ("head@example.kg", "chair@example.kg"), "report_languages": ("ru", "ky")}
    report_id = make(reporting_db, **to)
    sent = post(reporting_db, **to).sent
    assert (
        sorted(reader for _, reader in sent) == ["chair@example.kg"] * 2 + ["head@example.kg"] * 2
    )
    message = email.message_from_bytes(sent[0][0], policy=policy.default)
    names = [part.get_filename() for part in message.iter_attachments()]
    assert [name.rsplit(".", 1)[1] for name in names if name] == ["pdf", "xlsx"]
    assert (message["Subject"], message["Reply-To"]) == ("Отчёт 2022-01", "office@example.kg")
    with reporting_db.begin() as session:
        language = message["Content-Language"]
        kept = answers.stored_document(session, report_id, language, "pdf")
    attached = next(iter(message.iter_attachments()))
    assert attached.get_content()[:6] == b"pdf " + language.encode()
    assert kept["name"] == attached.get_filename()


def test_it_announces_a_report_once_all_its_mails_are_final(reporting_db: Database) -> None:
    hear(reporting_db, body("A", "2022-01-10"))
    to = {"report_to": ("head@example.kg", "gone@example.kg")}
    make(reporting_db, **to)
    later = MailRefused(permanent=False, code=451, text="later", scope="recipient")
    never = MailRefused(permanent=True, code=550, text="never", scope="recipient")
    with clock.freeze(instant("2022-02-03 09:01")):
        mailer = post(reporting_db, FakeMailer(refusals=[never, later]), **to)
        assert emitted(reporting_db, "report_mailed") == []
        assert listed(reporting_db)[0]["state"] == "sending"
        end_leases(reporting_db)
        post(reporting_db, mailer, **to)
    (told,) = emitted(reporting_db, "report_mailed")
    assert (told.data.month, told.data.recipients, told.data.late) == ("2022-01", 1, False)
    assert told.data.position == 1
    assert [item.format for item in told.data.documents] == ["html", "pdf", "xlsx"]
    assert listed(reporting_db)[0]["state"] == "mailed"


def test_it_says_failed_when_nobody_could_get_it(reporting_db: Database) -> None:
    make(reporting_db)
    never = MailRefused(permanent=True, code=550, text="never", scope="recipient")
    post(reporting_db, FakeMailer(refusals=[never]))
    assert emitted(reporting_db) == []
    assert listed(reporting_db)[0]["state"] == "failed"


def test_it_waits_for_a_reader_to_be_named(reporting_db: Database) -> None:
    report_id = make(reporting_db, report_to=())
    assert post(reporting_db).sent == []
    (item,) = listed(reporting_db)
    assert (item["id"], item["state"], item["month"]) == (report_id, "no_recipients", "2022-01")
    with clock.freeze(instant("2022-02-05 12:00")):
        schedule.tick(desk(reporting_db))
        schedule.tick(desk(reporting_db))
        assert len(post(reporting_db).sent) == 1
    assert listed(reporting_db)[0]["state"] == "mailed"
    assert listed(reporting_db)[0]["late"] is True
    assert [event.data.late for event in emitted(reporting_db)] == [True]


def test_it_sends_the_same_bytes_again_without_a_second_announcement(
    reporting_db: Database,
) -> None:
    report_id = make(reporting_db)
    first = post(reporting_db).sent
    for key in ("k1", "k1", "k2"):
        with reporting_db.begin() as session:
            reports.resend(session, report_id, key, plain_settings())
    again = post(reporting_db).sent
    assert len(again) == 2
    files = [
        [
            part.get_content()
            for part in email.message_from_bytes(raw, policy=policy.default).walk()
            if not part.is_multipart()
        ]
        for raw, _ in (*first, *again)
    ]
    assert files[0] == files[1] == files[2]
    assert len(emitted(reporting_db, "report_mailed")) == 1
    assert listed(reporting_db)[0]["sent_again"] == 2
    ids = {email.message_from_bytes(raw)["Message-ID"] for raw, _ in (*first, *again)}
    assert len(ids) == 3


def test_it_refuses_to_resend_what_is_not_there_or_to_nobody(reporting_db: Database) -> None:
    report_id = make(reporting_db)
    with reporting_db.begin() as session:
        with pytest.raises(NotFound):
            reports.resend(session, "nonsense", "k", plain_settings())
        with pytest.raises(Conflict):
            reports.resend(session, report_id, "k", plain_settings(report_to=()))


def test_it_keeps_the_figures_as_they_were(reporting_db: Database) -> None:
    hear(reporting_db, body("A", "2022-01-10"))
    report_id = make(reporting_db)
    hear(reporting_db, body("B", "2022-01-11"))
    with reporting_db.begin() as session:
        report = reports.get(session, report_id, with_figures=True)
        kept = from_json(report.figures)
    assert kept.indicator("R2.A.bodies").cumulative == 1
    assert report.fingerprint == fingerprint(kept)
    assert (kept.journal_position, report.position) == (1, 1)


def test_it_restates_a_late_attendance_list_and_names_the_event(reporting_db: Database) -> None:
    """U14: the list of 30 June comes on 8 July, after June was mailed; told once, in July's."""
    for number in range(5):
        hear(reporting_db, closed(f"e{number}", "2022-06-10 10:00", 12))
    hear(reporting_db, closed("late", "2022-06-30 10:00", 9))
    make(reporting_db, "2022-07-06 09:00")
    assert months(reporting_db)[-1] == "2022-06"
    june = month(reporting_db, "2022-06").indicator("R9")
    assert (june.actual, june.restated) == (5, False)
    hear(reporting_db, closed("late", "2022-06-30 10:00", 10, sequence=2))
    july = month(reporting_db, "2022-07", now=instant("2022-08-03 09:00"))
    (change,) = july.restatements
    assert (change.code, change.month, change.before, change.after) == ("R9", "2022-06", 5, 6)
    assert (change.event_source, change.event_id) == ("clients", "e-late-closed-2")
    assert change.cause == "late_fact"
    make(reporting_db, "2022-08-03 09:00")
    assert month(reporting_db, "2022-08").restatements == ()
    with reporting_db.begin() as session:
        items = answers.indicators(session, "2022-06", "ru", now=instant("2022-09-01 10:00"))
    flags = {item["code"]: (item["restated"], item["earlier"]) for item in items["items"]}
    assert flags["R9"] == (True, 5) and flags["R4"] == (False, None)


def test_it_names_a_reopening_as_the_cause(reporting_db: Database) -> None:
    took = ("2022-01-10 10:00", "2022-01-31")
    hear(reporting_db, resolved("О-1", "2022-01-20 10:00", took=took))
    hear(reporting_db, resolved("О-2", "2022-01-21 10:00", took=took))
    make(reporting_db)
    hear(reporting_db, reopened("О-1", "2022-02-10 10:00"))
    hear(reporting_db, resolved("О-3", "2022-02-11 10:00", took=took))
    (change,) = month(reporting_db, "2022-02").restatements
    assert (change.code, change.before, change.after) == ("R4", 2, 1)
    assert (change.cause, change.event_id) == ("inquiry_reopened", "e-О-1-4")


def test_it_names_the_fact_that_moved_the_figure_and_no_later_one(reporting_db: Database) -> None:
    """A body came late; what happened afterwards to others of the base moved nothing."""
    hear(reporting_db, body("A", "2022-01-10"), body("B", "2022-02-10"))
    hear(reporting_db, person("p", "2022-01-11", of="A"), person("q", "2022-01-11", of="late"))
    hear(reporting_db, *[closed(ref, "2022-01-10 10:00", 9) for ref in ("e1", "e2")])
    make(reporting_db)
    hear(reporting_db, body("late", "2022-01-20"), closed("e1", "2022-01-10 10:00", 10, sequence=2))
    hear(reporting_db, person("p", "2022-01-11", of="A", at="2022-02-25", sequence=2, changed=True))
    hear(reporting_db, body("A", "2022-01-10", at="2022-02-26", sequence=2, changed=True))
    hear(reporting_db, closed("e2", "2022-01-10 10:00", 8, sequence=2))
    changes = month(reporting_db, "2022-02").restatements
    named = {item.code: (item.before, item.after, item.event_id, item.cause) for item in changes}
    late = ("e-late-1", "late_fact")
    assert named == {
        "R2.A.bodies": (1, 2, *late),
        "R2.A.staff": (1, 2, *late),
        "R2.B.bodies": (1, 2, *late),
        "R2.B.staff": (1, 2, *late),
        "R9": (0, 1, "e-e1-closed-2", "late_fact"),
    }


def test_it_does_not_restate_its_own_mailing(reporting_db: Database) -> None:
    """The report of January cannot know that it will be mailed; February's tells it anyway."""
    make(reporting_db)
    with clock.freeze(instant("2022-02-03 09:01")):
        post(reporting_db)
    for each in emitted(reporting_db, "report_mailed"):
        hear(reporting_db, each)
    february = month(reporting_db, "2022-02", now=instant("2022-03-03 09:00"))
    assert february.restatements == ()
    eight = february.indicator("R8")
    assert [point.actual for point in eight.series] == [1, 0]
    assert (eight.state, eight.previous_state) == ("on_track", "met")
    assert month(reporting_db, "2022-01").indicator("R8").state == "met"
    assert month(reporting_db, "2022-02").indicator("R8").state == "missed"


def test_it_tells_what_a_report_told(reporting_db: Database) -> None:
    hear(reporting_db, body("A", "2022-01-10"))
    make(reporting_db)
    with reporting_db.begin() as session:
        found = restatements.mailed(session, covering("2022-01"))
        words = restatements.own_words(found, "2022-01")
    assert words["R2.B.bodies"] == 1
    assert words["R5"] is None
