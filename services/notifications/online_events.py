"""Online events as their readers know them: announced, changed, cancelled, registered, attended.

A portal's facts come in any order: what comes before its event or its client waits for it, and
the newest word counts (``event_state``). Corrections go only to those who were told or who
registered; who has attended already gets none. An audience that is added later is invited then.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import clock, inbox
from chassis.db import take_turn
from chassis.errors import Ignored
from chassis.outgoing import OPEN, QUEUED, SENDING, SENT, OutgoingMail
from contracts.envelope import Event
from contracts.portal import (
    EventAnnouncedV1,
    EventAttendedV1,
    EventCancelledV1,
    EventChangedV1,
    EventRegisteredV1,
)
from services.notifications import event_state, notices, recipients
from services.notifications.models import OnlineEvent, Participation, Recipient
from services.notifications.notices import Occasion
from services.notifications.rules.notices import EVENT_CANCELLED, EVENT_CHANGED, EVENT_NOTICE
from services.notifications.rules.reasons import CANCELLED

# An advisory lock: clients who arrive share it, an announcement has it for itself.
ARRIVALS = 5_102_022


def announce(session: Session, event: Event[EventAnnouncedV1]) -> None:
    """Tell everybody of the event's audiences; announced again, it counts as a change.

    An announcement that is newer than a cancellation says that the event takes place after all.
    """
    _let_nobody_arrive(session)
    if _find(session, event.source, event.data.event_ref) is not None:
        change(session, event)
        return
    online = OnlineEvent(source=event.source, ref=event.data.event_ref, announced_at=event.time)
    online.version, online.field_times, online.invited = 0, {}, 0
    event_state.apply(online, event.data, at=event.time, whole=True)
    session.add(online)
    session.flush()
    inbox.release(session, f"event:{event.source}:{event.data.event_ref}")
    _invite(session, online)


def await_announcements(session: Session) -> None:
    """Let no announcement run beside this transaction: each would miss the other's rows."""
    take_turn(session, ARRIVALS, shared=True)


def invite(session: Session, client_id: UUID, *, since: datetime) -> None:
    """Invite a client whose arrival at ``since`` came before an announcement heard of earlier.

    ``await_announcements`` must have been called before the client was written.
    """
    query = select(OnlineEvent).where(
        OnlineEvent.announced_at >= since,
        OnlineEvent.starts_at > clock.now(),
        OnlineEvent.cancelled_at.is_(None),
    )
    for online in session.scalars(query.order_by(OnlineEvent.id)):
        _invite(session, online, Recipient.id == client_id)


def change(session: Session, event: Event[EventChangedV1] | Event[EventAnnouncedV1]) -> None:
    """Take over what is newer; correct those who were told when they would care."""
    if event.data.audiences:
        _let_nobody_arrive(session)
    online = _get(session, event.source, event.data.event_ref)
    before, asked = event_state.what_readers_know(online), event_state.who_is_asked(online)
    renewed = isinstance(event.data, EventAnnouncedV1) and event_state.renew(online, event.time)
    if not event_state.apply(online, event.data, at=event.time) and not renewed:
        raise Ignored("older_change", f"event {online.ref}")
    if online.cancelled_at is not None:
        return
    if event_state.what_readers_know(online) != before:
        online.version += 1
        _correct(session, online, EVENT_CHANGED)
    if event_state.who_is_asked(online) != asked:
        registered = select(Participation.client_id).where(Participation.event_id == online.id)
        _invite(session, online, Recipient.id.not_in(registered))


def cancel(session: Session, event: Event[EventCancelledV1]) -> None:
    """Tell those who were told that it will not take place, once.

    Raises ``Ignored`` when they know, and when the event was announced anew since.
    """
    online = _get(session, event.source, event.data.event_ref)
    if event.time < event_state.announced_last(online):
        raise Ignored("announced_since", f"event {online.ref}")
    known_at = online.cancelled_at
    taken = event_state.apply(online, event.data, at=event.time)
    if known_at is None or event.time > known_at:
        online.cancelled_at, online.cancel_reason = event.time, event.data.reason
    elif not taken:
        raise Ignored("already_cancelled", f"event {online.ref}")
    if known_at is None:
        online.version += 1
        _correct(session, online, EVENT_CANCELLED)


def register(session: Session, event: Event[EventRegisteredV1]) -> None:
    """Keep who registered: they are told of changes like those who got the notice.

    A registration that is heard of after the change which it came before gets that change now;
    who got the notice, or will get it, is corrected by way of it.
    """
    online = _get(session, event.source, event.data.event_ref)
    client_id = recipients.client_id_of(session, event.source, event.data.client_ref)
    _take_part(session, online.id, client_id, "registered_at", event.time)
    missed = event_state.correction_since(online, event.time)
    if missed and not _has_notice(session, online, client_id):
        _tell(session, online, missed, Recipient.id == client_id)


