"""Online events: who registered, who attended, which count; asked of clients."""

from uuid import UUID

from werkzeug.wrappers import Response

from gateway import answers
from gateway.desk import Call, Desk
from gateway.masked import OnlineEventMasked
from gateway.paging import page, plain
from gateway.policy import Access
from gateway.routes import Spec, route
from gateway.schemas_lists import OnlineEventQuery

READ = Access("online_events", "read")


class OnlineEventsApi(Desk):
    """Routes of online events."""

    @route(
        Spec(
            method="GET",
            url="/v1/events-online",
            access=READ,
            query=OnlineEventQuery(),
            answers=answers.listed(answers.OnlineEvent, masked=OnlineEventMasked),
            refuses=(503,),
        )
    )
    def list_online_events(self, call: Call) -> Response:
        """List online events with their participants, the latest first."""
        return page(call, self.ask(call, "clients", "list_online_events", query=plain(call.query)))

    @route(
        Spec(
            method="GET",
            url="/v1/events-online/<uuid:event_id>",
            access=READ,
            answers=answers.one(answers.OnlineEvent, masked=OnlineEventMasked),
            refuses=(404, 503),
        )
    )
    def get_online_event(self, call: Call, event_id: UUID) -> Response:
        """Return one online event: who attended how long, and who registered and did not come."""
        return call.json(self.ask(call, "clients", "get_online_event", event_id=str(event_id)))
