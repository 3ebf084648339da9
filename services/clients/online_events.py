"""Online events, found and locked by the portal's (source, ref)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import inbox
from services.clients.models_events import OnlineEvent


def find(session: Session, source: str, ref: str) -> OnlineEvent | None:
    """Return an online event, locked for a change; None = unknown."""
    query = select(OnlineEvent).filter_by(source=source, ref=ref).with_for_update()
    return session.scalars(query).one_or_none()


def known(session: Session, source: str, ref: str) -> OnlineEvent:
    """Return an online event, locked for a change; raises ``Waiting`` when it is unknown."""
    online = find(session, source, ref)
    if online is None:
        raise inbox.waiting(waiting_key(source, ref))
    return online


def waiting_key(source: str, ref: str) -> str:
    """Return the name under which facts wait for an online event."""
    return f"event:{source}:{ref}"
