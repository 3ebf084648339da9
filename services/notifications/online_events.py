"""Online events as their readers know them: announced, changed, cancelled, registered, attended.

A portal's facts come in any order: what comes before its event or its client waits for it, and of
two facts about one field the one with the newer time counts. Corrections go only to those who
were told or who registered; who has attended already gets none.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import clock, inbox
from chassis.errors import Ignored
from chassis.outgoing import OPEN, SENDING, SENT, OutgoingMail
from contracts.envelope import Event
from contracts.parts import Words
from contracts.portal import (
    EventAnnouncedV1,
    EventAttendedV1,
    EventCancelledV1,
    EventChangedV1,
    EventRegisteredV1,
)
from services.notifications import notices, recipients
from services.notifications.models import OnlineEvent, Participation, Recipient
from services.notifications.notices import Occasion
from services.notifications.rules.notices import EVENT_CANCELLED, EVENT_CHANGED, EVENT_NOTICE

FIELDS = ("title", "starts_at", "ends_at", "kind", "url", "audiences")
# An advisory lock: clients who arrive share it, an announcement has it for itself.
ARRIVALS = 5_102_022
# A change of anything else is not worth a mail.
READERS_CARE = ("title", "starts_at", "ends_at", "url")


def announce(session: Session, event: Event[EventAnnouncedV1]) -> None:
    """Tell everybody of the event's audiences; announced again, it counts as a change."""
    session.execute(select(func.pg_advisory_xact_lock(ARRIVALS)))
    if _find(session, event.source, event.data.event_ref) is not None:
        change(session, event)
        return
    online = OnlineEvent(source=event.source, ref=event.data.event_ref, announced_at=event.time)
    online.version, online.field_times = 0, {}
    _apply(online, event.data, at=event.time, whole=True)
    session.add(online)
    session.flush()
    inbox.release(session, f"event:{event.source}:{event.data.event_ref}")
    occasion = _occasion(online, EVENT_NOTICE)
    where = recipients.in_audiences(online.audiences)
    notices.tell(session, occasion, recipients.known_all(session, occasion.rule, where))


def await_announcements(session: Session) -> None:
    """Let no announcement run beside this transaction: each would miss the other's rows."""
    session.execute(select(func.pg_advisory_xact_lock_shared(ARRIVALS)))


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
        occasion = _occasion(online, EVENT_NOTICE)
        where = (Recipient.id == client_id, recipients.in_audiences(online.audiences))
        notices.tell(session, occasion, recipients.known_all(session, occasion.rule, *where))


def change(session: Session, event: Event[EventChangedV1] | Event[EventAnnouncedV1]) -> None:
    """Take over what is newer; correct those who were told when they would care."""
    online = _get(session, event.source, event.data.event_ref)
    before = _what_readers_know(online)
    if not _apply(online, event.data, at=event.time):
        raise Ignored("older_change", f"event {online.ref}")
    if online.cancelled_at is None and _what_readers_know(online) != before:
        online.version += 1
        _correct(session, online, EVENT_CHANGED)


def cancel(session: Session, event: Event[EventCancelledV1]) -> None:
    """Tell those who were told that it will not take place; raises ``Ignored`` when they know."""
    online = _get(session, event.source, event.data.event_ref)
    if online.cancelled_at is not None:
        raise Ignored("already_cancelled", f"event {online.ref}")
    online.cancelled_at, online.cancel_reason = event.time, event.data.reason
    online.version += 1
    _correct(session, online, EVENT_CANCELLED)


def register(session: Session, event: Event[EventRegisteredV1]) -> None:
    """Keep who registered: they are told of changes like those who got the notice."""
    online = _get(session, event.source, event.data.event_ref)
    client_id = recipients.client_id_of(session, event.source, event.data.client_ref)
    _take_part(session, online.id, client_id, "registered_at", event.time)


def attend(session: Session, event: Event[EventAttendedV1]) -> None:
    """Keep who came, by reference or by mail address; strangers are of no concern here."""
    online = _get(session, event.source, event.data.event_ref)
    client_id = _attendee(session, event.source, event.data)
    if client_id is None:
        raise Ignored("stranger", f"event {online.ref}")
    _take_part(session, online.id, client_id, "attended_at", event.data.joined_at)


def _find(session: Session, source: str, ref: str) -> OnlineEvent | None:
    """The event, locked: changes of one event are taken one after the other."""
    query = select(OnlineEvent).where(OnlineEvent.source == source, OnlineEvent.ref == ref)
    return session.scalars(query.with_for_update()).one_or_none()


def _get(session: Session, source: str, ref: str) -> OnlineEvent:
    online = _find(session, source, ref)
    if online is None:
        raise inbox.waiting(f"event:{source}:{ref}")
    return online


def _apply(
    online: OnlineEvent,
    data: EventAnnouncedV1 | EventChangedV1,
    *,
    at: datetime,
    whole: bool = False,
) -> bool:
    """Take over the fields that are newer; with ``whole`` absent ones too. False: nothing was."""
    taken = {}
    for name in FIELDS:
        value = getattr(data, name)
        known_at = online.field_times.get(name)
        if (value is not None or whole) and not (
            known_at and at <= datetime.fromisoformat(known_at)
        ):
            setattr(online, name, _plain(value))
            taken[name] = at.isoformat()
    online.field_times = {**online.field_times, **taken}
    return bool(taken)


def _plain(value: Any) -> Any:
    if isinstance(value, Words):
        return {lang: text for lang in ("ru", "ky", "en") if (text := getattr(value, lang))}
    return value


def _what_readers_know(online: OnlineEvent) -> list[Any]:
    return [getattr(online, name) for name in READERS_CARE]


def _occasion(online: OnlineEvent, notice: str) -> Occasion:
    run = f"{notice}:{online.id}"
    return Occasion(
        notice=notice,
        run=f"{run}:v{online.version}" if notice == EVENT_CHANGED else run,
        about_type="event",
        about_ref=online.ref,
        since=online.starts_at,
        audiences=online.audiences,
        facts={"event_id": str(online.id), "version": online.version},
    )


def _correct(session: Session, online: OnlineEvent, notice: str) -> None:
    occasion = _occasion(online, notice)
    readers = _told(session, online, still_to_come=notice == EVENT_CHANGED)
    where = Recipient.id.in_(readers)
    notices.tell(session, occasion, recipients.known_all(session, occasion.rule, where))


def _told(session: Session, online: OnlineEvent, *, still_to_come: bool) -> set[UUID]:
    """Who knows of the event: told or registered, and not there already.

    A notice that has not left yet will carry the new facts (``still_to_come``) or will not leave
    at all, so its reader needs no correction; one being sent may carry the old ones. The rows are
    locked: a sender that claims one now composes it after this change is committed.
    """
    query = (
        select(OutgoingMail.meta["client_id"].as_string(), OutgoingMail.state)
        .where(OutgoingMail.run == f"{EVENT_NOTICE}:{online.id}")
        .with_for_update()
    )
    rows = [(UUID(client_id), state) for client_id, state in session.execute(query)]
    parts = session.scalars(select(Participation).where(Participation.event_id == online.id)).all()
    told = {client_id for client_id, state in rows if state in (SENT, SENDING)}
    told |= _who(parts, "registered_at")
    if still_to_come:
        told -= {client_id for client_id, state in rows if state in OPEN and state != SENDING}
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
