"""Mail about inquiries: a receipt and the answer to who asked, an alert to staff when one is late.

Feedback's events carry all that the letters say; nobody is asked back. A client's own text is
plain text and stays so.
"""

from typing import Any

from sqlalchemy.orm import Session

from contracts.envelope import Event
from contracts.feedback import InquiryAcceptedV1, InquiryAnsweredV1, InquiryOverdueV1
from contracts.parts import ClientKey, Contact
from services.notifications import notices, recipients
from services.notifications.notices import Occasion
from services.notifications.rules.notices import (
    INQUIRY_ANSWER,
    INQUIRY_OVERDUE,
    INQUIRY_RECEIPT,
)


def accept(session: Session, event: Event[InquiryAcceptedV1]) -> None:
    """Send the receipt: number, subject and the day by which an answer is due."""
    data = event.data
    occasion = Occasion(
        notice=INQUIRY_RECEIPT,
        run=f"{INQUIRY_RECEIPT}:{data.inquiry_id}",
        about_type="inquiry",
        about_ref=str(data.inquiry_id),
        since=data.received_at,
        language=data.language,
        facts={
            "number": data.number,
            "subject": data.subject,
            "received_at": data.received_at.isoformat(),
            "answer_due_on": data.answer_due_on.isoformat(),
            **_asker_name(data.contact),
        },
    )
    _tell_asker(session, occasion, data.client, data.contact)


def answer(session: Session, event: Event[InquiryAnsweredV1]) -> None:
    """Send the answer in the language of the inquiry."""
    data = event.data
    occasion = Occasion(
        notice=INQUIRY_ANSWER,
        run=f"{INQUIRY_ANSWER}:{data.answer_id}",
        about_type="inquiry",
        about_ref=str(data.inquiry_id),
        language=data.language,
        facts={
            "number": data.number,
            "subject": data.subject,
            "text": data.text,
            **_asker_name(data.contact),
        },
    )
    _tell_asker(session, occasion, data.client, data.contact)


def alert(session: Session, event: Event[InquiryOverdueV1]) -> None:
    """Tell staff that a deadline passed; each deadline of an inquiry is told of once."""
    data = event.data
    due_on = data.due_on.isoformat()
    occasion = Occasion(
        notice=INQUIRY_OVERDUE,
        run=f"{INQUIRY_OVERDUE}:{data.inquiry_id}:{data.deadline}:{due_on}",
        about_type="inquiry",
        about_ref=str(data.inquiry_id),
        facts={"number": data.number, "deadline": data.deadline, "due_on": due_on},
    )
    notices.tell_staff(session, occasion)


def _tell_asker(
    session: Session, occasion: Occasion, client: ClientKey | None, contact: Contact | None
) -> None:
    """To the client, else to the address given with the inquiry; a client may have to be awaited.

    The address given with the inquiry comes before the one in the base: it is the newer word.
    """
    given = contact.email if contact else None
    if client is None or (given and not recipients.is_known(session, client.source, client.ref)):
        notices.tell_contact(session, occasion, address=given)
        return
    client_id = recipients.client_id_of(session, client.source, client.ref)
    asker = recipients.known(session, client_id, occasion.rule)
    if asker is not None:
        notices.tell(session, occasion, [asker], address=given)


def _asker_name(contact: Contact | None) -> dict[str, Any]:
    return {"name": contact.name} if contact and contact.name else {}
