"""The monthly reports: list, download, send again, asked of reporting."""

from uuid import UUID

from werkzeug.wrappers import Response

from gateway import answers
from gateway.desk import Call, Desk
from gateway.downloads import download
from gateway.edits import key_of
from gateway.paging import page, plain
from gateway.policy import Access
from gateway.routes import Answer, Spec, load, route
from gateway.schemas import MonthQuery, PageQuery

# Rendering a report takes seconds, not the moments of a list.
RENDER_SECONDS = 30.0
WHICH = "<any(ru,ky,en):language>/<any(html,pdf,xlsx):fmt>"
DOCUMENT = {
    200: Answer(
        "The document.",
        media=(
            "text/html",
            "application/pdf",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        headers=("Content-Disposition", "ETag"),
    )
}


class ReportsApi(Desk):
    """Routes of reports."""

    @route(
        Spec(
            method="GET",
            url="/v1/reports",
            access=Access("reports", "read"),
            query=PageQuery(),
            answers=answers.listed(answers.Report),
            refuses=(503,),
        )
    )
    def list_reports(self, call: Call) -> Response:
        """List the reports that were mailed or are due."""
        return page(call, self.ask(call, "reporting", "list_reports", query=plain(call.query)))

    @route(
        Spec(
            method="GET",
            url="/v1/reports/<uuid:report_id>",
            access=Access("reports", "read"),
            answers=answers.one(answers.Report),
            refuses=(404, 503),
        )
    )
    def get_report(self, call: Call, report_id: UUID) -> Response:
        """Return one report: when it was mailed, to whom, and its documents."""
        return call.json(self.ask(call, "reporting", "get_report", report_id=str(report_id)))

    @route(
        Spec(
            method="GET",
            url="/v1/reports/<uuid:report_id>/mails",
            access=Access("report_mails", "read"),
            answers={200: Answer("To whom it went.", answers.Items())},
            refuses=(404, 503),
        )
    )
    def list_report_mails(self, call: Call, report_id: UUID) -> Response:
        """List what was sent of a report to whom, and what became of each mail."""
        mails = self.ask(call, "reporting", "list_report_mails", report_id=str(report_id))
        return call.json(mails)

    @route(
        Spec(
            method="GET",
            url=f"/v1/reports/<uuid:report_id>/documents/{WHICH}",
            access=Access("reports", "read"),
            answers=DOCUMENT,
            refuses=(404, 503),
            audit="report.download",
            pace="dear",
        )
    )
    def get_stored_document(
        self, call: Call, report_id: UUID, *, language: str, fmt: str
    ) -> Response:
        """Download a document of a report exactly as it was mailed."""
        which = {"report_id": str(report_id), "language": language, "fmt": fmt}
        return download(self.ask(call, "reporting", "stored_document", **which))

    @route(
        Spec(
            method="GET",
            url=f"/v1/reports/documents/<month>/{WHICH}",
            access=Access("reports", "read"),
            answers=DOCUMENT,
            refuses=(404, 503),
            audit="report.download",
            pace="dear",
        )
    )
    def get_document(self, call: Call, month: str, *, language: str, fmt: str) -> Response:
        """Download the report of a month: as it was mailed, else made from the figures now."""
        which = {**load(MonthQuery(), {"month": month}), "language": language, "fmt": fmt}
        found = self.ask(call, "reporting", "document", timeout=RENDER_SECONDS, **which)
        return download(found)

    @route(
        Spec(
            method="POST",
            url="/v1/reports/<uuid:report_id>/resend",
            access=Access("reports", "send"),
            answers={202: Answer("It will be sent again.", answers.Anything())},
            refuses=(404, 409, 503),
            headers=("Idempotency-Key",),
            audit="report.send",
            pace="dear",
        )
    )
    def resend_report(self, call: Call, report_id: UUID) -> Response:
        """Send the same documents again to the recipients of reports."""
        found = self.ask(
            call,
            "reporting",
            "resend_report",
            report_id=str(report_id),
            key=key_of(call.request),
            timeout=RENDER_SECONDS,
        )
        return call.json(found, 202)
