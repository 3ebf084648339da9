"""The people of the client base, asked of clients."""

from uuid import UUID

from werkzeug.wrappers import Response

from gateway import answers
from gateway.desk import Call, Desk
from gateway.masked import PersonMasked
from gateway.paging import page, plain
from gateway.policy import Access
from gateway.routes import Spec, route
from gateway.schemas import PersonQuery


class PeopleApi(Desk):
    """Routes of people."""

    @route(
        Spec(
            method="GET",
            url="/v1/people",
            access=Access("people", "read"),
            query=PersonQuery(),
            answers=answers.listed(answers.Person, masked=PersonMasked),
            refuses=(503,),
        )
    )
    def list_people(self, call: Call) -> Response:
        """List and search people."""
        return page(call, self.ask(call, "clients", "list_people", query=plain(call.query)))

    @route(
        Spec(
            method="GET",
            url="/v1/people/<uuid:person_id>",
            access=Access("people", "read"),
            answers=answers.one(answers.Person, masked=PersonMasked),
            refuses=(404, 503),
            audit="person.read",
        )
    )
    def get_person(self, call: Call, person_id: UUID) -> Response:
        """Return one person with its details."""
        found = self.ask(call, "clients", "get_person", person_id=str(person_id))
        return call.json(found)
