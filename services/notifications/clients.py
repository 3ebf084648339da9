"""What a new or changed client sets going: a welcome, and what they nearly missed."""

from sqlalchemy.orm import Session

from chassis.errors import Ignored
from contracts.clients import ClientAddedV1, ClientChangedV1
from contracts.envelope import Event
from services.notifications import notices, online_events, recipients
from services.notifications.notices import Occasion
from services.notifications.rules.notices import WELCOME


def add(session: Session, event: Event[ClientAddedV1]) -> None:
    """Know the client and greet who registered on the portal.

    An imported or typed record has not registered and is not greeted. Online events that were
    announced after the client came, but heard of before, are told now.
    """
    online_events.await_announcements(session)
    recipients.note(session, event)
    if event.data.portal_registered_at is not None:
        _welcome(session, event.data)
    online_events.invite(session, event.data.client_id, since=event.time)


def change(session: Session, event: Event[ClientChangedV1]) -> None:
    """Know the client as they are now; raises ``Ignored`` for a snapshot older than ours."""
    if not recipients.note(session, event):
        raise Ignored("older_snapshot", f"client {event.data.client_id}")


def _welcome(session: Session, data: ClientAddedV1) -> None:
    occasion = Occasion(
        notice=WELCOME,
        run=f"{WELCOME}:{data.client_id}",
        about_type="client",
        about_ref=str(data.client_id),
        since=data.portal_registered_at,
    )
    client = recipients.known(session, data.client_id, occasion.rule)
    if client is not None:
        notices.tell(session, occasion, [client])
