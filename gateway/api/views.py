"""Saved views of lists: one's own, and those that others share."""

from uuid import UUID

from werkzeug.wrappers import Response

from chassis.errors import Forbidden
from gateway import answers, answers_own, policy, views
from gateway.desk import Call, Desk, bounded
from gateway.edits import request_key_of, tagged, version_of
from gateway.policy import Access
from gateway.routes import Answer, Spec, route
from gateway.schemas_own import ViewChange, ViewNew, ViewQuery
from gateway.views import NewView

VIEWS = Access("views", "read")
EDIT = Access("views", "edit")
SHARE = Access("views", "share")


class ViewsApi(Desk):
    """Routes of saved views."""

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
            answers={201: Answer("Kept.", answers_own.View())},
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
            answers=answers.one(answers_own.View, headers=("ETag",)),
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


def _check_sharing(call: Call) -> None:
    if call.body.get("shared") and policy.sight(call.staff.role, SHARE) is None:
        raise Forbidden()
