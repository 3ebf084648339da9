"""Jobs in the background: exports, and acts on many things at once."""

from uuid import UUID

from werkzeug.wrappers import Response

from chassis.errors import Conflict, Forbidden
from gateway import answers, answers_own, audit, policy
from gateway.audit_log import Entry, record
from gateway.desk import Call, Desk, bounded
from gateway.downloads import disposition
from gateway.edits import request_key_of
from gateway.jobs import book
from gateway.jobs.kinds import KINDS
from gateway.paging import page
from gateway.policy import Access
from gateway.routes import Answer, Spec, load, route
from gateway.schemas import PageQuery
from gateway.schemas_operations import JobNew

OWN = Access("jobs", "use")


class JobsApi(Desk):
    """Routes of jobs."""

    @route(
        Spec(
            method="POST",
            url="/v1/jobs",
            access=OWN,
            body=JobNew(),
            answers={202: Answer("It will be done.", answers_own.Job())},
            refuses=(503,),
            headers=("Idempotency-Key",),
            pace="dear",
        )
    )
    def post_job(self, call: Call) -> Response:
        """Have a list exported, or an act done on many things.

        `ids` are the chosen things, or `query` is the filter of the list that finds them. Whoever
        asks must be allowed to do the same to one thing. The result is at GET /v1/jobs/{id}.
        """
        what = call.body["what"]
        kind = KINDS[what]
        if policy.sight(call.staff.role, kind.access) is None:
            raise Forbidden()
        asked = book.NewJob(
            what=what,
            owner=call.staff.name,
            language=call.language,
            query=call.body.get("query"),
            things=[str(one) for one in call.body["ids"]] if "ids" in call.body else None,
            params=load(kind.params, call.body.get("params", {})),
        )
        count = len(asked.things) if asked.things is not None else None
        entry = Entry("job.create", f"job:{what}", after={"count": count, **asked.params})
        with bounded(), self.db.begin() as session:
            made = book.ask(session, asked, request_key=request_key_of(call))
            record(session, audit.by(call), entry)
        return call.json(made, 202)

    @route(
        Spec(
            method="GET",
            url="/v1/jobs",
            access=OWN,
            query=PageQuery(),
            answers=answers.listed(answers_own.Job),
            refuses=(503,),
        )
    )
    def list_jobs(self, call: Call) -> Response:
        """List one's own jobs, the newest first; they are kept for a week."""
        with bounded(), self.db.begin() as session:
            return page(call, book.listed(session, call.staff.name, call.query))

    @route(
        Spec(
            method="GET",
            url="/v1/jobs/<uuid:job_id>",
            access=OWN,
            answers=answers.one(answers_own.Job),
            refuses=(404, 503),
        )
    )
    def get_job(self, call: Call, job_id: UUID) -> Response:
        """Return a job of one's own: how far it is, what was refused, its file."""
        with bounded(), self.db.begin() as session:
            return call.json(book.plain(book.get(session, job_id, call.staff.name)))

    @route(
        Spec(
            method="POST",
            url="/v1/jobs/<uuid:job_id>/cancel",
            access=OWN,
            answers=answers.one(answers_own.Job),
            refuses=(404, 503),
        )
    )
    def cancel_job(self, call: Call, job_id: UUID) -> Response:
        """Stop a job at its next step; what it did stays done."""
        with bounded(), self.db.begin() as session:
            return call.json(book.cancel(session, job_id, call.staff.name))

    @route(
        Spec(
            method="GET",
            url="/v1/jobs/<uuid:job_id>/file",
            access=OWN,
            answers={200: Answer("The file.", media=("text/csv", "application/octet-stream"))},
            refuses=(404, 409, 503),
            audit="job.download",
            pace="dear",
        )
    )
    def get_job_file(self, call: Call, job_id: UUID) -> Response:
        """Download the file that an export has written."""
        with bounded(), self.db.begin() as session:
            job = book.get(session, job_id, call.staff.name)
            if job.file_name is None:
                raise Conflict("no_file_yet")
            body = b"".join(book.read_file(session, job_id))
            name, media = job.file_name, job.file_media
        response = Response(body, mimetype=media)
        response.headers["Content-Disposition"] = disposition(name)
        return response
