"""The API keys of portals: make, list, revoke; a secret is shown once (S1)."""

from uuid import UUID

from werkzeug.wrappers import Response

from gateway import answers, audit, key_edits
from gateway.desk import Call, Desk, bounded
from gateway.edits import request_key_of
from gateway.key_edits import NewKey
from gateway.paging import page
from gateway.policy import Access
from gateway.routes import Answer, Spec, route
from gateway.schemas import KeyNew, PageQuery


class KeysApi(Desk):
    """Routes of API keys."""

    @route(
        Spec(
            method="GET",
            url="/v1/keys",
            access=Access("keys", "read"),
            query=PageQuery(),
            answers=answers.listed(answers.ApiKey),
            refuses=(503,),
        )
    )
    def list_keys(self, call: Call) -> Response:
        """List the API keys: whose, for what, used when; revoked ones too."""
        with bounded(), self.db.begin() as session:
            found = key_edits.listed(session, call.query)
        return page(call, found)

    @route(
        Spec(
            method="POST",
            url="/v1/keys",
            access=Access("keys", "edit"),
            body=KeyNew(),
            answers={201: Answer("The key; its secret is shown once.", answers.ApiKeyMade())},
            refuses=(409, 503),
            headers=("Idempotency-Key",),
        )
    )
    def post_key(self, call: Call) -> Response:
        """Make a key that sends events of these sources and types.

        Two keys of one client may be alive while it changes over; a third is refused with 409.
        """
        request_key = request_key_of(call)
        with bounded(), self.db.begin() as session:
            made = key_edits.create(
                session, NewKey(**call.body), audit.by(call), request_key=request_key
            )
        return call.json(made, 201)

    @route(
        Spec(
            method="POST",
            url="/v1/keys/<uuid:key_id>/revoke",
            access=Access("keys", "edit"),
            answers=answers.one(answers.ApiKey),
            refuses=(404, 503),
        )
    )
    def revoke_key(self, call: Call, key_id: UUID) -> Response:
        """Revoke a key: every gateway refuses it within 5 seconds."""
        with bounded(), self.db.begin() as session:
            revoked = key_edits.revoke(session, key_id, audit.by(call))
        self.keys.forget()
        return call.json(revoked)
