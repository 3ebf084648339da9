"""The list of reports, what became of their mails, and the stored files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from chassis import clock
from chassis.errors import NotFound
from chassis.outgoing import OutgoingMail
from chassis.paging import keyset, page, page_size
from services.reporting.models_reports import Report, ReportDocument, Sending
from services.reporting.rendering import DOWNLOADS


def listed(session: Session, query: dict[str, Any]) -> tuple[list[Report], str | None, int]:
    """A page of reports, the newest month first; with the next cursor and how many there are."""
    limit = page_size(query)
    statement = keyset(
        select(Report),
        [Report.month, Report.id],
        cursor=query.get("cursor"),
        limit=limit,
        descending=True,
    )
    rows, following = page(session.scalars(statement).all(), limit, ["month", "id"])
    return rows, following, session.scalar(select(func.count()).select_from(Report)) or 0


def states(session: Session, reports: Iterable[Report]) -> dict[UUID, dict[str, Any]]:
    """For each report what its readers got: state, recipients, and whether it went out late.

    States: `mailed`, `sending`, `failed` (every mail was refused), `no_recipients` (nobody is
    named to read it; it is mailed as soon as somebody is).
    """
    reports = list(reports)
    found = {report.id: _state(report, []) for report in reports}
    query = select(Sending).where(Sending.report_id.in_([report.id for report in reports]))
    sendings: dict[UUID, list[Sending]] = {}
    for sending in session.scalars(query):
        sendings.setdefault(sending.report_id, []).append(sending)
    by_id = {report.id: report for report in reports}
    return found | {key: _state(by_id[key], mine) for key, mine in sendings.items()}


def _state(report: Report, sendings: list[Sending]) -> dict[str, Any]:
    if report.mailed_at is not None:
        state = "mailed"
    elif not sendings:
        state = "no_recipients"
    elif any(sending.settled_at is None for sending in sendings):
        state = "sending"
    else:
        state = "failed"
    late = report.mailed_at and clock.day_of(report.mailed_at) > clock.day_of(report.due_at)
    recipients = max((sending.recipients for sending in sendings), default=0)
    again = sum(sending.run != f"report:{report.month}" for sending in sendings)
    return {"state": state, "late": bool(late), "recipients": recipients, "sent_again": again}


def documents(session: Session, report_id: UUID) -> list[dict[str, Any]]:
    """The stored files of a report, without their bytes."""
    query = select(ReportDocument).where(
        ReportDocument.report_id == report_id, ReportDocument.format.in_(DOWNLOADS)
    )
    ordered = query.order_by(ReportDocument.language, ReportDocument.format)
    return [
        {
            "language": row.language,
            "format": row.format,
            "name": row.name,
            "media_type": row.media_type,
            "sha256": row.sha256,
            "size": row.size,
        }
        for row in session.scalars(ordered)
    ]


def document(session: Session, report_id: UUID, language: str, fmt: str) -> ReportDocument | None:
    """A stored file with its bytes; None when the report was not made in that language."""
    query = select(ReportDocument).where(
        ReportDocument.report_id == report_id,
        ReportDocument.language == language,
        ReportDocument.format == fmt,
    )
    return session.scalars(query.options(undefer(ReportDocument.content))).one_or_none()


def required_document(session: Session, report_id: UUID, language: str, fmt: str) -> ReportDocument:
    """A stored file; raises `NotFound`."""
    found = document(session, report_id, language, fmt)
    if found is None:
        raise NotFound("document", f"{report_id}/{language}/{fmt}")
    return found


def mails(session: Session, report_id: UUID) -> list[dict[str, Any]]:
    """What was sent of a report to whom, run by run, the first run first; `again`: on request."""
    query = (
        select(OutgoingMail, Sending.queued_at, Report.month)
        .join(Sending, Sending.run == OutgoingMail.run)
        .join(Report, Report.id == Sending.report_id)
        .where(Sending.report_id == report_id)
        .order_by(Sending.queued_at, OutgoingMail.address)
    )
    return [
        {
            "again": mail.run != f"report:{month}",
            "queued_at": queued_at.isoformat(),
            "address": mail.address,
            "language": mail.language,
            "state": mail.state,
            "reason": mail.reason,
            "attempts": mail.attempts,
            "settled_at": mail.settled_at and mail.settled_at.isoformat(),
            "message_id": mail.message_id,
        }
        for mail, queued_at, month in session.execute(query)
    ]
