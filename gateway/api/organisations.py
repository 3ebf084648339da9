"""The organisations of the client base, asked of clients."""

from uuid import UUID

from werkzeug.wrappers import Response

from gateway import answers
from gateway.desk import Call, Desk
from gateway.masked import OrganisationMasked
from gateway.paging import page, plain
from gateway.policy import Access
from gateway.routes import Spec, route
from gateway.schemas import OrganisationQuery


class OrganisationsApi(Desk):
    """Routes of organisations."""

    @route(
        Spec(
            method="GET",
            url="/v1/organisations",
            access=Access("organisations", "read"),
            query=OrganisationQuery(),
            answers=answers.listed(answers.Organisation, masked=OrganisationMasked),
            refuses=(503,),
        )
    )
    def list_organisations(self, call: Call) -> Response:
        """List and search organisations."""
        return page(call, self.ask(call, "clients", "list_organisations", query=plain(call.query)))

    @route(
        Spec(
            method="GET",
            url="/v1/organisations/<uuid:organisation_id>",
            access=Access("organisations", "read"),
            answers=answers.one(answers.Organisation, masked=OrganisationMasked),
            refuses=(404, 503),
        )
    )
    def get_organisation(self, call: Call, organisation_id: UUID) -> Response:
        """Return one organisation with its details."""
        found = self.ask(call, "clients", "get_organisation", organisation_id=str(organisation_id))
        return call.json(found)
