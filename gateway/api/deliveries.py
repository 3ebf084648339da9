"""The mail ledger: what was sent to whom and what became of it, asked of notifications."""

from werkzeug.wrappers import Response

from gateway import answers
from gateway.desk import Call, Desk
from gateway.masked import DeliveryMasked
from gateway.paging import page, plain
from gateway.policy import Access
from gateway.routes import Spec, route
from gateway.schemas_lists import DeliveryQuery


class DeliveriesApi(Desk):
    """The route of deliveries."""

    @route(
        Spec(
            method="GET",
            url="/v1/deliveries",
            access=Access("deliveries", "read"),
            query=DeliveryQuery(),
            answers=answers.listed(answers.Delivery, masked=DeliveryMasked),
            refuses=(503,),
        )
    )
    def list_deliveries(self, call: Call) -> Response:
        """List the mails to clients, the newest first: to whom, about what, in which state."""
        return page(
            call, self.ask(call, "notifications", "list_deliveries", query=plain(call.query))
        )
