"""Facts that reporting derives (contracts.md §3, reporting)."""

from dataclasses import dataclass
from uuid import UUID

from contracts.envelope import event
from contracts.fields import Count, Instant, Language, Line, Month


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentHash:
    """One document that was sent: language, format and the sha256 of its bytes."""

    language: Language
    format: Line
    sha256: Line


@event("reporting")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportMailedV1:
    """The monthly report of ``month`` was mailed to all its recipients (ToR row 8)."""

    report_id: UUID
    month: Month
    position: Count
    recipients: Count
    mailed_at: Instant
    late: bool
    documents: list[DocumentHash]
