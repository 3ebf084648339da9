"""A test mail: whether mail leaves at all, tried now and told at once (no ledger, no figure).

It counts nowhere: it tells nobody anything but that the way is open.
"""

from typing import Any
from urllib.parse import urlsplit

from chassis import clock, mail
from chassis.db import new_id
from chassis.errors import Conflict
from chassis.mail import Mailer, MailRefused
from chassis.settings import Settings
from services.notifications.letters import Envelope, Letter, written
from services.notifications.words import moment, say

FILES, SMTP = "file", "smtp"


def describe(settings: Settings) -> dict[str, Any]:
    """Return how mail is set up, without any secret."""
    server = urlsplit(settings.smtp_url or "")
    return {
        "adapter": SMTP if settings.smtp_url else FILES,
        "host": server.hostname,
        "port": server.port,
        "encrypted": server.scheme == "smtps" or "starttls" in (settings.smtp_url or ""),
        "sender": settings.mail_from,
        "reply_to": settings.mail_reply_to,
        "staff": bool(settings.staff_mail),
    }


def send(settings: Settings, mailer: Mailer, to: str, language: str) -> dict[str, Any]:
    """Send one short letter now; return through what.

    Raises ``Conflict`` (mail_refused) with the server's code and first line when it refuses.
    """
    letter = Letter(
        language=language,
        subject=say(language, "trial.subject"),
        preheader=say(language, "trial.line"),
        heading=say(language, "trial.subject"),
        greeting=say(language, "common.hello"),
        paragraphs=(say(language, "trial.line"),),
        facts=((say(language, "trial.at"), moment(language, clock.now())),),
        why=say(language, "trial.why"),
    )
    sender = mail.address(settings.mail_from)
    envelope = Envelope(to, f"<trial-{new_id()}@{sender.domain}>", clock.now())
    message = written(letter, envelope, None)
    try:
        mailer.send(mail.build(message), sender.addr_spec, to)
    except MailRefused as refused:
        line = refused.text.splitlines()[0][:200] if refused.text else ""
        raise Conflict("mail_refused", reply=f"{refused.code} {line}".strip()) from refused
    return {"sent": True, "adapter": describe(settings)["adapter"], "to": to}
