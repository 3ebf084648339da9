"""Monthly reports: stored once as they were made, mailed from the stored bytes, sent again so.

A report row, its documents and its queued mails are born in one transaction; `report_mailed` is
emitted when the first run of mails is settled and somebody got it (ToR row 8).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, undefer

from chassis import clock, outgoing
from chassis.db import new_id
from chassis.errors import Conflict, NotFound
from chassis.mail import address
from chassis.outbox import emit
from chassis.outgoing import FINAL, SENT, OutgoingMail
from chassis.settings import Settings
from contracts.reporting import DocumentHash, ReportMailedV1
from services.reporting import restatements
from services.reporting.documents.codec import fingerprint, to_json
from services.reporting.documents.model import ReportData
from services.reporting.models_reports import Report, ReportDocument, Sending
from services.reporting.rendering import DOWNLOADS, Edition


def store(
    session: Session, data: ReportData, editions: Iterable[Edition], *, due_at: datetime
) -> Report:
    """Keep a report with its files; one per plan and month."""
    editions = list(editions)
    report = Report(
        id=new_id(),
        plan=data.plan.code,
        month=data.month,
        made_at=data.made_at,
        due_at=due_at,
        position=data.journal_position,
        fingerprint=fingerprint(data),
        told=[list(item) for item in restatements.telling(data)],
        subjects={edition.language: edition.subject for edition in editions},
        figures=to_json(data),
    )
    session.add(report)
    session.flush()
    for edition in editions:
        session.add_all(_rows(report.id, edition))
    return report


def _rows(report_id: UUID, edition: Edition) -> list[ReportDocument]:
    return [
        ReportDocument(
            report_id=report_id,
            language=edition.language,
            format=document.format,
            name=document.name,
            media_type=document.media_type,
            sha256=document.sha256,
            size=len(document.content),
            content=document.content,
        )
        for document in edition.documents
    ]


def send(session: Session, report: Report, settings: Settings, *, run: str) -> bool:
    """Queue one mail per recipient and stored language; False without recipients or for a run
    that is there already."""
    if not settings.report_to:
        return False
    entries = [
        outgoing.Entry(
            run=run,
            recipient=f"{language}:{reader}",
            address=reader,
            language=language,
            domain=address(settings.mail_from).domain,
            meta={"report_id": str(report.id)},
        )
        for language in sorted(report.subjects)
        for reader in dict.fromkeys(settings.report_to)
    ]
    values = {
        "run": run,
        "report_id": report.id,
        "recipients": len(set(settings.report_to)),
        "queued_at": clock.now(),
    }
    new = session.scalar(
        insert(Sending).values(values).on_conflict_do_nothing().returning(Sending.run)
    )
    if new is not None:
        outgoing.queue_all(session, entries)
    return new is not None


def first_run(report: Report) -> str:
    """The run that the schedule queues, once per month."""
    return f"report:{report.month}"


def send_waiting(session: Session, settings: Settings) -> int:
    """Queue the reports that were made while nobody was named to read them."""
    if not settings.report_to:
        return 0
    sent = select(Sending.run).where(Sending.report_id == Report.id)
    waiting = select(Report).where(Report.mailed_at.is_(None), ~sent.exists())
    reports = session.scalars(waiting.order_by(Report.month)).all()
    return sum(send(session, report, settings, run=first_run(report)) for report in reports)


def resend(session: Session, report_id: str, key: str, settings: Settings) -> Report:
    """Queue the same bytes again; the same `key` queues them once.

    Raises `NotFound`, and `Conflict` (no_recipients) when nobody is named to read it.
    """
    report = get(session, report_id)
    if not settings.report_to:
        raise Conflict("no_recipients", "AYMAK_REPORT_TO and AYMAK_STAFF_MAIL are empty")
    mark = hashlib.sha256(key.encode()).hexdigest()[:32]
    send(session, report, settings, run=f"{first_run(report)}:again:{mark}")
    return report


def get(session: Session, report_id: str, *, with_figures: bool = False) -> Report:
    """A report by its id; raises `NotFound`."""
    try:
        key = UUID(report_id)
    except ValueError:
        raise NotFound("report", report_id) from None
    options = [undefer(Report.figures)] if with_figures else []
    report = session.get(Report, key, options=options)
    if report is None:
        raise NotFound("report", report_id)
    return report


def of_month(session: Session, month: str) -> Report | None:
    """The report that was made for a month, with its figures."""
    query = select(Report).where(Report.month == month).options(undefer(Report.figures))
    return session.scalars(query).one_or_none()


def settle(session: Session, mails: Sequence[OutgoingMail]) -> None:
    """Close the runs whose mails are all final; announce a report that reached somebody."""
    for run in sorted({mail.run for mail in mails}):
        # Whoever settles the last mail of a run closes it: two dispatchers wait for each other.
        sending = session.get(Sending, run, with_for_update=True)
        if sending is None or sending.settled_at is not None or _is_open(session, run):
            continue
        sending.settled_at = clock.now()
        report = session.get_one(Report, sending.report_id, with_for_update=True)
        readers = _readers(session, run)
        if readers and report.mailed_at is None:
            _announce(session, report, readers)


def _is_open(session: Session, run: str) -> bool:
    query = select(func.count()).select_from(OutgoingMail)
    waiting = query.where(OutgoingMail.run == run, OutgoingMail.state.not_in(FINAL))
    return bool(session.scalar(waiting))


def _readers(session: Session, run: str) -> int:
    query = select(func.count(OutgoingMail.address.distinct()))
    sent = query.where(OutgoingMail.run == run, OutgoingMail.state == SENT)
    return session.scalar(sent) or 0


def _announce(session: Session, report: Report, readers: int) -> None:
    at = clock.now()
    report.mailed_at = at
    query = select(ReportDocument).where(
        ReportDocument.report_id == report.id, ReportDocument.format.in_(DOWNLOADS)
    )
    ordered = query.order_by(ReportDocument.language, ReportDocument.format)
    hashes = [
        DocumentHash(language=row.language, format=row.format, sha256=row.sha256)
        for row in session.scalars(ordered)
    ]
    data = ReportMailedV1(
        report_id=report.id,
        month=report.month,
        position=report.position,
        recipients=readers,
        mailed_at=at,
        late=is_late(report.due_at, at),
        documents=hashes,
    )
    emit(session, data, at=at, subject=report.month)


def is_late(due_at: datetime, at: datetime) -> bool:
    """Whether a report went out on a later Bishkek day than the one it was due on."""
    return clock.day_of(at) > clock.day_of(due_at)
