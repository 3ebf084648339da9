"""Reports: what was mailed when and to whom, a look at it, the same bytes again."""

from uuid import UUID

from werkzeug.wrappers import Response

from gateway.console.screens import Screen, screen
from gateway.console.visits import Ask, Values, Visit, cursor_of
from gateway.desk import Desk
from gateway.policy import Access

READ, SEND = Access("reports", "read"), Access("reports", "send")
WHICH = "<any(ru,ky,en):language>/<any(html,pdf,xlsx):fmt>"
# Shown in a frame of our own page: a letter runs nothing and reaches nothing; a PDF is drawn by
# the browser itself, which a sandbox would forbid.
FRAMED = {
    "html": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        "frame-ancestors 'self'; sandbox"
    ),
    "pdf": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
}


class ReportScreens(Desk):
    """Pages of reports."""

    @screen(Screen(url="/reports", access=READ))
    def show_reports(self, visit: Visit) -> Response:
        """Show the reports, and when the next one is due."""
        found = visit.ask("list_reports", query={"cursor": visit.query.get("cursor")})
        return visit.show("reports.html", found=found, cursor=cursor_of(found))

    @screen(Screen(url="/reports/<uuid:report_id>", access=READ))
    def show_report(self, visit: Visit, report_id: UUID) -> Response:
        """Show one report: a look at it, its files, to whom it went, what changed since."""
        one = visit.ask("get_report", report_id=report_id)
        mails = None
        if visit.may("report_mails", "read"):
            mails = visit.part(lambda: visit.ask("list_report_mails", report_id=report_id))
        languages = one["languages"]
        wish = visit.query.get("language", visit.language)
        return visit.show(
            "report.html",
            one=one,
            mails=mails,
            since=visit.part(lambda: self._restated(visit, one["month"])),
            shown=wish if wish in languages else languages[0],
            view="html" if visit.query.get("view") == "html" else "pdf",
        )

    def _restated(self, visit: Visit, month: str) -> Values:
        """Return the figures of a month that are others now than when they were mailed."""
        found = visit.ask("list_indicators", query={"month": month})
        return {"items": [one for one in found["items"] if one["restated"]]}

    @screen(Screen(url=f"/reports/<uuid:report_id>/preview/{WHICH}", access=READ))
    def preview_report(self, visit: Visit, report_id: UUID, *, language: str, fmt: str) -> Response:
        """Show a document inside the page of its report."""
        response = _document(visit, report_id, language, fmt)
        response.headers["Content-Disposition"] = "inline"
        response.headers["Content-Security-Policy"] = FRAMED.get(fmt, FRAMED["html"])
        return response

    @screen(Screen(url=f"/reports/<uuid:report_id>/download/{WHICH}", access=READ))
    def download_report(
        self, visit: Visit, report_id: UUID, *, language: str, fmt: str
    ) -> Response:
        """Download a document exactly as it was mailed."""
        return _document(visit, report_id, language, fmt)

    @screen(Screen(url=f"/reports/now/<month>/{WHICH}", access=READ, pace="dear"))
    def download_report_now(self, visit: Visit, month: str, *, language: str, fmt: str) -> Response:
        """Download the report of a month as it would look now."""
        which: Values = {"month": month, "language": language, "fmt": fmt}
        return visit.call("get_document", Ask(values=which))

    @screen(Screen(url="/reports/<uuid:report_id>/send", method="POST", access=SEND))
    def send_report_again(self, visit: Visit, report_id: UUID) -> Response:
        """Send the same bytes again to the readers of reports."""
        visit.act("resend_report", report_id=report_id)
        return visit.go(f"/reports/{report_id}", said="reports.sent_again")


def _document(visit: Visit, report_id: UUID, language: str, fmt: str) -> Response:
    which: Values = {"report_id": report_id, "language": language, "fmt": fmt}
    return visit.call("get_stored_document", Ask(values=which))
