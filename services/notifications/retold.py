"""What this service did by itself, brought back into a restored ledger from the facts it told."""

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.outgoing import OPEN, SENT, SKIPPED, OutgoingMail
from contracts.envelope import Event
from contracts.notifications import ClientUnsubscribedV1, DeliveriesSettledV1
from services.notifications.models import Unsubscription

REPLAYED = "replayed"


def settled(session: Session, event: Event[DeliveriesSettledV1]) -> None:
    """Note what became of mails, so that none of them is sent again."""
    for row in event.data.rows:
        session.execute(
            update(OutgoingMail)
            .where(OutgoingMail.id == row.delivery_id)
            .values(
                state=SENT if row.state == "delivered" else row.state,
                reason=row.reason,
                settled_at=row.at,
                lease_until=None,
                announced=True,
            )
        )


def unsubscribed(session: Session, event: Event[ClientUnsubscribedV1]) -> None:
    """Heed an unsubscription again."""
    data = event.data
    statement = insert(Unsubscription).values(
        client_id=data.client_id, topic=data.topic, channel=data.channel, at=data.at
    )
    session.execute(statement.on_conflict_do_nothing())


def spare_staff(session: Session) -> None:
    """Let alerts to staff be that a replay has queued: they are told of nobody, and were sent."""
    session.execute(
        update(OutgoingMail)
        .where(OutgoingMail.recipient.startswith("staff:"), OutgoingMail.state.in_(OPEN))
        .values(state=SKIPPED, reason=REPLAYED, settled_at=OutgoingMail.queued_at, announced=True)
    )
