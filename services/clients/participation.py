"""Online events and who registered for them, as the portal announces, changes, cancels, holds.

Facts of one event may arrive in any order: each field is set by the newest fact that spoke of
it, and the state follows from the newest announcement, cancellation and holding.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import inbox
from chassis.db import new_id
from contracts.envelope import Event
from contracts.portal import (
    EventAnnouncedV1,
    EventCancelledV1,
    EventChangedV1,
    EventHeldV1,
    EventRegisteredV1,
)
from services.clients import attendance, keys, locks, online_events
from services.clients.models_events import EventRegistration, OnlineEvent
from services.clients.rules import attending, merging
from services.clients.rules.folding import fold

Fields = dict[str, object]


def announce(session: Session, event: Event[EventAnnouncedV1]) -> None:
    """Add an online event, or announce the one of the same source and ref anew."""
    data = event.data
    key = online_events.waiting_key(event.source, data.event_ref)
    locks.hold(session, key)
    online = online_events.find(session, event.source, data.event_ref)
    is_new = online is None
    if online is None:
        online = OnlineEvent(id=new_id(), source=event.source, ref=data.event_ref)
        online.state, online.field_times, online.version = attending.ANNOUNCED, {}, 0
    _write(online, event, _described(data) | {"announced": True})
    session.add(online)
    session.flush()
    if is_new:
        inbox.release(session, key)
    else:
        attendance.recount(session, online, at=event.time)


def change(session: Session, event: Event[EventChangedV1]) -> None:
    """Change what a fact speaks of and count the attendance anew; waits for the announcement."""
    online = online_events.known(session, event.source, event.data.event_ref)
    _write(online, event, _described(event.data))
    attendance.recount(session, online, at=event.time)


def cancel(session: Session, event: Event[EventCancelledV1]) -> None:
    """Note that an event will not take place; one that was counted already counts no more."""
    online = online_events.known(session, event.source, event.data.event_ref)
    fields = _described(event.data) | {"cancelled": True, "cancel_reason": event.data.reason}
    _write(online, event, fields)
    attendance.recount(session, online, at=event.time)


def hold(session: Session, event: Event[EventHeldV1]) -> None:
    """Note that an event took place and is over, and count who was there."""
    data = event.data
    online = online_events.known(session, event.source, data.event_ref)
    times: Fields = {"started_at": _utc(data.started_at), "ended_at": _utc(data.ended_at)}
    _write(online, event, times | {"held": True, "held_at": event.time})
    attendance.recount(session, online, at=event.time)


def register(session: Session, event: Event[EventRegisteredV1]) -> None:
    """Note that a client means to come; waits for the event and for the client.

    The first registration stays when it is reported again.
    """
    data = event.data
    client = keys.known(session, event.source, data.client_ref, shared=True)
    online = online_events.known(session, event.source, data.event_ref)
    statement = insert(EventRegistration).values(
        event_id=online.id, client_id=client.id, registered_at=event.time
    )
    earlier = EventRegistration.registered_at > statement.excluded.registered_at
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["event_id", "client_id"],
            set_={"registered_at": statement.excluded.registered_at},
            where=earlier,
        )
    )


def _described(data: EventAnnouncedV1 | EventChangedV1 | EventCancelledV1) -> Fields:
    title = data.title
    return {
        "title_ru": title and title.ru,
        "title_ky": title and title.ky,
        "title_en": title and title.en,
        "starts_at": _utc(data.starts_at),
        "ends_at": _utc(data.ends_at),
        "kind": data.kind,
        "topic": data.topic,
        "url": data.url,
        "audiences": data.audiences,
        "min_minutes": data.min_minutes,
    }


# Fields that are marks only: what was the newest fact of this kind?
STEPS = ("announced", "cancelled", "held")


def _write(online: OnlineEvent, event: Event[Any], values: Fields) -> None:
    this = merging.mark(event.time, event.id)
    changed = merging.newer(online.field_times, values, this)
    for name in changed.keys() - set(STEPS):
        setattr(online, name, changed[name])
    marks = online.field_times | dict.fromkeys(changed, this)
    online.field_times = marks
    online.state = attending.state(*(marks.get(step) for step in STEPS))
    words = (online.title_ru, online.title_ky, online.title_en, online.topic)
    online.search_text = fold(" ".join(word for word in words if word))


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at else None
