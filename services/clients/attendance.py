"""Attendance at online events: stays of one person merged, counted anew with every fact.

What an attendance counts for follows from its stays, the event's end and minimum, and who the
attendee was at that time (rules/attending, rules/standing); so the order of arrival is free.
Locks are taken in one order everywhere: first the client, then the organisations, then the event.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.db import new_id
from chassis.outbox import emit
from contracts.clients import AttendanceCountedV1
from contracts.envelope import Event
from contracts.portal import EventAttendedV1
from services.clients import closings, keys, online_events, participants
from services.clients.models_events import Attendance, OnlineEvent, StayRow
from services.clients.rules import attending
from services.clients.rules.attending import Stay
from services.clients.snapshots import fingerprint


def attend(session: Session, event: Event[EventAttendedV1]) -> None:
    """Add a stay to the attendance of one person; waits for the client and for the event.

    A stay that was reported before changes nothing; a new one after the event was held closes
    the event anew.
    """
    data = event.data
    client = (
        keys.known(session, event.source, data.client_ref, shared=True) if data.client_ref else None
    )
    if client:
        participants.hold_bodies(session, client.id)
    online = online_events.known(session, event.source, data.event_ref)
    found = _attendance_of(session, online, data, client_id=client.id if client else None)
    if _add_stay(session, found, Stay(data.joined_at, data.left_at)):
        count(session, online, [found], at=event.time)
        closings.close(session, online, at=event.time, anew=True)


def recount(session: Session, online: OnlineEvent, *, at: datetime) -> None:
    """Count all attendance of an event anew and close it anew if that changes it."""
    session.flush()
    rows = session.scalars(select(Attendance).where(Attendance.event_id == online.id))
    count(session, online, list(rows), at=at)
    closings.close(session, online, at=at)


def recount_people(session: Session, client_ids: list[UUID], *, at: datetime) -> None:
    """Count the attendance of people anew, because who they are or were has changed."""
    attended = select(Attendance.event_id).where(Attendance.client_id.in_(client_ids))
    query = select(OnlineEvent).where(OnlineEvent.id.in_(attended)).order_by(OnlineEvent.id)
    for online in session.scalars(query.with_for_update()).all():
        rows = select(Attendance).where(
            Attendance.event_id == online.id, Attendance.client_id.in_(client_ids)
        )
        count(session, online, list(session.scalars(rows)), at=at)
        closings.close(session, online, at=at)


def count(session: Session, online: OnlineEvent, rows: list[Attendance], *, at: datetime) -> None:
    """Compute what attendances count for; emit those that changed."""
    stays = _stays(session, [row.id for row in rows])
    started = online.started_at or online.starts_at
    standing = participants.standing(session, [row.client_id for row in rows], at=started)
    end = attending.end_of(online.ended_at, online.ends_at, online.held_at, started=started)
    for row in sorted(rows, key=lambda row: row.attendee):
        own = attending.effective(stays[row.id])
        row.stays = len(own)
        row.minutes = attending.minutes(own, end, start=started)
        row.counts = attending.counts(row.minutes, online.min_minutes)
        if row.client_id:
            row.audience, row.lsg = standing[row.client_id]
        _announce(session, online, row, at=at)
    session.flush()


def _announce(session: Session, online: OnlineEvent, row: Attendance, *, at: datetime) -> None:
    counted = AttendanceCountedV1(
        event_id=online.id,
        event_ref=online.ref,
        attendee=row.attendee,
        minutes=row.minutes,
        counts=row.counts,
        stays=row.stays,
        client_id=row.client_id,
        audience=row.audience,
    )
    print_of = fingerprint(counted)
    if print_of != row.announced:
        row.announced = print_of
        row.version += 1
        emit(session, counted, at=at, subject=str(row.id), sequence=row.version)


def _attendance_of(
    session: Session, online: OnlineEvent, data: EventAttendedV1, *, client_id: UUID | None
) -> Attendance:
    """Return the row of the distinct person; the event is locked, so nobody else makes it."""
    named = None if client_id else data.attendee
    email = named.email if named else None
    name = named.display_name if named else None
    attendee = attending.attendee_key(client_id, email, name)
    query = select(Attendance).filter_by(event_id=online.id, attendee=attendee)
    found = session.scalars(query).one_or_none()
    if found is None:
        found = Attendance(
            id=new_id(),
            event_id=online.id,
            attendee=attendee,
            client_id=client_id,
            display_name=name,
            email=email,
            minutes=0,
            counts=False,
            stays=0,
            lsg=False,
            version=0,
        )
        session.add(found)
        session.flush()
    return found


def _add_stay(session: Session, found: Attendance, stay: Stay) -> bool:
    """Keep a stay; return False when it is known already."""
    if stay in _stays(session, [found.id])[found.id]:
        return False
    session.add(StayRow(attendance_id=found.id, joined_at=stay.joined_at, left_at=stay.left_at))
    session.flush()
    return True


def _stays(session: Session, ids: Iterable[UUID]) -> dict[UUID, list[Stay]]:
    found: dict[UUID, list[Stay]] = {attendance_id: [] for attendance_id in ids}
    for row in session.scalars(select(StayRow).where(StayRow.attendance_id.in_(found))):
        found[row.attendance_id].append(Stay(row.joined_at, row.left_at))
    return found
