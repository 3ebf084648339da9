"""What the gateway asks of reporting: figures, evidence, plan and reports, as plain JSON."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import clock
from chassis.errors import Invalid
from chassis.paging import keyset, page, page_size
from contracts.codes import LANGUAGES
from services.reporting import (
    figures,
    journal,
    plan,
    report_data,
    reports,
    restatements,
    schedule,
    views,
)
from services.reporting.documents.codec import from_json
from services.reporting.documents.model import ReportData
from services.reporting.documents.phrases import Phrases
from services.reporting.figures import FIGURES
from services.reporting.models_reports import Report, ReportDocument
from services.reporting.queries import reports as stored
from services.reporting.queries.base import Scope, count, first_seen
from services.reporting.rendering import DOWNLOADS, Document


def phrases(language: str) -> Phrases:
    """The words of a language; raises `Invalid` for one that is not ours."""
    if language not in LANGUAGES:
        raise Invalid(fields={"language": ["Must be one of: ru, ky, en."]})
    return Phrases(language)


def indicators(
    session: Session, month: str | None, language: str, *, now: dt.datetime
) -> dict[str, Any]:
    """All codes in a month, as seen at `now`; raises `NotFound` for a month without a plan."""
    words = phrases(language)
    found, month = plan.month_or_default(month, now)
    scope = Scope(plan=found, month=month, now=now)
    items = figures.indicators(session, scope, figures.history(session, scope))
    items = restatements.changed_since(scope, items, restatements.mailed(session, found))
    return {
        "month": month,
        "plan": found.code,
        "position": journal.position(session),
        "items": [views.indicator(item, words, scope.through) for item in items],
    }


def evidence(
    session: Session, code: str, query: dict[str, Any], *, now: dt.datetime
) -> dict[str, Any]:
    """The rows behind a figure, as many as the figure says; `query`: month, language, limit,
    cursor."""
    words, limit = phrases(query.get("language") or "ru"), page_size(query)
    found, month = plan.month_or_default(query.get("month"), now)
    scope, row = Scope(plan=found, month=month, now=now), found.figure(code)
    if not figures.is_measured(row, scope, first_seen(session)):
        return {"items": [], "next": None, "total": 0}
    proofs = FIGURES[code].proofs(scope, row)
    rows = proofs.subquery()
    columns = [rows.c.at, rows.c.key]
    paged = keyset(select(rows), columns, cursor=query.get("cursor"), limit=limit)
    shown, following = page(session.execute(paged).all(), limit, ["at", "key"])
    items = [views.evidence(FIGURES[code].show(item), words) for item in shown]
    return {"items": items, "next": following, "total": count(session, proofs)}


def list_reports(session: Session, query: dict[str, Any]) -> dict[str, Any]:
    """A page of reports, the newest first."""
    rows, following, total = stored.listed(session, query)
    states = stored.states(session, rows)
    items = [views.report(row, states[row.id]) for row in rows]
    coming = schedule.coming(session, clock.now())
    return {"items": items, "next": following, "total": total, "coming": coming}


def report_mails(session: Session, report_id: str) -> dict[str, Any]:
    """What was sent of a report to whom; raises `NotFound`."""
    return {"items": stored.mails(session, reports.get(session, report_id).id)}


def get_report(session: Session, report_id: str) -> dict[str, Any]:
    """One report with the list of its files; raises `NotFound`."""
    return card(session, reports.get(session, report_id))


def card(session: Session, report: Report) -> dict[str, Any]:
    """A report with the list of its files."""
    session.flush()
    states = stored.states(session, [report])
    files = stored.documents(session, report.id)
    return {**views.report(report, states[report.id]), "documents": files}


def stored_document(session: Session, report_id: str, language: str, fmt: str) -> dict[str, Any]:
    """The bytes of a report as they were mailed; raises `NotFound`."""
    report = reports.get(session, report_id)
    return file(stored.required_document(session, report.id, language, fmt))


def kept_or_data(
    session: Session, month: str, language: str, fmt: str, *, now: dt.datetime
) -> dict[str, Any] | ReportData:
    """The stored file of a mailed month and language; else what to render it from.

    That are the stored figures of the month's report, else the figures as of `now`.
    """
    phrases(language)
    if fmt not in DOWNLOADS:
        raise Invalid(fields={"format": [f"Must be one of: {', '.join(DOWNLOADS)}."]})
    found = plan.covering(month)
    report = reports.of_month(session, month)
    if report is None:
        return report_data.compute(session, found, month, made_at=now)
    kept = stored.document(session, report.id, language, fmt)
    return from_json(report.figures) if kept is None else file(kept)


def file(document: Document | ReportDocument) -> dict[str, Any]:
    """A file with its bytes in base64."""
    return {
        "name": document.name,
        "media_type": document.media_type,
        "sha256": document.sha256,
        "base64": base64.b64encode(document.content).decode(),
    }


def rebuild(session: Session) -> dict[str, Any]:
    """Replay the journal from position 1; how many entries, up to which position."""
    done = journal.rebuild(session)
    return {"entries": done.entries, "position": done.position}
