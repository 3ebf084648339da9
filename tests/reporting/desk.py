"""A desk for tests: real database, settings with readers, and a renderer that only writes JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select, text, update

from chassis.db import Database
from chassis.jobs import JobRun
from chassis.mail import FakeMailer
from chassis.settings import Settings
from services.reporting import mailing
from services.reporting.documents.codec import canonical
from services.reporting.documents.model import ReportData
from services.reporting.models_reports import Report
from services.reporting.rendering import MEDIA_TYPES, Document, Edition
from services.reporting.schedule import Desk


def plain_settings(**overrides: Any) -> Settings:
    """Settings with one reader of the Russian report, unless told otherwise."""
    values: dict[str, Any] = {
        "amqp_uri": "amqp://nowhere",
        "database_url": "postgresql://nowhere/aymak",
        "state": Path("nowhere"),
        "secret": "x" * 40,
        "mail_dir": Path("nowhere"),
        "mail_from": "Aymak <reports@example.kg>",
        "mail_reply_to": "office@example.kg",
        "report_to": ("head@example.kg",),
        **overrides,
    }
    return Settings(**values)


def plain_render(data: ReportData, language: str) -> Edition:
    """All formats of a language, made of the canonical JSON alone."""
    raw = canonical(data)
    files = [*MEDIA_TYPES.items(), ("inline:chart", "image/png")]
    documents = tuple(
        Document(
            format=name,
            name=f"report-{data.month}-{language}.{name}",
            media_type=media_type,
            content=b"%s %s " % (name.encode(), language.encode()) + raw,
        )
        for name, media_type in files
    )
    return Edition(language=language, subject=f"Отчёт {data.month}", documents=documents)


def desk(db: Database, **overrides: Any) -> Desk:
    """What the schedule needs."""
    return Desk(db, plain_settings(**overrides), plain_render)


def post(db: Database, mailer: FakeMailer | None = None, **overrides: Any) -> FakeMailer:
    """Send what is queued; return the mailer with what was sent."""
    mailer = mailer or FakeMailer()
    dispatcher = mailing.dispatcher(db, plain_settings(**overrides), mailer)
    while dispatcher.run_once():
        pass
    return mailer


def months(db: Database) -> list[str]:
    """The months that have a report, in order."""
    with db.begin() as session:
        return list(session.scalars(select(Report.month).order_by(Report.month)))


def end_leases(db: Database) -> None:
    """Let the leases of killed instances run out."""
    with db.begin() as session:
        session.execute(update(JobRun).values(lease_until=text("now() - interval '1 s'")))
        session.execute(
            text("UPDATE outgoing_mail SET lease_until = now() - interval '1 s', next_at = now()")
        )
