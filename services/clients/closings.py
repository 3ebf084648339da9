"""Closings: an event that was held, counted as a whole (ToR row 9, figure R9).

``event_closed`` is a whole snapshot; a later one has a higher ``sequence``. A cancelled event
that was closed before is closed anew as not held: nobody counts for it.
"""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.outbox import emit
from contracts.clients import EventClosedV1, Participant
from contracts.parts import Words
from services.clients.models_events import Attendance, OnlineEvent
from services.clients.rules import attending
from services.clients.snapshots import fingerprint


def close(session: Session, online: OnlineEvent, *, at: datetime, anew: bool = False) -> None:
    """Emit ``event_closed`` if the event was held and its count changed (or ``anew`` anyway).

    ``at`` is the time of the fact that caused it.
    """
    held = online.state == attending.HELD
    if not held and not online.closed:
        return
    session.flush()
    closed = _snapshot(online, _counted(session, online) if held else [])
    print_of = fingerprint(closed)
    if print_of == online.closed and not (anew and held):
        return
    online.closed = print_of
    online.version += 1
    emit(session, closed, at=at, subject=online.ref, sequence=online.version)


def _snapshot(online: OnlineEvent, counted: list[Attendance]) -> EventClosedV1:
    return EventClosedV1(
        event_id=online.id,
        event_ref=online.ref,
        title=Words(ru=online.title_ru, ky=online.title_ky, en=online.title_en),
        starts_at=(online.started_at or online.starts_at).astimezone(UTC),
        participants=len(counted),
        lsg_participants=sum(row.lsg for row in counted),
        counts=attending.qualifies(counted),
        attendees=[
            Participant(
                attendee=row.attendee,
                minutes=row.minutes,
                client_id=row.client_id,
                audience=row.audience,
            )
            for row in counted
        ],
        topic=online.topic,
        held=online.state == attending.HELD,
    )


def _counted(session: Session, online: OnlineEvent) -> list[Attendance]:
    query = select(Attendance).where(Attendance.event_id == online.id, Attendance.counts)
    return list(session.scalars(query.order_by(Attendance.attendee)))
