"""What staff keep for themselves: their language, saved views, drafts."""

from uuid import UUID

from werkzeug.wrappers import Response

from chassis.errors import Forbidden, Invalid
from gateway import accounts, answers, drafts, policy, views
from gateway.desk import Call, Desk, bounded
from gateway.edits import request_key_of, tagged, version_of
from gateway.policy import Access
from gateway.routes import Answer, Spec, route
from gateway.schemas import DRAFT_PLACE, DraftFields, OwnWishes, ViewChange, ViewNew, ViewQuery
from gateway.views import NewView

OWN = Access("session", "use")
VIEWS = Access("views", "read")
EDIT = Access("views", "edit")
SHARE = Access("views", "share")
DRAFT = "/v1/drafts/<place>"
KEPT = {200: Answer("The draft.", answers.Draft())}


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
            method="GET",
            url="/v1/views",
            access=VIEWS,
            query=ViewQuery(),
            answers={200: Answer("Own and shared ones.", answers.Items())},
            refuses=(503,),
        )
    )
    def list_views(self, call: Call) -> Response:
        """List the saved filters of a list: one's own and those that others share."""
        with bounded(), self.db.begin() as session:
            return call.json(views.listed(session, call.staff.name, call.query.get("screen")))

    @route(
        Spec(
            method="POST",
            url="/v1/views",
            access=EDIT,
            body=ViewNew(),
            answers={201: Answer("Kept.", answers.View())},
            refuses=(409, 503),
            headers=("Idempotency-Key",),
        )
    )
    def post_view(self, call: Call) -> Response:
        """Keep the filters of a list under a name."""
        _check_sharing(call)
        new, key = NewView(**call.body), request_key_of(call)
        with bounded(), self.db.begin() as session:
            made = views.create(session, new, call.staff.name, request_key=key)
        return call.json(made, 201)

    @route(
        Spec(
            method="PATCH",
            url="/v1/views/<uuid:view_id>",
            access=EDIT,
            body=ViewChange(),
            answers=answers.one(answers.View, headers=("ETag",)),
            refuses=(404, 412, 428, 503),
            headers=("If-Match",),
        )
    )
    def patch_view(self, call: Call, view_id: UUID) -> Response:
        """Change a view of one's own."""
        _check_sharing(call)
        version, who = version_of(call.request), call.staff.name
        with bounded(), self.db.begin() as session:
            return tagged(call, views.edit(session, view_id, call.body, who, version=version))

    @route(
        Spec(
            method="DELETE",
            url="/v1/views/<uuid:view_id>",
            access=EDIT,
            answers={204: Answer("Gone.", media=())},
            refuses=(404, 503),
        )
    )
    def delete_view(self, call: Call, view_id: UUID) -> Response:
        """Forget a view of one's own; an administrator may take away a shared one."""
        is_admin = call.staff.role == policy.ADMINISTRATOR
        with bounded(), self.db.begin() as session:
            views.delete(session, view_id, call.staff.name, any_owner=is_admin)
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


def _check_sharing(call: Call) -> None:
    if call.body.get("shared") and policy.sight(call.staff.role, SHARE) is None:
        raise Forbidden()
