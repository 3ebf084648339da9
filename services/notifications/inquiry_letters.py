"""Letters about inquiries: receipt, answer, and the alert to staff."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from chassis.outgoing import OutgoingMail
from contracts.parts import ClientName
from services.notifications import recipients
from services.notifications.client_letters import name_of
from services.notifications.letters import Letter
from services.notifications.models import Recipient
from services.notifications.words import greeting, long_day, moment, say


def receipt(session: Session, mail: OutgoingMail, client: Recipient | None) -> Letter:
    """Say the number and the last day on which the answer is due."""
    language, facts = mail.language, mail.meta["facts"]
    received_at = datetime.fromisoformat(facts["received_at"])
    due_on = date.fromisoformat(facts["answer_due_on"])
    return Letter(
        language=language,
        subject=say(language, "inquiry_receipt.subject", number=facts["number"]),
        preheader=say(language, "inquiry_receipt.intro"),
        heading=say(language, "inquiry_receipt.heading"),
        greeting=greeting(language, _name(mail, client)),
        to_name=_to_name(mail, client),
        paragraphs=(say(language, "inquiry_receipt.intro"),),
        facts=(
            *_which(mail),
            (say(language, "inquiry.received"), moment(language, received_at)),
            (say(language, "inquiry.due"), long_day(language, due_on)),
        ),
        closing=(say(language, "inquiry_receipt.closing"),),
        why=say(language, "common.why_inquiry"),
    )


def answer(session: Session, mail: OutgoingMail, client: Recipient | None) -> Letter:
    """Give the answer as it was written."""
    language, facts = mail.language, mail.meta["facts"]
    return Letter(
        language=language,
        subject=say(language, "inquiry_answer.subject", number=facts["number"]),
        preheader=facts["subject"],
        heading=say(language, "inquiry_answer.heading"),
        greeting=greeting(language, _name(mail, client)),
        to_name=_to_name(mail, client),
        paragraphs=(say(language, "inquiry_answer.intro"),),
        quote=facts["text"],
        facts=_which(mail),
        closing=(say(language, "inquiry_answer.closing"),),
        why=say(language, "common.why_inquiry"),
    )


def overdue(session: Session, mail: OutgoingMail, client: Recipient | None) -> Letter:
    """Tell staff which deadline of which inquiry passed."""
    language, facts = mail.language, mail.meta["facts"]
    deadline = say(language, f"inquiry_overdue.deadline.{facts['deadline']}")
    due_on = long_day(language, date.fromisoformat(facts["due_on"]))
    return Letter(
        language=language,
        subject=say(language, "inquiry_overdue.subject", number=facts["number"]),
        preheader=f"{deadline} · {due_on}",
        heading=say(language, "inquiry_overdue.heading"),
        greeting=greeting(language, None),
        paragraphs=(say(language, "inquiry_overdue.intro"),),
        facts=(
            (say(language, "inquiry.number"), facts["number"]),
            (say(language, "inquiry_overdue.deadline"), deadline),
            (say(language, "inquiry_overdue.due"), due_on),
        ),
        why=say(language, "common.why_staff"),
    )


def _which(mail: OutgoingMail) -> tuple[tuple[str, str], ...]:
    language, facts = mail.language, mail.meta["facts"]
    return (
        (say(language, "inquiry.number"), facts["number"]),
        (say(language, "inquiry.subject"), facts["subject"]),
    )


def _name(mail: OutgoingMail, client: Recipient | None) -> ClientName | None:
    given = mail.meta["facts"].get("name")
    if client is None and given:
        return ClientName(name=given)
    return name_of(client)


def _to_name(mail: OutgoingMail, client: Recipient | None) -> str:
    if client is None:
        return str(mail.meta["facts"].get("name", ""))
    return recipients.full_name(client, mail.language)
