"""Stand-ins for the four services behind the gateway, answering over the real broker.

Whatever is asked of the id ``ABSENT`` is not there, of ``AWAY`` has its database away, of
``CONFLICTED`` is in no state for it; version 1 is out of date. ``calls`` remembers what came.
"""

import sys
from typing import Any, ClassVar

import eventlet

if __name__ == "__main__":
    # Only in a process of its own: a test run that is patched half-way stands still.
    eventlet.monkey_patch()

import nameko
from nameko.runners import ServiceRunner

from chassis import context
from chassis.errors import Conflict, NotFound, PreconditionFailed, Unavailable
from chassis.rpc import rpc
from chassis.rpc_queues import EXCHANGE

ABSENT = "00000000-0000-4000-8000-000000000404"
AWAY = "00000000-0000-4000-8000-000000000503"
CONFLICTED = "00000000-0000-4000-8000-000000000409"
GOOD = "00000000-0000-4000-8000-000000000200"
AT = "2022-03-04T05:06:07+00:00"
# What nobody may see who may not see people.
CANARY = "Өмүралиева Айгүл"
CANARIES: dict[str, Any] = {
    "full_name": "Өмүралиева Айгүл Айбековна",
    "emails": ["aigul@example.kg"],
    "phones": ["+996555000111"],
    "keys": [{"source": "x", "ref": "aigul@example.kg"}],
    "post": {"role": "head", "title": "Айгүл эже"},
}


def found(noun: str, ref: str, **thing: Any) -> dict[str, Any]:
    """Return a thing, or raise what its id asks for."""
    if ref == ABSENT or ref == "absent":
        raise NotFound(noun, ref)
    if ref in (AWAY, "away"):
        raise Unavailable("database_away", "secret dsn", retry_after=9)
    if ref == CONFLICTED:
        raise Conflict("inquiry_resolved", number="12/2022")
    return {"id": ref, **thing}


def letter(letter_id: str, **more: Any) -> dict[str, Any]:
    """Return a dead letter."""
    line = {"state": "open", "reason": "failed", "error": None, "listener": "portal.x"}
    fact = {"source": "https://portal.example", "event_id": "x-1", "type": "client_updated"}
    return found("dead letter", letter_id, **{**line, **fact, "created_at": AT, **more})


def kept(source: str, **more: Any) -> dict[str, Any]:
    """Return a fact that waits for a client."""
    line = {"listener": "portal.x", "source": source, "event_id": "x-1", "type": "client_updated"}
    waits = {"outcome": "waiting", "waits_for": f"client:{source}:c-7", "attempts": 1}
    return {**line, **waits, "since": AT, "next_at": AT, "error": None, "key": source, **more}


