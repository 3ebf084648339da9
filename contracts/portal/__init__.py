"""Facts that the portal reports (contracts.md §2), by noun."""

from contracts.portal.clients import (
    ClientRegisteredV1,
    ClientUpdatedV1,
    ClientVerifiedV1,
    ConsentChangedV1,
)
from contracts.portal.inquiries import InquiryCommentedV1, InquiryOpenedV1, InquiryRatedV1
from contracts.portal.online_events import (
    Attendee,
    EventAnnouncedV1,
    EventAttendedV1,
    EventCancelledV1,
    EventChangedV1,
    EventHeldV1,
    EventRegisteredV1,
)
from contracts.portal.participation import ContestEntrySubmittedV1, VoteCastV1
from contracts.portal.payments import PaymentReceivedV1
from contracts.portal.publications import IssuePublishedV1, PracticePublishedV1, ServiceUpdatedV1

__all__ = [
    "Attendee",
    "ClientRegisteredV1",
    "ClientUpdatedV1",
    "ClientVerifiedV1",
    "ConsentChangedV1",
    "ContestEntrySubmittedV1",
    "EventAnnouncedV1",
    "EventAttendedV1",
    "EventCancelledV1",
    "EventChangedV1",
    "EventHeldV1",
    "EventRegisteredV1",
    "InquiryCommentedV1",
    "InquiryOpenedV1",
    "InquiryRatedV1",
    "IssuePublishedV1",
    "PaymentReceivedV1",
    "PracticePublishedV1",
    "ServiceUpdatedV1",
    "VoteCastV1",
]
