"""What clients ask, wish, review, comment, complain or propose."""

from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, validates_schema

from contracts.envelope import event
from contracts.fields import InquiryChannel, InquiryKind, Language, Line, Ref, Score, Text
from contracts.parts import Contact


@event(
    "portal",
    listeners=("feedback",),
    personal=("contact.name", "contact.email", "contact.phone", "subject", "text"),
)
@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryOpenedV1:
    """A client asks, wishes, reviews, comments, complains or proposes."""

    inquiry_ref: Ref
    kind: InquiryKind
    subject: Line
    text: Text
    language: Language | None = None
    channel: InquiryChannel | None = None
    client_ref: Ref | None = None
    contact: Contact | None = None
    topic: Line | None = None
    about: Line | None = None

    @validates_schema
    def somebody_asks(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse an inquiry that nobody could be answered on."""
        if not data.get("client_ref") and not data.get("contact"):
            raise ValidationError({"client_ref": ["Give client_ref or contact."]})


@event("portal", listeners=("feedback",), personal=("text",))
@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryCommentedV1:
    """The client writes again on an inquiry."""

    inquiry_ref: Ref
    text: Text


@event("portal", personal=("text",))
@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryRatedV1:
    """The client says how satisfied they are with the answer, from 1 to 5."""

    inquiry_ref: Ref
    score: Score
    text: Text | None = None
