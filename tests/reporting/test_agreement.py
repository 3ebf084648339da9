"""A run of mails that has not the readers it was made for is a difference."""

from sqlalchemy import text

from chassis import reconcile
from services.reporting.service import ReportingService

REPORT = (
    "INSERT INTO report (id, plan, month, made_at, due_at, position, fingerprint, told, subjects,"
    " figures) VALUES ('6f0f2f2e-0d7a-4d52-9d0e-3a2f0c1f7a11', '2022', '2022-03', now(), now(), 1,"
    " 'x', '[]', '{}', '{}')"
)
SENDING = (
    "INSERT INTO sending (run, report_id, recipients, queued_at) VALUES"
    " ('report:2022-03', '6f0f2f2e-0d7a-4d52-9d0e-3a2f0c1f7a11', 2, now())"
)
MAIL = (
    "INSERT INTO outgoing_mail (id, run, recipient, address, language, state, message_id, meta,"
    " queued_at, announced) VALUES (gen_random_uuid(), 'report:2022-03', '{0}', '{0}', 'ru',"
    " 'sent', '<{0}>', '{{}}', now(), true)"
)


def found(db):
    with db.begin() as session:
        reconcile.run(session, ReportingService.checks)
        return [(item["kind"], item["count"]) for item in reconcile.listed(session)["items"]]


def test_it_sees_a_run_with_fewer_readers_than_recipients(reporting_db):
    with reporting_db.begin() as session:
        for statement in (REPORT, SENDING, MAIL.format("a@b.kg")):
            session.execute(text(statement))
    assert found(reporting_db) == [("mail_run_mismatch", 1)]
    with reporting_db.begin() as session:
        session.execute(text(MAIL.format("c@b.kg")))
    assert found(reporting_db) == []
