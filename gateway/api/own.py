"""What staff keep for themselves: their language, drafts."""

from werkzeug.wrappers import Response

from chassis.errors import Invalid
from gateway import accounts, answers_own, drafts
from gateway.desk import Call, Desk, bounded
from gateway.policy import Access
from gateway.routes import Answer, Spec, route
from gateway.schemas_own import DRAFT_PLACE, DraftFields, OwnWishes

OWN = Access("session", "use")
DRAFT = "/v1/drafts/<place>"
KEPT = {200: Answer("The draft.", answers_own.Draft())}


class OwnApi(Desk):
    """Routes of one's own things."""

    @route(
        Spec(
            method="PATCH",
            url="/v1/me",
            access=OWN,
            body=OwnWishes(),
            answers={204: Answer("Kept.", media=())},
            refuses=(503,),
        )
    )
    def patch_me(self, call: Call) -> Response:
        """Choose the language of one's own pages; null: that of the browser."""
        with bounded(), self.db.begin() as session:
            accounts.speak(session, call.staff.name, call.body["language"])
        return call.done()

    @route(
        Spec(
            method="PUT",
            url=DRAFT,
            access=OWN,
            body=DraftFields(),
            answers=KEPT,
            refuses=(503,),
        )
    )
    def put_draft(self, call: Call, place: str) -> Response:
        """Keep what was typed into a form; nobody else gets to see it."""
        with bounded(), self.db.begin() as session:
            return call.json(
                drafts.keep(session, call.staff.name, _place(place), call.body["fields"])
            )

    @route(Spec(method="GET", url=DRAFT, access=OWN, answers=KEPT, refuses=(404, 503)))
    def get_draft(self, call: Call, place: str) -> Response:
        """Return one's own draft of a form."""
        with bounded(), self.db.begin() as session:
            return call.json(drafts.get(session, call.staff.name, _place(place)))

    @route(
        Spec(
            method="DELETE",
            url=DRAFT,
            access=OWN,
            answers={204: Answer("Gone.", media=())},
            refuses=(503,),
        )
    )
    def delete_draft(self, call: Call, place: str) -> Response:
        """Forget a draft."""
        with bounded(), self.db.begin() as session:
            drafts.drop(session, call.staff.name, _place(place))
        return call.done()


def _place(place: str) -> str:
    if not DRAFT_PLACE.fullmatch(place):
        raise Invalid(fields={"place": ["Not a valid place."]})
    return place
