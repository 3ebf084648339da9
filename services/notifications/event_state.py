"""An online event as the newest facts have it: its fields, and whether it takes place.

Facts come in any order. Of two that speak of one field the one with the newer time counts, and so
it is with announcements and cancellations: one that is announced after a cancellation takes place
after all, whichever of the two is heard of first.
"""

from datetime import datetime
from typing import Any

from contracts.parts import Words
from contracts.portal import EventAnnouncedV1, EventCancelledV1, EventChangedV1
from services.notifications.models import OnlineEvent
from services.notifications.rules.notices import EVENT_CANCELLED, EVENT_CHANGED

FIELDS = ("title", "starts_at", "ends_at", "kind", "url", "audiences")
# A change of anything else is not worth a mail.
READERS_CARE = ("title", "starts_at", "ends_at", "url")
# Stands beside the fields: when the event was announced last.
ANNOUNCED = "announced"


def apply(
    online: OnlineEvent,
    data: EventAnnouncedV1 | EventChangedV1 | EventCancelledV1,
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


def renew(online: OnlineEvent, at: datetime) -> bool:
    """Note a newer announcement, which lifts a cancellation from before it; False: an older one."""
    if at <= announced_last(online):
        return False
    online.field_times = {**online.field_times, ANNOUNCED: at.isoformat()}
    if online.cancelled_at and at > online.cancelled_at:
        online.cancelled_at = online.cancel_reason = None
    return True


def announced_last(online: OnlineEvent) -> datetime:
    """When it was announced, or announced anew."""
    last = online.field_times.get(ANNOUNCED)
    return datetime.fromisoformat(last) if last else online.announced_at


def what_readers_know(online: OnlineEvent) -> list[Any]:
    """What a reader who was told has to hear of when it becomes something else."""
    return [online.cancelled_at is None, *(getattr(online, name) for name in READERS_CARE)]


def who_is_asked(online: OnlineEvent) -> list[Any]:
    """Who may come at all: nobody, everybody or some audiences."""
    return [online.cancelled_at is None, online.audiences]


def correction_since(online: OnlineEvent, at: datetime) -> str | None:
    """The correction for somebody who knows the event as it was at ``at``, if there is one."""
    if online.cancelled_at is not None:
        return EVENT_CANCELLED if at < online.cancelled_at else None
    times = [online.field_times[name] for name in READERS_CARE if name in online.field_times]
    changed_at = max(map(datetime.fromisoformat, times))
    return EVENT_CHANGED if online.version and at < changed_at else None


def _plain(value: Any) -> Any:
    if isinstance(value, Words):
        return {lang: text for lang in ("ru", "ky", "en") if (text := getattr(value, lang))}
    return value
