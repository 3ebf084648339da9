"""What the portal publishes: services, issues of the magazine, practices."""

from dataclasses import dataclass

from contracts.envelope import event
from contracts.fields import Audience, Count, Day, Ref, Url
from contracts.parts import Words


@event("portal")
@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceUpdatedV1:
    """A service of the portal is new or has changed."""

    service_ref: Ref
    title: Words
    url: Url | None = None
    audiences: list[Audience] | None = None


@event("portal")
@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePublishedV1:
    """An issue of the magazine came out: number in the year and through number, "10 (156)"."""

    issue_ref: Ref
    title: Words
    number: Count
    through_number: Count
    published_on: Day | None = None
    url: Url | None = None


@event("portal")
@dataclass(frozen=True, slots=True, kw_only=True)
class PracticePublishedV1:
    """A best practice was published, perhaps from one of our leads."""

    practice_ref: Ref
    title: Words
    url: Url | None = None
    lead_ref: Ref | None = None