def page(query: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    """Return a page that echoes its query; a first page has a next one."""
    if query.get("q") == "away":
        raise Unavailable("database_away", "secret dsn")
    following = None if query.get("cursor") else "after-1"
    return {"items": [{**item, "query": query}], "next": following, "total": 2}


class Fake:
    """What all of them answer."""

    name: str

    @rpc
    def status(self, counts: bool = False, queues: bool = False) -> dict[str, Any]:
        """Return a status as a quiet service does."""
        quiet = {"service": self.name, "outbox": 0, "mail": {"queued": 0}, "consuming": True}
        queue = {"name": f"{self.name}.dead.q1", "messages": 0, "consumers": 1}
        counted: dict[str, Any] = {"received": {}, "emitted": {}} if counts else {}
        return {**quiet, **counted, **({"queues": [queue]} if queues else {})}

    def _mine(self, letter_id: str) -> None:
        """Letters lie in clients; it is the database of reporting that is away."""
        if letter_id == AWAY and self.name == "reporting":
            raise Unavailable("database_away", "secret dsn")
        if self.name != "clients" or letter_id == AWAY:
            raise NotFound("dead letter", letter_id)

    @rpc
    def list_dead_letters(self, query: dict[str, Any]) -> dict[str, Any]:
        if query.get("source") == "away" or (
            self.name == "reporting" and query.get("source") == "reporting:away"
        ):
            raise Unavailable("database_away", "secret dsn")
        return page(query, letter(GOOD))

    @rpc
    def get_dead_letter(self, letter_id: str) -> dict[str, Any]:
        self._mine(letter_id)
        return letter(letter_id, event={"data": {"client_ref": "c-7"}}, raw=None)

    @rpc
    def replay_dead_letter(self, letter_id: str, key: str, **mend: Any) -> dict[str, Any]:
        self._mine(letter_id)
        if letter_id == CONFLICTED:
            raise Conflict("replay_failed", error="kind_fixed")
        by = context.current().actor
        return letter(letter_id, **{"state": "replayed", "settled_by": by, "mend": mend})

    @rpc
    def discard_dead_letter(self, letter_id: str, key: str, reason: str) -> dict[str, Any]:
        self._mine(letter_id)
        return letter(letter_id, settled_reason=reason)

    @rpc
    def list_kept(self, query: dict[str, Any]) -> dict[str, Any]:
        if query.get("source") == "away":
            raise Unavailable("database_away", "secret dsn")
        return page(query, kept("https://portal.example"))

    @rpc
    def try_kept(self, source: str, event_id: str) -> dict[str, Any]:
        if found("event", source):
            return {"handled": [kept(source)]}
        return {}

    @rpc
    def get_receipt(self, source: str, event_id: str) -> list[dict[str, Any]]:
        if event_id == "away":
            raise Unavailable("database_away", "secret dsn")
        if event_id == "absent" or (event_id == "alone" and self.name != "clients"):
            return []
        line = {"type": "client_updated", "outcome": "applied", "attempts": 0}
        times = {"at": AT, "received_at": AT, "waits_for": None, "next_at": None}
        return [{**line, **times}] if self.name in ("clients", "reporting") else []

    @rpc
    def list_differences(self) -> dict[str, Any]:
        late = {"kind": "outbox_unsent", "subject": "client_added", "count": 3, "repaired": 0}
        seen = {"detail": {}, "first_seen_at": AT, "seen_at": AT}
        return {"checked_at": AT, "items": [{**late, **seen}] if self.name == "clients" else []}

    @rpc
    def metrics(self) -> list[dict[str, Any]]:
        samples = [["aymak_outbox_unsent", {}, 3.0]]
        family = {"name": "aymak_outbox_unsent", "words": "Facts.", "type": "gauge"}
        return [{**family, "samples": samples}]

    @rpc
    def reconcile(self) -> dict[str, Any]:
        return {"checked_at": AT, "items": []}

    @rpc
    def list_heard(self, cursor: str | None = None) -> dict[str, Any]:
        return {"facts": [], "cursor": cursor, "more": False}


class FakeClients(Fake):
    """clients."""

    name = "clients"

    @rpc
    def list_organisations(self, query: dict[str, Any]) -> dict[str, Any]:
        return page(query, {"id": GOOD, "name": {"ru": "Айыл окмоту"}, **CANARIES})

    @rpc
    def get_organisation(self, organisation_id: str) -> dict[str, Any]:
        people = [{"role": "head", "since": "2022-01-01", "until": None, "person": CANARIES}]
        more = {"name": {"ru": "Айыл окмоту"}, "people": people, "head": CANARY, **CANARIES}
        return found("organisation", organisation_id, **more)

    @rpc
    def list_territories(self) -> dict[str, Any]:
        return {"items": [{"code": "KG-C", "ru": "Чуйская область"}], "next": None, "total": 1}

    @rpc
    def list_people(self, query: dict[str, Any]) -> dict[str, Any]:
        return page(query, {"id": GOOD, "name": {"surname": CANARY}, **CANARIES})

    @rpc
    def list_online_events(self, query: dict[str, Any]) -> dict[str, Any]:
        return page(query, online_event(GOOD))

    @rpc
    def get_online_event(self, event_id: str) -> dict[str, Any]:
        return online_event(event_id)

    @rpc
    def get_person(self, person_id: str) -> dict[str, Any]:
        return found("person", person_id, name={"surname": CANARY}, **CANARIES)


def online_event(event_id: str, **more: Any) -> dict[str, Any]:
    line = {"title": {"ru": "Вебинар"}, "state": "held", "starts_at": AT, "participants": 9}
    came = [{"client": CANARIES, "minutes": 20, "counts": True}]
    whole = {**line, "needed": 1, "counts": False, "attendance": came}
    return found("online event", event_id, **whole, **CANARIES, **more)


def inquiry(inquiry_id: str, **more: Any) -> dict[str, Any]:
    line = {"number": "1/2022", "version": 3, "state": "open", "kind": "question"}
    thread = [{"id": GOOD, "side": "client", "at": AT, "text": CANARY, "author": CANARY}]
    personal = {"subject": CANARY, "client": CANARIES, "contact": CANARIES, "thread": thread}
    return found("inquiry", inquiry_id, **line, language="ru", **personal, **more)


class FakeFeedback(Fake):
    """feedback; an edit answers what it was asked, by whom."""

    name = "feedback"

    @rpc
    def list_taken(self) -> list[str]:
        return [GOOD]

    @rpc
    def list_inquiries(self, query: dict[str, Any]) -> dict[str, Any]:
        return page(query, inquiry(GOOD))

    @rpc
    def get_inquiry(self, inquiry_id: str) -> dict[str, Any]:
        return inquiry(inquiry_id)

    def _edit(self, inquiry_id: str, verb: str, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["version"] == 1:
            raise PreconditionFailed()
        actor = context.current().actor
        return inquiry(inquiry_id, verb=verb, asked=asked, actor=actor)

    @rpc
    def answer_inquiry(self, inquiry_id: str, **asked: Any) -> dict[str, Any]:
        return self._edit(inquiry_id, "answer", asked)

    @rpc
    def note_inquiry(self, inquiry_id: str, **asked: Any) -> dict[str, Any]:
        return self._edit(inquiry_id, "note", {"version": None, **asked})

    @rpc
    def resolve_inquiry(self, inquiry_id: str, **asked: Any) -> dict[str, Any]:
        return self._edit(inquiry_id, "resolve", asked)

    @rpc
    def reopen_inquiry(self, inquiry_id: str, **asked: Any) -> dict[str, Any]:
        return self._edit(inquiry_id, "reopen", asked)


class FakeNotifications(Fake):
    """notifications; a token says what is found behind it."""

    name = "notifications"
    left: ClassVar[set[str]] = set()

    @rpc
    def list_unreceipted(self, inquiry_ids: list[str]) -> list[str]:
        return inquiry_ids

    @rpc
    def list_deliveries(self, query: dict[str, Any]) -> dict[str, Any]:
        mail = {"id": GOOD, "notice": "welcome", "purpose": "service", "state": "sent"}
        return page(query, {**mail, "language": "ky", "queued_at": AT, **CANARIES})

    @rpc
    def describe_mail(self) -> dict[str, Any]:
        return {"adapter": "file", "sender": "office@example.kg", "staff": True}

    @rpc
    def send_test_mail(self, to: str, language: str) -> dict[str, Any]:
        if to.startswith("refused"):
            raise Conflict("mail_refused", reply="550 no such user")
        return {"sent": True, "adapter": "smtp", "to": to}

    @rpc
    def describe_unsubscribe(self, token: str) -> dict[str, Any]:
        known = {"language": "ky", "topic": "event_notice", "address": "a…@example.kg"}
        return {**found("token", token), **known, "unsubscribed": token in self.left}

    @rpc
    def unsubscribe(self, token: str) -> dict[str, Any]:
        reply = {**found("token", token), "language": "ky", "topic": "event_notice"}
        self.left.add(token)
        return reply


DOCUMENT = {
    "name": "отчёт-2022-03-ru.pdf",
    "media_type": "application/pdf",
    "sha256": "ab" * 32,
    "base64": "JVBERi0=",
}


def happened() -> dict[str, Any]:
    """Return a line of the event log."""
    fact = {"source": "https://portal.example", "id": "x-1", "type": "client_updated"}
    return {**fact, "time": AT, "subject": CANARY, "data": {}}


class FakeReporting(Fake):
    """reporting; covers 2022 only, and June's database is away."""

    name = "reporting"

    def _month(self, month: str | None) -> str:
        if month == "2022-06":
            raise Unavailable("database_away", "secret dsn")
        if month is not None and not month.startswith("2022"):
            raise NotFound("month", month)
        return month or "2022-12"

    @rpc
    def indicators(self, month: str | None = None, language: str = "ru") -> dict[str, Any]:
        item = {"code": "R4", "title": language, "state": "met", "actual": 2}
        return {"month": self._month(month), "plan": "2022", "items": [item]}

    @rpc
    def evidence(self, code: str, month: str, **asked: Any) -> dict[str, Any]:
        self._month(month)
        if code != "R4":
            raise NotFound("indicator", code)
        fact = {"source": "feedback", "id": "1", **CANARIES}
        row = {"at": AT, "subject": "1/2022", "text": "1", "event": fact, **CANARIES}
        return page({**asked, "month": month}, row)

    @rpc
    def list_events(self, query: dict[str, Any]) -> dict[str, Any]:
        return page(query, happened())

    @rpc
    def get_event(self, source: str, event_id: str, personal: bool) -> dict[str, Any]:
        found("event", event_id)
        whole = {"data": {"text": CANARY} if personal else {}, "counted": []}
        return {**happened(), **whole, "cause": None, "effects": [happened()]}

    @rpc
    def list_timeline(self, client: str, query: dict[str, Any]) -> dict[str, Any]:
        found("client", client)
        return page(query, {**happened(), "at": AT, "kind": "registration", **CANARIES})

    @rpc
    def list_report_mails(self, report_id: str) -> dict[str, Any]:
        return {"items": [found("report", report_id, address="head@academy.example")]}

    @rpc
    def get_counted(self, source: str, event_id: str) -> dict[str, Any] | None:
        if event_id == "away":
            raise Unavailable("database_away", "secret dsn")
        if event_id == "absent":
            return None
        counted = [{"code": "R2.A.bodies", "month": "2022-03"}]
        return {"type": "client_updated", "time": AT, "received_at": AT, "counted": counted}

    @rpc
    def plan(self, language: str) -> dict[str, Any]:
        return {"language": language, "rows": []}

    @rpc
    def list_reports(self, query: dict[str, Any]) -> dict[str, Any]:
        return page(query, {"id": GOOD, "month": "2022-03"})

    @rpc
    def get_report(self, report_id: str) -> dict[str, Any]:
        return found("report", report_id, month="2022-03")

    @rpc
    def stored_document(self, report_id: str, **which: Any) -> dict[str, Any]:
        found("report", report_id)
        return DOCUMENT

    @rpc
    def document(self, month: str, **which: Any) -> dict[str, Any]:
        self._month(month)
        return DOCUMENT

    @rpc
    def resend_report(self, report_id: str, key: str) -> dict[str, Any]:
        return found("report", report_id, key=key)


ALL = (FakeClients, FakeFeedback, FakeNotifications, FakeReporting)

if __name__ == "__main__":
    nameko.config.setup(
        {
            "AMQP_URI": sys.argv[1],
            "rpc_exchange": EXCHANGE,
            "max_workers": 10,
            "serializer": "json",
            "ACCEPT": ["json"],
        }
    )
    runner = ServiceRunner()
    for service in ALL:
        if service.name in sys.argv[2:]:
            runner.add_service(service)
    runner.start()
    runner.wait()
