"""The mail of a report, put together from the stored bytes; the ledger decides when it leaves."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import undefer

from chassis.db import Database
from chassis.dispatch import Dispatcher
from chassis.mail import Attachment, Inline, Mailer, Message
from chassis.outgoing import OutgoingMail, Skip
from chassis.settings import Settings
from services.reporting import reports
from services.reporting.models_reports import Report, ReportDocument
from services.reporting.rendering import INLINE, MAIL, PDF, TEXT, XLSX


def dispatcher(db: Database, settings: Settings, mailer: Mailer) -> Dispatcher:
    """The sender of reporting's mail ledger."""

    def composed(mail: OutgoingMail) -> Message | Skip:
        return compose(db, settings, mail)

    return Dispatcher(db, mailer, compose=composed, settle=reports.settle)


def compose(db: Database, settings: Settings, mail: OutgoingMail) -> Message | Skip:
    """The message of one ledger row; a report that is not there any more is skipped."""
    report_id = UUID(mail.meta["report_id"])
    query = select(ReportDocument).where(
        ReportDocument.report_id == report_id, ReportDocument.language == mail.language
    )
    with db.begin() as session:
        report = session.get(Report, report_id)
        files = {
            row.format: row
            for row in session.scalars(query.options(undefer(ReportDocument.content)))
        }
    if report is None or MAIL not in files:
        return Skip("no_report")
    return Message(
        message_id=mail.message_id,
        sender=settings.mail_from,
        reply_to=settings.mail_reply_to,
        to_address=mail.address,
        subject=report.subjects[mail.language],
        text=files[TEXT].content.decode(),
        html=files[MAIL].content.decode(),
        date=mail.dated,
        language=mail.language,
        inline=tuple(_inline(row) for name, row in files.items() if name.startswith(INLINE)),
        attachments=tuple(_attachment(files[name]) for name in (PDF, XLSX)),
    )


def _inline(row: ReportDocument) -> Inline:
    cid = row.format.removeprefix(INLINE)
    return Inline(cid=cid, media_type=row.media_type, data=row.content)


def _attachment(row: ReportDocument) -> Attachment:
    return Attachment(name=row.name, media_type=row.media_type, data=row.content)
