"""One month as `ReportData`: the only thing that the documents see (documents/model.py).

Read in one repeatable-read transaction, so that the figures, their evidence and the journal's
position are those of one moment; the same journal and the same `made_at` give the same bytes.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from chassis import clock
from services.reporting import figures, journal, restatements
from services.reporting.documents.model import (
    AudienceLine,
    Indicator,
    Inquiries,
    NextAction,
    OnlineEvent,
    PlanHeader,
    ReportData,
    TerritoryLine,
)
from services.reporting.plan import Plan
from services.reporting.queries import base_state, events, inquiries
from services.reporting.queries.base import Scope, first_seen
from services.reporting.rules import due
from services.reporting.rules.actions import Moment, next_actions


def one_moment(session: Session) -> None:
    """Let the transaction see the database as of now to its end; call it first."""
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def compute(session: Session, plan: Plan, month: str, *, made_at: dt.datetime) -> ReportData:
    """The report of a month of the plan as the journal stands, made at an aware UTC instant."""
    scope = Scope(plan=plan, month=month, now=made_at)
    measured = figures.history(session, scope)
    reports = restatements.mailed(session, plan)
    found = figures.indicators(session, scope, measured)
    seen = first_seen(session)
    return ReportData(
        month=month,
        starts_on=clock.first_day(month),
        ends_on=scope.last_day,
        previous_month=scope.previous_month,
        plan=header(plan),
        made_at=made_at,
        journal_position=journal.position(session),
        rows=plan.rows,
        indicators=tuple(figures.proven(session, scope, item) for item in found),
        audiences=_audiences(session, scope, seen),
        territories=_territories(session, scope, seen),
        inquiries=_inquiries(session, scope, seen),
        events=_events(session, scope, seen),
        restatements=restatements.changes(session, scope, measured, reports),
        actions=actions(scope, found),
    )


def header(plan: Plan) -> PlanHeader:
    """The plan as documents print it."""
    return PlanHeader(
        code=plan.code,
        title=plan.title,
        customer=plan.customer,
        contractor=plan.contractor,
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        readings=plan.readings,
    )


def actions(scope: Scope, found: tuple[Indicator, ...]) -> tuple[NextAction, ...]:
    """What to do next, as the month's figures ask for it."""
    window = due.window(scope.month, scope.plan.starts_on)
    moment = Moment(
        through=scope.through,
        window="/".join(window),
        # Its own mailing is nothing that anybody else could send.
        measurable=frozenset(figures.FIGURES) - {restatements.OWN_MAILING},
    )
    return next_actions(found, moment)


Seen = dict[str, dt.datetime]


def _known(scope: Scope, seen: Seen, *types: str) -> bool:
    return any(name in seen and seen[name] < scope.end for name in types)


def _audiences(session: Session, scope: Scope, seen: Seen) -> tuple[AudienceLine, ...] | None:
    there = _known(scope, seen, "client_added", "client_changed")
    return base_state.audiences(session, scope) if there else None


def _territories(session: Session, scope: Scope, seen: Seen) -> tuple[TerritoryLine, ...] | None:
    there = _known(scope, seen, "client_added", "client_changed")
    return base_state.territories(session, scope) if there else None


def _inquiries(session: Session, scope: Scope, seen: Seen) -> Inquiries | None:
    there = _known(scope, seen, "inquiry_accepted", "inquiry_resolved", "inquiry_reopened")
    return inquiries.chapter(session, scope) if there else None


def _events(session: Session, scope: Scope, seen: Seen) -> tuple[OnlineEvent, ...] | None:
    if not _known(scope, seen, "event_closed"):
        return None
    return events.chapter(session, scope, scope.plan.figure("R9"))