def attend(session: Session, event: Event[EventAttendedV1]) -> None:
    """Keep who came, by reference or by mail address; strangers are of no concern here."""
    online = _get(session, event.source, event.data.event_ref)
    client_id = _attendee(session, event.source, event.data)
    if client_id is None:
        raise Ignored("stranger", f"event {online.ref}")
    _take_part(session, online.id, client_id, "attended_at", event.data.joined_at or event.time)


def _let_nobody_arrive(session: Session) -> None:
    """Let no client arrive beside this transaction, which invites whole audiences."""
    take_turn(session, ARRIVALS)


def _find(session: Session, source: str, ref: str) -> OnlineEvent | None:
    """The event, locked: changes of one event are taken one after the other."""
    query = select(OnlineEvent).where(OnlineEvent.source == source, OnlineEvent.ref == ref)
    return session.scalars(query.with_for_update()).one_or_none()


def _get(session: Session, source: str, ref: str) -> OnlineEvent:
    online = _find(session, source, ref)
    if online is None:
        raise inbox.waiting(f"event:{source}:{ref}")
    return online


def _has_notice(session: Session, online: OnlineEvent, client_id: UUID) -> bool:
    """Whether a client got the event's notice or will get it."""
    query = select(OutgoingMail.id).where(
        OutgoingMail.run == f"{EVENT_NOTICE}:{online.id}",
        OutgoingMail.meta["client_id"].as_string() == str(client_id),
        OutgoingMail.state.in_((*OPEN, SENT)),
    )
    return session.scalar(query) is not None


def _occasion(online: OnlineEvent, notice: str) -> Occasion:
    run = f"{notice}:{online.id}"
    return Occasion(
        notice=notice,
        run=run if notice == EVENT_NOTICE else f"{run}:v{online.version}",
        about_type="event",
        about_ref=online.ref,
        since=online.starts_at,
        audiences=online.audiences,
        facts={"event_id": str(online.id), "version": online.version},
    )


def _invite(session: Session, online: OnlineEvent, *where: Any) -> None:
    """Invite who belongs to the event's audiences, fits ``where`` and was not invited yet."""
    told = _tell(session, online, EVENT_NOTICE, recipients.in_audiences(online.audiences), *where)
    if told:
        # Counted by the database: clients who arrive beside each other may be invited at once.
        count = update(OnlineEvent).where(OnlineEvent.id == online.id)
        session.execute(count.values(invited=OnlineEvent.invited + told))


def _correct(session: Session, online: OnlineEvent, notice: str) -> None:
    readers = _told(session, online, still_to_come=notice == EVENT_CHANGED)
    _tell(session, online, notice, Recipient.id.in_(readers))


def _tell(session: Session, online: OnlineEvent, notice: str, *where: Any) -> int:
    occasion = _occasion(online, notice)
    return notices.tell(session, occasion, recipients.known_all(session, occasion.rule, *where))


def _told(session: Session, online: OnlineEvent, *, still_to_come: bool) -> set[UUID]:
    """Who knows of the event: told or registered, and not there already.

    A notice that has not left yet will carry the new facts (``still_to_come``) or will not leave
    at all, so its reader needs no correction; one being sent may carry the old ones. One that did
    not leave because the event was cancelled is as good as told: its reader has to hear when the
    event takes place after all. The rows are locked: a sender that claims one now composes it
    after this change is committed.
    """
    query = (
        select(OutgoingMail.meta["client_id"].as_string(), OutgoingMail.state, OutgoingMail.reason)
        .where(OutgoingMail.run == f"{EVENT_NOTICE}:{online.id}")
        .with_for_update()
    )
    rows = [(UUID(client_id), *rest) for client_id, *rest in session.execute(query)]
    parts = session.scalars(select(Participation).where(Participation.event_id == online.id)).all()
    told = {
        client_id
        for client_id, state, reason in rows
        if state in (SENT, SENDING) or reason == CANCELLED
    }
    told |= _who(parts, "registered_at")
    if still_to_come:
        told -= {client_id for client_id, state, _ in rows if state == QUEUED}
    return told - _who(parts, "attended_at")


def _who(parts: Iterable[Participation], what: str) -> set[UUID]:
    return {part.client_id for part in parts if getattr(part, what)}


def _attendee(session: Session, source: str, data: EventAttendedV1) -> UUID | None:
    if data.client_ref:
        return recipients.client_id_of(session, source, data.client_ref)
    email = data.attendee.email if data.attendee else None
    return recipients.client_id_by_email(session, email) if email else None


def _take_part(session: Session, event_id: UUID, client_id: UUID, what: str, at: datetime) -> None:
    statement = insert(Participation).values(event_id=event_id, client_id=client_id, **{what: at})
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Participation.event_id, Participation.client_id], set_={what: at}
        )
    )
