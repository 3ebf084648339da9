"""How mail is set up, and whether it leaves: asked of notifications, which alone opens SMTP."""

from werkzeug.wrappers import Response

from chassis.settings import settings
from gateway import answers
from gateway.desk import Call, Desk
from gateway.policy import Access
from gateway.routes import Answer, Spec, route
from gateway.schemas import TestMail

# A mail server may take its time to say no.
SECONDS = 40.0


class MailApi(Desk):
    """Routes of mail."""

    @route(
        Spec(
            method="GET",
            url="/v1/mail",
            access=Access("operation", "read"),
            answers={200: Answer("How mail is set up; no secret.", answers.Anything())},
            refuses=(503,),
        )
    )
    def get_mail(self, call: Call) -> Response:
        """Say through what mail leaves, from whom, and whether somebody gets the reports."""
        found = self.ask(call, "notifications", "describe_mail")
        return call.json({**found, "reports": len(settings().report_to)})

    @route(
        Spec(
            method="POST",
            url="/v1/mail/test",
            access=Access("operation", "check"),
            body=TestMail(),
            answers={200: Answer("It left.", answers.Anything())},
            refuses=(409, 503),
            audit="mail.test",
            pace="dear",
        )
    )
    def post_mail_test(self, call: Call) -> Response:
        """Send one short letter now; 409 with the mail server's words when it refuses."""
        language = call.body.get("language", call.language)
        found = self.ask(
            call,
            "notifications",
            "send_test_mail",
            to=call.body["to"],
            language=language,
            timeout=SECONDS,
        )
        return call.json(found)
