"""The entrypoints of the client base: each event method is one call, each RPC a transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from chassis import clock
from chassis.listen import listens
from chassis.rpc import rpc
from chassis.service import Service
from contracts.envelope import Event
from contracts.notifications import ClientUnsubscribedV1
from contracts.portal import (
    ClientRegisteredV1,
    ClientUpdatedV1,
    ClientVerifiedV1,
    ConsentChangedV1,
    EventAnnouncedV1,
    EventAttendedV1,
    EventCancelledV1,
    EventChangedV1,
    EventHeldV1,
    EventRegisteredV1,
)
from services.clients import (
    attendance,
    clients,
    consents,
    dossiers,
    participation,
    queries,
    queries_events,
    territories,
)


class ClientsService(Service):
    """People, organisations and what they took part in."""

    name = "clients"

    @listens("portal", ClientRegisteredV1, many=True)
    def on_client_registered(
        self, session: Session, events: Sequence[Event[ClientRegisteredV1]]
    ) -> None:
        clients.register_many(session, events)

    @listens("portal", ClientUpdatedV1)
    def on_client_updated(self, session: Session, event: Event[ClientUpdatedV1]) -> None:
        clients.update(session, event)

    @listens("portal", ClientVerifiedV1)
    def on_client_verified(self, session: Session, event: Event[ClientVerifiedV1]) -> None:
        clients.verify(session, event)

    @listens("portal", ConsentChangedV1)
    def on_consent_changed(self, session: Session, event: Event[ConsentChangedV1]) -> None:
        consents.change(session, event)

    @listens("notifications", ClientUnsubscribedV1)
    def on_client_unsubscribed(self, session: Session, event: Event[ClientUnsubscribedV1]) -> None:
        consents.unsubscribe(session, event)

    @listens("portal", EventAnnouncedV1)
    def on_event_announced(self, session: Session, event: Event[EventAnnouncedV1]) -> None:
        participation.announce(session, event)

    @listens("portal", EventChangedV1)
    def on_event_changed(self, session: Session, event: Event[EventChangedV1]) -> None:
        participation.change(session, event)

    @listens("portal", EventCancelledV1)
    def on_event_cancelled(self, session: Session, event: Event[EventCancelledV1]) -> None:
        participation.cancel(session, event)

    @listens("portal", EventRegisteredV1)
    def on_event_registered(self, session: Session, event: Event[EventRegisteredV1]) -> None:
        participation.register(session, event)

    @listens("portal", EventAttendedV1)
    def on_event_attended(self, session: Session, event: Event[EventAttendedV1]) -> None:
        attendance.attend(session, event)

    @listens("portal", EventHeldV1)
    def on_event_held(self, session: Session, event: Event[EventHeldV1]) -> None:
        participation.hold(session, event)

    @rpc
    def list_organisations(self, query: dict[str, Any]) -> dict[str, Any]:
        """Return a page of organisations (queries.organisations names the filters)."""
        with self.db.begin() as session:
            return queries.organisations(session, query)

    @rpc
    def get_organisation(self, organisation_id: str) -> dict[str, Any]:
        """Return one organisation in full."""
        with self.db.begin() as session:
            return dossiers.organisation(session, organisation_id)

    @rpc
    def list_people(self, query: dict[str, Any]) -> dict[str, Any]:
        """Return a page of people (queries.people names the filters)."""
        with self.db.begin() as session:
            return queries.people(session, query)

    @rpc
    def get_person(self, person_id: str) -> dict[str, Any]:
        """Return one person in full."""
        with self.db.begin() as session:
            return dossiers.person(session, person_id)

    @rpc
    def list_online_events(self, query: dict[str, Any]) -> dict[str, Any]:
        """Return a page of online events (queries_events.online_events names the filters)."""
        with self.db.begin() as session:
            return queries_events.online_events(session, query, now=clock.now())

    @rpc
    def get_online_event(self, event_id: str) -> dict[str, Any]:
        """Return one online event with its attendance."""
        with self.db.begin() as session:
            return queries_events.online_event(session, event_id)

    @rpc
    def list_territories(self) -> dict[str, Any]:
        """Return all territories with their names, oblasts before their parts."""
        return territories.listing()
