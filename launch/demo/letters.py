"""The demo's own count of the mail to clients: whom each notice reaches.

Rules of architecture.md §2 "Mailed": a person must have consented to service mail and have an
address, an organisation needs an address only; receipts and answers need no consent.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from contracts.codes import AUDIENCES
from contracts.portal import (
    ClientRegisteredV1,
    ClientUpdatedV1,
    ConsentChangedV1,
    EventAnnouncedV1,
    EventCancelledV1,
    EventChangedV1,
    EventRegisteredV1,
    InquiryOpenedV1,
)
from launch.demo import threads
from launch.demo.acts import Act, Fact

PURPOSE = "service"


@dataclass(slots=True)
class Reader:
    """Somebody who may be written to."""

    audience: str
    willing: bool


@dataclass(slots=True)
class Round:
    """The notices of the year so far: who can be reached, who was told of which event."""

    readers: dict[str, Reader] = field(default_factory=dict)
    told: dict[str, set[str]] = field(default_factory=dict)
    invited: dict[str, tuple[date, set[str]]] = field(default_factory=dict)
    sent: Counter[str] = field(default_factory=Counter)

    def hear(self, one: Fact) -> None:
        """Take in a fact in the order of posting, and count the letters that it causes."""
        if isinstance(one.data, EventAnnouncedV1):
            self._invite(one.data, one.posted.date())
        elif isinstance(one.data, EventRegisteredV1):
            self.told[one.data.event_ref].add(one.data.client_ref)
        elif isinstance(one.data, InquiryOpenedV1):
            self.sent["inquiry_receipt"] += 1
        else:
            self._hear_client(one.data)
            self._correct(one.data)

    def _hear_client(self, data: object) -> None:
        if isinstance(data, ClientRegisteredV1):
            self._register(data)
        elif isinstance(data, ClientUpdatedV1) and data.audience:
            self.readers[data.client_ref].audience = data.audience
        elif isinstance(data, ConsentChangedV1):
            self._consent(data)

    def _correct(self, data: object) -> None:
        if isinstance(data, EventChangedV1):
            self.sent["event_changed"] += len(self._reachable(self.told[data.event_ref]))
        elif isinstance(data, EventCancelledV1):
            self.sent["event_cancelled"] += len(self._reachable(self.told[data.event_ref]))

    def _register(self, data: ClientRegisteredV1) -> None:
        consented = data.consent is not None and (
            data.consent.purposes is None or PURPOSE in data.consent.purposes
        )
        willing = bool(data.email) and (data.kind == "organisation" or consented)
        self.readers[data.client_ref] = Reader(data.audience, willing)
        self.sent["welcome"] += willing

    def _consent(self, data: ConsentChangedV1) -> None:
        if not data.given and (data.consent.purposes is None or PURPOSE in data.consent.purposes):
            self.readers[data.client_ref].willing = False

    def _invite(self, data: EventAnnouncedV1, sent_on: date) -> None:
        wanted = data.audiences or AUDIENCES
        fitting = [ref for ref, one in self.readers.items() if one.audience in wanted]
        reached = self._reachable(fitting)
        self.told[data.event_ref] = set(reached)
        self.invited[data.event_ref] = sent_on, reached
        self.sent["event_notice"] += len(reached)

    def _reachable(self, refs: Iterable[str]) -> set[str]:
        return {ref for ref in refs if self.readers[ref].willing}


def _round(facts: Iterable[Fact]) -> Round:
    found = Round()
    # Who registers on the day of an event comes first: nobody is told of what is not known.
    for one in sorted(facts, key=lambda fact: (fact.posted, fact.at)):
        found.hear(one)
    return found


def invitations(facts: Iterable[Fact]) -> dict[str, tuple[date, set[str]]]:
    """Return for each announced event the day of the invitations and whom they reach."""
    return _round(facts).invited


def expected_mails(facts: Sequence[Fact], acts: Sequence[Act]) -> Counter[str]:
    """Return how many letters go to clients, by notice."""
    sent = _round(facts).sent
    openings = sum(isinstance(one.data, InquiryOpenedV1) for one in facts)
    sent["inquiry_receipt"] += len(threads.unfold(facts, acts)) - openings
    sent["inquiry_answer"] = sum(act.deed == "answer" for act in acts)
    return sent
