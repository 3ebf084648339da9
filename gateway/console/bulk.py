"""Acts on many rows: selected in a list, confirmed here, done as a job with progress and result."""

from typing import Any
from uuid import UUID

from werkzeug.wrappers import Response

from chassis.errors import AymakError, Invalid
from gateway import routes
from gateway.console.registry import LISTINGS
from gateway.console.screens import Screen, screen
from gateway.console.visits import Ask, Values, Visit, cursor_of
from gateway.desk import Desk
from gateway.jobs.kinds import KINDS
from gateway.policy import Access

OWN = Access("jobs", "use")
OVER = frozenset({"done", "failed", "cancelled"})


class BulkScreens(Desk):
    """Pages of jobs."""

    @screen(Screen(url="/bulk", method="POST", access=OWN))
    def confirm_bulk(self, visit: Visit) -> Response:
        """Say what is about to happen to how many, and ask what it needs to know."""
        return _confirm(visit, _wanted(visit))

    @screen(Screen(url="/jobs", method="POST", access=OWN))
    def begin_job(self, visit: Visit) -> Response:
        """Have it done and show how it goes."""
        wanted = _wanted(visit)
        names = KINDS[wanted["what"]].params.fields
        params = {name: visit.form[name] for name in names if visit.form.get(name)}
        chosen = {"query": wanted["query"]} if wanted["all"] else {"ids": wanted["ids"]}
        try:
            job = visit.act("post_job", {"what": wanted["what"], "params": params, **chosen})
        except AymakError as problem:
            return _confirm(visit, wanted, routes.described(problem, visit.language))
        return visit.go(f"/jobs/{job['id']}")

    @screen(Screen(url="/jobs", access=OWN))
    def show_jobs(self, visit: Visit) -> Response:
        """Show one's own jobs of the last week."""
        found = visit.ask("list_jobs", query={"cursor": visit.query.get("cursor")})
        return visit.show("jobs.html", jobs=found["items"], cursor=cursor_of(found))

    @screen(Screen(url="/jobs/<uuid:job_id>", access=OWN))
    def show_job(self, visit: Visit, job_id: UUID) -> Response:
        """Show how far a job is; the page asks again by itself until it is over."""
        job = visit.ask("get_job", job_id=job_id)
        is_part = bool(visit.request.headers.get("HX-Request"))
        template = "_job.html" if is_part else "job.html"
        return visit.show(template, job=job, is_over=job["state"] in OVER, href=_list_of(job))

    @screen(Screen(url="/jobs/<uuid:job_id>/cancel", method="POST", access=OWN))
    def cancel_job_form(self, visit: Visit, job_id: UUID) -> Response:
        """Stop a job."""
        visit.act("cancel_job", job_id=job_id)
        return visit.go(f"/jobs/{job_id}")

    @screen(Screen(url="/jobs/<uuid:job_id>/file", access=OWN))
    def download_job_file(self, visit: Visit, job_id: UUID) -> Response:
        """Download what a job has written."""
        return visit.call("get_job_file", Ask(values={"job_id": job_id}))


def _wanted(visit: Visit) -> Values:
    """Return what a list's form asks for; raises ``Invalid`` for an act that there is not."""
    form = visit.request.form
    screen_name, act = form.get("screen", ""), form.get("act", "")
    what = f"{screen_name}.export" if act == "export" else act
    if what not in KINDS or screen_name not in LISTINGS:
        raise Invalid(fields={"act": ["Unknown filter."]})
    ids = form.getlist("id")
    is_all = form.get("all") == "1"
    if not ids and not is_all:
        raise Invalid(fields={"id": ["Choose at least one."]})
    return {
        "screen": screen_name,
        "act": act,
        "what": what,
        "ids": ids,
        "all": is_all,
        "query": form.get("query", ""),
        "total": form.get("total", ""),
    }


def _confirm(visit: Visit, wanted: Values, problem: dict[str, Any] | None = None) -> Response:
    count = wanted["total"] if wanted["all"] else len(wanted["ids"])
    return visit.show(
        "bulk.html",
        problem["status"] if problem else 200,
        wanted=wanted,
        count=int(count) if str(count).isdigit() else None,
        problem=problem,
        form=visit.form,
        back=_address(wanted["screen"], wanted["query"]),
    )


def _address(screen_name: str, query: str) -> str:
    href = LISTINGS[screen_name].href
    return f"{href}?{query}" if query else href


def _list_of(job: Values) -> str:
    return _address(job["what"].partition(".")[0], job["query"] or "")
