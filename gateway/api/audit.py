"""GET /v1/audit: who did what, when and from where."""

from werkzeug.wrappers import Response

from gateway import answers, audit_log
from gateway.desk import Call, Desk, bounded
from gateway.paging import page
from gateway.policy import Access
from gateway.routes import Spec, route
from gateway.schemas import AuditQuery


class AuditApi(Desk):
    """The route of the audit log."""

    @route(
        Spec(
            method="GET",
            url="/v1/audit",
            access=Access("audit", "read"),
            query=AuditQuery(),
            answers=answers.listed(answers.AuditLine),
            refuses=(503,),
        )
    )
    def list_audit(self, call: Call) -> Response:
        """List the audit log, the newest line first.

        Nothing in it can be changed or deleted. Values of personal fields are hashed.
        """
        with bounded(), self.db.begin() as session:
            found = audit_log.entries(session, call.query)
        return page(call, found)
