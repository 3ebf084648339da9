"""feedback as a nameko service: what it hears, what it is asked, what it wakes up for."""

from typing import Any

from sqlalchemy.orm import Session

from chassis import clock
from chassis.listen import listens
from chassis.retell import retells
from chassis.rpc import rpc
from chassis.service import Service
from chassis.ticks import every
from contracts.clients import ClientAddedV1, ClientChangedV1
from contracts.envelope import Event
from contracts.feedback import (
    InquiryAnsweredV1,
    InquiryOverdueV1,
    InquiryReopenedV1,
    InquiryResolvedV1,
)
from contracts.portal import InquiryCommentedV1, InquiryOpenedV1
from services.feedback import (
    acts,
    answers,
    clients,
    inquiries,
    notes,
    overdue,
    queries,
    resolutions,
    retold,
    taken,
)
from services.feedback.acts import AnswerAct, NoteAct, ReopenAct, ResolveAct


class FeedbackService(Service):
    """Owns inquiries, from their receipt to their resolution."""

    name = "feedback"

    @listens("portal", InquiryOpenedV1)
    def on_inquiry_opened(self, session: Session, event: Event[InquiryOpenedV1]) -> None:
        """Take an inquiry in."""
        inquiries.accept(session, event)

    @listens("portal", InquiryCommentedV1)
    def on_inquiry_commented(self, session: Session, event: Event[InquiryCommentedV1]) -> None:
        """Take in what a client adds."""
        inquiries.comment(session, event)

    @listens("clients", ClientAddedV1)
    def on_client_added(self, session: Session, event: Event[ClientAddedV1]) -> None:
        """Learn who a client is."""
        clients.note(session, event)

    @listens("clients", ClientChangedV1)
    def on_client_changed(self, session: Session, event: Event[ClientChangedV1]) -> None:
        """Learn who a client has become."""
        clients.note(session, event)

    @retells(InquiryAnsweredV1)
    def retell_answered(self, session: Session, event: Event[InquiryAnsweredV1]) -> None:
        """An answer that a restored base does not know; likewise the three below."""
        retold.answered(session, event)

    @retells(InquiryResolvedV1)
    def retell_resolved(self, session: Session, event: Event[InquiryResolvedV1]) -> None:
        retold.resolved(session, event)

    @retells(InquiryReopenedV1)
    def retell_reopened(self, session: Session, event: Event[InquiryReopenedV1]) -> None:
        retold.reopened(session, event)

    @retells(InquiryOverdueV1)
    def retell_overdue(self, session: Session, event: Event[InquiryOverdueV1]) -> None:
        retold.overdue_again(session, event)

    @rpc
    def list_inquiries(self, query: dict[str, Any]) -> dict[str, Any]:
        """Return a page of inquiries and the counters (see ``queries.list_inquiries``)."""
        with self.db.begin() as session:
            return queries.list_inquiries(session, query, today=clock.day_of(clock.now()))

    @rpc
    def get_inquiry(self, inquiry_id: str) -> dict[str, Any]:
        """Return one inquiry with its thread."""
        with self.db.begin() as session:
            return self._card(session, inquiry_id)

    @rpc
    def answer_inquiry(
        self,
        inquiry_id: str,
        text: str,
        key: str,
        *,
        language: str | None = None,
        version: int | None = None,
    ) -> dict[str, Any]:
        """Answer; the same ``key`` is the same answer. Returns the inquiry as it then stands."""
        act = acts.load(AnswerAct, text=text, key=key, language=language, version=version)
        with self.db.begin() as session:
            answers.answer(session, inquiry_id, act, at=clock.now())
            return self._card(session, inquiry_id)

    @rpc
    def note_inquiry(self, inquiry_id: str, text: str, key: str) -> dict[str, Any]:
        """Write a note for colleagues; the same ``key`` is the same note."""
        act = acts.load(NoteAct, text=text, key=key)
        with self.db.begin() as session:
            notes.add(session, inquiry_id, act, at=clock.now())
            return self._card(session, inquiry_id)

    @rpc
    def resolve_inquiry(
        self,
        inquiry_id: str,
        outcome: str,
        key: str,
        *,
        reason: str | None = None,
        version: int | None = None,
    ) -> dict[str, Any]:
        """Resolve; the same ``key`` is the same act. Returns the inquiry as it then stands."""
        act = acts.load(ResolveAct, outcome=outcome, key=key, reason=reason, version=version)
        with self.db.begin() as session:
            resolutions.resolve(session, inquiry_id, act, at=clock.now())
            return self._card(session, inquiry_id)

    @rpc
    def reopen_inquiry(
        self, inquiry_id: str, reason: str, key: str, *, version: int | None = None
    ) -> dict[str, Any]:
        """Reopen; the same ``key`` is the same act. Returns the inquiry as it then stands."""
        act = acts.load(ReopenAct, reason=reason, key=key, version=version)
        with self.db.begin() as session:
            resolutions.reopen_by_staff(session, inquiry_id, act, at=clock.now())
            return self._card(session, inquiry_id)

    @rpc
    def list_taken(self) -> list[str]:
        """Return the ids of the inquiries of the last two days, for a comparison."""
        with self.db.begin() as session:
            return taken.lately(session)

    @every(60)
    def tick_overdue(self) -> None:
        """Announce missed deadlines, a batch in each transaction."""
        at, found = clock.now(), overdue.BATCH
        while found == overdue.BATCH:
            with self.db.begin() as session:
                found = overdue.announce(session, at=at)

    def _card(self, session: Session, inquiry_id: str) -> dict[str, Any]:
        session.flush()
        return queries.get_inquiry(session, inquiry_id, today=clock.day_of(clock.now()))
