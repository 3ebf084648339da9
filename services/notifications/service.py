"""The notifications service: what it hears, offers and does by itself."""

from typing import Any

from sqlalchemy.orm import Session

from chassis.listen import listens
from chassis.retell import retells
from chassis.rpc import rpc
from chassis.service import Service
from chassis.settings import settings
from chassis.ticks import every
from contracts.clients import ClientAddedV1, ClientChangedV1, ConsentRecordedV1
from contracts.envelope import Event
from contracts.feedback import InquiryAcceptedV1, InquiryAnsweredV1, InquiryOverdueV1
from contracts.notifications import ClientUnsubscribedV1, DeliveriesSettledV1
from contracts.portal import (
    EventAnnouncedV1,
    EventAttendedV1,
    EventCancelledV1,
    EventChangedV1,
    EventRegisteredV1,
)
from services.notifications import (
    agreement,
    clients,
    delivery,
    inquiries,
    online_events,
    queries,
    receipts,
    recipients,
    retold,
    suppression,
    trial,
)


class NotificationsService(Service):
    """Mails clients what concerns them and says what became of each mail."""

    name = "notifications"
    checks = (agreement.runs,)

    @listens("clients", ClientAddedV1)
    def on_client_added(self, session: Session, event: Event[ClientAddedV1]) -> None:
        """Know the client; greet who registered on the portal."""
        clients.add(session, event)

    @listens("clients", ClientChangedV1)
    def on_client_changed(self, session: Session, event: Event[ClientChangedV1]) -> None:
        """Know the client as they are now."""
        clients.change(session, event)

    @listens("clients", ConsentRecordedV1)
    def on_consent_recorded(self, session: Session, event: Event[ConsentRecordedV1]) -> None:
        """Heed what the client allowed or withdrew."""
        recipients.record_consent(session, event)

    @listens("portal", EventAnnouncedV1)
    def on_event_announced(self, session: Session, event: Event[EventAnnouncedV1]) -> None:
        """Invite the event's audiences."""
        online_events.announce(session, event)

    @listens("portal", EventChangedV1)
    def on_event_changed(self, session: Session, event: Event[EventChangedV1]) -> None:
        """Correct what readers were told."""
        online_events.change(session, event)

    @listens("portal", EventCancelledV1)
    def on_event_cancelled(self, session: Session, event: Event[EventCancelledV1]) -> None:
        """Tell that it will not take place."""
        online_events.cancel(session, event)

    @listens("portal", EventRegisteredV1)
    def on_event_registered(self, session: Session, event: Event[EventRegisteredV1]) -> None:
        """Know who wants to come."""
        online_events.register(session, event)

    @listens("portal", EventAttendedV1)
    def on_event_attended(self, session: Session, event: Event[EventAttendedV1]) -> None:
        """Know who is there."""
        online_events.attend(session, event)

    @listens("feedback", InquiryAcceptedV1)
    def on_inquiry_accepted(self, session: Session, event: Event[InquiryAcceptedV1]) -> None:
        """Send the receipt."""
        inquiries.accept(session, event)

    @listens("feedback", InquiryAnsweredV1)
    def on_inquiry_answered(self, session: Session, event: Event[InquiryAnsweredV1]) -> None:
        """Send the answer."""
        inquiries.answer(session, event)

    @listens("feedback", InquiryOverdueV1)
    def on_inquiry_overdue(self, session: Session, event: Event[InquiryOverdueV1]) -> None:
        """Alert staff."""
        inquiries.alert(session, event)

    @retells(DeliveriesSettledV1)
    def retell_settled(self, session: Session, event: Event[DeliveriesSettledV1]) -> None:
        """Mails that a restored ledger does not know as sent."""
        retold.settled(session, event)

    @retells(ClientUnsubscribedV1)
    def retell_unsubscribed(self, session: Session, event: Event[ClientUnsubscribedV1]) -> None:
        """Wishes that a restored base does not know."""
        retold.unsubscribed(session, event)

    def after_replay(self, session: Session) -> None:
        """Wake nobody for what is past."""
        retold.spare_staff(session)

    @rpc
    def list_unreceipted(self, inquiry_ids: list[str]) -> list[str]:
        """Return those of the inquiries that have no receipt in the ledger."""
        with self.db.begin() as session:
            return receipts.missing(session, inquiry_ids)

    @rpc
    def describe_unsubscribe(self, token: str) -> dict[str, Any]:
        """Say what an unsubscribe link is about; changes nothing."""
        with self.db.begin() as session:
            return suppression.describe(session, token)

    @rpc
    def unsubscribe(self, token: str) -> dict[str, Any]:
        """Heed an unsubscribe link; idempotent."""
        with self.db.begin() as session:
            return suppression.unsubscribe(session, token)

    @rpc
    def list_deliveries(self, query: dict[str, Any]) -> dict[str, Any]:
        """Return a page of the mail ledger."""
        with self.db.begin() as session:
            return queries.deliveries(session, query)

    @rpc
    def describe_mail(self) -> dict[str, Any]:
        """Say how mail is set up, without secrets."""
        return trial.describe(settings())

    @rpc
    def send_test_mail(self, to: str, language: str) -> dict[str, Any]:
        """Send one short letter now and say what became of it."""
        return trial.send(settings(), delivery.post(), to, language)

    @every(1)
    def tick_mail(self) -> None:
        """Send and settle what is due."""
        delivery.send_due(self.db)
