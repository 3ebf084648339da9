"""The territories of the country, as the client base knows them, asked of clients."""

from werkzeug.wrappers import Response

from gateway import answers
from gateway.desk import Call, Desk
from gateway.paging import page
from gateway.policy import Access
from gateway.routes import Answer, Spec, route


class TerritoriesApi(Desk):
    """Routes of territories."""

    @route(
        Spec(
            method="GET",
            url="/v1/territories",
            access=Access("territories", "read"),
            answers={200: Answer("All of them.", answers.page(answers.Territory))},
            refuses=(503,),
        )
    )
    def list_territories(self, call: Call) -> Response:
        """List all territories with their codes and names, oblasts before their parts."""
        return page(call, self.ask(call, "clients", "list_territories"))
