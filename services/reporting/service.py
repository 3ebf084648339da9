"""reporting as a nameko service: it hears everything, answers for the figures, mails the report."""

from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

from eventlet import tpool
from eventlet.patcher import is_monkey_patched
from sqlalchemy.orm import Session

from chassis import clock, mail, stopping
from chassis.listen import journals
from chassis.mail import Mailer
from chassis.rpc import rpc
from chassis.service import Service
from chassis.settings import settings
from chassis.ticks import every
from contracts.envelope import Event
from services.reporting import (
    agreement,
    answers,
    counted,
    journal,
    kept_values,
    log,
    mailing,
    plan,
    rendering,
    reports,
    schedule,
    timeline,
    views,
)
from services.reporting.documents.model import ReportData
from services.reporting.report_data import one_moment
from services.reporting.schedule import Desk

P = ParamSpec("P")
T = TypeVar("T")


def aside(work: Callable[P, T]) -> Callable[P, T]:
    """Run CPU-bound work in a real thread: it would stall every greenlet (quality.md rule 9)."""

    @wraps(work)
    def worker(*args: P.args, **kwargs: P.kwargs) -> T:
        if is_monkey_patched("thread"):
            return tpool.execute(work, *args, **kwargs)  # type: ignore[no-any-return]
        return work(*args, **kwargs)

    return worker


render_aside = aside(rendering.render)
render_one_aside = aside(rendering.render_one)


@lru_cache(maxsize=1)
def mailer() -> Mailer:
    """The one mailer of this process; it keeps its connections open."""
    return mail.mailer(settings())


class ReportingService(Service):
    """Owns the journal, the plan, the figures and the monthly report."""

    name = "reporting"
    checks = (agreement.runs,)

    @journals
    def on_events(self, session: Session, events: Sequence[Event[Any]]) -> None:
        """Keep events of any source and bring the facts up to date."""
        journal.record(session, events)

    @rpc
    def indicators(self, month: str | None = None, language: str = "ru") -> dict[str, Any]:
        """Return all codes in a month (absent: this month, else the newest plan's last)."""
        with self.db.begin() as session:
            one_moment(session)
            return answers.indicators(session, month, language, now=clock.now())

    @rpc
    def evidence(
        self,
        code: str,
        month: str | None = None,
        *,
        language: str = "ru",
        limit: int | None = None,
        cursor: str | None = None,
    ) -> dict[str, Any]:
        """Return a page of the rows behind a figure."""
        query = {"month": month, "language": language, "limit": limit, "cursor": cursor}
        with self.db.begin() as session:
            one_moment(session)
            return answers.evidence(session, code, query, now=clock.now())

    @rpc
    def get_counted(self, source: str, event_id: str) -> dict[str, Any] | None:
        """Return in which figures and months an event counts; None when it is not known."""
        with self.db.begin() as session:
            one_moment(session)
            return counted.receipt(session, source, event_id, now=clock.now())

    @rpc
    def list_events(self, query: dict[str, Any]) -> dict[str, Any]:
        """Return a page of the journal (log.events names the filters)."""
        with self.db.begin() as session:
            return log.events(session, query)

    @rpc
    def get_event(self, source: str, event_id: str, *, personal: bool = False) -> dict[str, Any]:
        """Return one event of the journal in full."""
        with self.db.begin() as session:
            one_moment(session)
            return log.event(session, source, event_id, personal=personal, now=clock.now())

    @rpc
    def list_timeline(self, client: str, query: dict[str, Any]) -> dict[str, Any]:
        """Return a page of what happened about one client."""
        with self.db.begin() as session:
            return timeline.timeline(session, client, query)

    @rpc
    def plan(self, language: str = "ru") -> dict[str, Any]:
        """Return the plan of this month, else the newest one."""
        found, _ = plan.month_or_default(None, clock.now())
        return views.plan(found, answers.phrases(language))

    @rpc
    def list_reports(self, query: dict[str, Any]) -> dict[str, Any]:
        """Return a page of reports, the newest first."""
        with self.db.begin() as session:
            return answers.list_reports(session, query)

    @rpc
    def get_report(self, report_id: str) -> dict[str, Any]:
        """Return one report with the list of its files."""
        with self.db.begin() as session:
            return answers.get_report(session, report_id)

    @rpc
    def list_report_mails(self, report_id: str) -> dict[str, Any]:
        """Return what was sent of a report to whom."""
        with self.db.begin() as session:
            return answers.report_mails(session, report_id)

    @rpc
    def stored_document(self, report_id: str, language: str, fmt: str) -> dict[str, Any]:
        """Return a file of a report, the bytes that were mailed."""
        with self.db.begin() as session:
            return answers.stored_document(session, report_id, language, fmt)

    @rpc
    def document(self, month: str, language: str = "ru", fmt: str = "pdf") -> dict[str, Any]:
        """Return the stored file of a mailed month, else one rendered from its figures."""
        with self.db.begin() as session:
            one_moment(session)
            found = answers.kept_or_data(session, month, language, fmt, now=clock.now())
        if isinstance(found, ReportData):
            return answers.file(render_one_aside(found, language, fmt))
        return found

    @rpc
    def resend_report(self, report_id: str, key: str) -> dict[str, Any]:
        """Mail the same bytes again; the same ``key`` does it once."""
        with self.db.begin() as session:
            return answers.card(session, reports.resend(session, report_id, key, settings()))

    @rpc
    def rebuild(self) -> dict[str, Any]:
        """Make the projections anew from event 1; return how many events were replayed."""
        with self.db.begin() as session:
            found = answers.rebuild(session)
        kept_values.forget()
        return found

    @every(30)
    def tick_reports(self) -> None:
        """Make the reports that are due."""
        schedule.tick(Desk(self.db, settings(), render_aside))

    @every(2)
    def tick_mail(self) -> None:
        """Send what is queued."""
        stopping.work_off(mailing.dispatcher(self.db, settings(), mailer()).run_once)
