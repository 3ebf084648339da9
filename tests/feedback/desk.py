"""The desk of feedback in tests: what the portal sends, what staff ask, what the clock does."""

from datetime import datetime
from typing import Any

from chassis import clock
from chassis.db import Database
from chassis.errors import from_dict
from contracts.clients import ClientAddedV1
from contracts.envelope import Event
from contracts.parts import ClientKey, ClientName
from contracts.portal import InquiryCommentedV1, InquiryOpenedV1
from services.feedback.service import FeedbackService
from tests.factories import PORTAL, as_service, deliver, emitted, event, instant

FRIDAY = "2022-03-04 10:00"


def opened(ref: str = "q-1", at: datetime | str = FRIDAY, **data: Any) -> Event[Any]:
    """Return an inquiry as the portal reports it; by default Aibek's, in Russian."""
    asked = {
        "kind": "question",
        "subject": "Вода в селе",
        "text": "Когда починят водопровод на нашей улице?",
        "client_ref": "aibek",
        **data,
    }
    return event(InquiryOpenedV1(inquiry_ref=ref, **asked), at=at)


def commented(
    ref: str = "q-1", at: datetime | str = FRIDAY, text: str = "Ещё вопрос"
) -> Event[Any]:
    """Return a client's further word."""
    return event(InquiryCommentedV1(inquiry_ref=ref, text=text), at=at)


def client(client_id: Any, ref: str, name: ClientName, **rest: Any) -> ClientAddedV1:
    """Return a client's first snapshot."""
    kind = "person" if name.surname else "organisation"
    defaults: dict[str, Any] = {"audiences": ["lsg_bodies"], "status": "active"}
    keys = [ClientKey(source=PORTAL, ref=ref)]
    values = {"kind": kind, "keys": keys, **defaults, **rest}
    return ClientAddedV1(client_id=client_id, name=name, **values)


class Desk:
    """One instance of the service on a database of its own."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.service = as_service(db, FeedbackService)

    def hear(self, happened: Event[Any], *, now: datetime | str | None = None) -> str:
        """Let the service hear an event at ``now``, else in the moment it happened."""
        with clock.freeze(_at(now or happened.time)):
            return deliver(self.db, FeedbackService, happened)

    def open(self, ref: str = "q-1", at: str = FRIDAY, **data: Any) -> str:
        """Open an inquiry and return its id."""
        assert self.hear(opened(ref, at, **data)) == "applied"
        return self.id_of(ref)

    def id_of(self, ref: str = "q-1") -> str:
        """Return our id of the newest inquiry of a reference."""
        accepted = [one for one in emitted(self.db, "inquiry_accepted")]
        return next(
            str(one.data.inquiry_id) for one in reversed(accepted) if one.data.inquiry_ref == ref
        )

    def call(self, verb: str, *args: Any, at: datetime | str, **kwargs: Any) -> Any:
        """Ask the service by RPC as Aida at an instant; a refusal is raised."""
        with clock.freeze(_at(at)):
            reply = getattr(self.service, verb)(*args, **{"actor": "aida", **kwargs})
        if "error" in reply:
            raise from_dict(reply["error"])
        return reply["ok"]

    def answer(self, inquiry: str, at: str, text: str = "Починят в апреле.", **rest: Any) -> Any:
        """Answer as Aida; the key follows from the instant."""
        rest.setdefault("key", f"answer {at}")
        return self.call("answer_inquiry", inquiry, text, at=at, **rest)

    def resolve(self, inquiry: str, at: str, outcome: str = "answered", **rest: Any) -> Any:
        """Resolve as Aida; the key follows from the instant."""
        rest.setdefault("key", f"resolve {at}")
        return self.call("resolve_inquiry", inquiry, outcome, at=at, **rest)

    def reopen(self, inquiry: str, at: str, reason: str = "Рано закрыли", **rest: Any) -> Any:
        """Reopen as Aida; the key follows from the instant."""
        rest.setdefault("key", f"reopen {at}")
        return self.call("reopen_inquiry", inquiry, reason, at=at, **rest)

    def card(self, inquiry: str, at: datetime | str = FRIDAY) -> Any:
        """Return the card of an inquiry as it is shown at an instant."""
        return self.call("get_inquiry", inquiry, at=at)

    def page(self, at: datetime | str = FRIDAY, **query: Any) -> Any:
        """Return a list of inquiries as it is shown at an instant."""
        return self.call("list_inquiries", query, at=at)

    def tick(self, at: datetime | str) -> None:
        """Let the timer wake up at an instant."""
        with clock.freeze(_at(at)):
            self.service.tick_overdue()

    def told(self, name: str) -> list[Any]:
        """Return the data of all emitted events of a type."""
        return [one.data for one in emitted(self.db, name)]


def _at(at: datetime | str) -> datetime:
    return instant(at) if isinstance(at, str) else at
