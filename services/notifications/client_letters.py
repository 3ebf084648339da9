"""The welcome letter."""

from sqlalchemy.orm import Session

from chassis.outgoing import OutgoingMail
from contracts.parts import ClientName
from services.notifications import recipients
from services.notifications.letters import Letter
from services.notifications.models import Recipient
from services.notifications.words import greeting, say

ITEMS = ("practices", "events", "questions", "magazine")


def welcome(session: Session, mail: OutgoingMail, client: Recipient | None) -> Letter:
    """Say what the portal offers, in four lines."""
    language = mail.language
    is_person = client is None or client.kind == "person"
    intro = "welcome.intro" if is_person else "welcome.intro_organisation"
    return Letter(
        language=language,
        subject=say(language, "welcome.subject"),
        preheader=say(language, "welcome.preheader"),
        heading=say(language, "welcome.heading"),
        greeting=greeting(language, name_of(client)),
        to_name=recipients.full_name(client, language) if client else "",
        paragraphs=(say(language, intro), say(language, "welcome.offer")),
        items=tuple(say(language, f"welcome.item_{item}") for item in ITEMS),
        closing=(say(language, "welcome.closing"),),
        why=say(language, "common.why_registered"),
    )


def name_of(client: Recipient | None) -> ClientName | None:
    """A person's name; None for an organisation and for a stranger."""
    return ClientName(**client.name) if client is not None and client.kind == "person" else None
