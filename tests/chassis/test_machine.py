"""The promise as a state machine: events that come twice, in any order, through crashes and bugs.

Hypothesis draws the schedule, plain dicts are the model, a real PostgreSQL is the inbox, the
outbox and the mail ledger; the broker is a list (quality.md, "Methods"). A failing run is shrunk
to the shortest list of steps that breaks the ledger equation.
"""

import uuid
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis import inbox, outgoing
from chassis.db import Database
from chassis.dispatch import Dispatcher
from chassis.handling import CONFLICT, ListenerSpec, handle, retry_due
from chassis.mail import FakeMailer, Message
from chassis.outbox import OutboxRow
from chassis.outgoing import OutgoingMail, Skip
from contracts.catalogue import find
from contracts.envelope import Event
from contracts.portal import ClientVerifiedV1
from tests.chassis.test_outgoing import ENTRY
from tests.chassis.test_outgoing import compose as letter
from tests.factories import event

TABLES = ("inbox", "outbox", "dead_letters", "outgoing_mail", "heard")
# One attempt and five retries: then a fact is dead (quality.md rule 5).
ATTEMPTS = len(inbox.BACK_OFF) + 1
picks = st.integers(min_value=0, max_value=10_000)


class Killed(BaseException):
    """Ends the work as ``kill -9`` would: nothing of the product catches it."""


class DyingMailer(FakeMailer):
    """Hands a mail over; ``dies`` ends the mailer before anybody hears of it."""

    dies = False

    def send(self, raw: bytes, sender: str, recipient: str) -> None:
        """Send, and die if it is time to."""
        super().send(raw, sender, recipient)
        if self.dies:
            self.dies = False
            raise Killed


class Promise(RuleBasedStateMachine):
    """A service that notes whom it heard of, mails them, and may be killed at any point."""

    db: Database

    @initialize()
    def begin(self) -> None:
        """Start with empty tables and an empty broker."""
        with self.db.begin() as session:
            session.execute(text(f"TRUNCATE {', '.join(TABLES)}"))
        self.lying: list[dict[str, Any]] = []
        self.attempted: dict[str, dict[str, Any]] = {}
        self.needs: dict[str, str] = {}
        self.bugs: Counter[str] = Counter()
        self.buried: set[tuple[str, str]] = set()
        self.left: set[str] = set()
        self.sent_before_leaving: dict[str, int] = {}
        self.crash_at = ""
        self.mail_crashes = 0
        self.mailer = DyingMailer()
        self.listener = ListenerSpec(
            "clients", "portal.client_verified", find("client_verified"), self.work
        )

    # --- the service ---------------------------------------------------------------------------

    def work(self, session: Session, happened: Event[Any]) -> None:
        """Note the fact, tell of it and queue a mail; wait, fail or die as the schedule says."""
        ref = happened.data.client_ref
        if self.bugs[ref] > 0:
            self.bugs[ref] -= 1
            raise RuntimeError("a bug")
        needed = self.needs.get(ref)
        if needed and not session.scalar(
            text("SELECT 1 FROM heard WHERE ref = :ref"), {"ref": needed}
        ):
            raise inbox.waiting(needed)
        session.execute(text("INSERT INTO heard (ref) VALUES (:ref)"), {"ref": ref})
        session.add(OutboxRow(event_id=str(uuid.uuid4()), type="told", wire={"ref": ref}))
        outgoing.queue(session, replace(ENTRY, recipient=ref, address=f"{ref}@example.kg"))
        session.flush()
        inbox.release(session, ref)
        if self.crash_at == "before_commit":
            self.crash_at = ""
            raise Killed

    def compose(self, mail: OutgoingMail) -> Message | Skip:
        """Return the letter, unless the reader has left."""
        return Skip("unsubscribed") if mail.recipient in self.left else letter(mail)

    def mail(self) -> None:
        """Send what is due, as a mailer does that was started just now."""
        sender = Dispatcher(
            self.db, self.mailer, compose=self.compose, settle=lambda session, mails: None
        )
        try:
            while sender.run_once():
                pass
        except Killed:
            self.mail_crashes += 1
            self.execute("UPDATE outgoing_mail SET lease_until = NULL")

    def execute(self, statement: str) -> None:
        """Run a statement in a transaction of its own."""
        with self.db.begin() as session:
            session.execute(text(statement))

    def deliver(self, wire: dict[str, Any], *, acked: bool = True) -> None:
        """Let the listener have a message; a crash leaves it lying at the broker."""
        try:
            outcome = handle(self.db, self.listener, wire)
        except Killed:
            return
        if outcome == CONFLICT:
            self.buried.add((wire["id"], "same_id_other_content"))
        if acked and wire in self.lying:
            self.lying.remove(wire)

    # --- what may happen -----------------------------------------------------------------------

    @rule(waits=st.booleans(), bugs=st.sampled_from([0, 0, 0, 1, 2, 99]))
    def emit(self, waits: bool, bugs: int) -> None:
        """An event happens; it may need the next one, or meet a bug for some time or for ever."""
        number = len(self.attempted)
        ref = f"c{number}"
        wire = event(
            ClientVerifiedV1(client_ref=ref), at="2022-01-10 10:00", id=f"e{number}"
        ).to_wire()
        if waits:
            self.needs[ref] = f"c{number + 1}"
        self.bugs[ref] = bugs
        self.attempted[wire["id"]] = wire
        self.lying.append(wire)

    @precondition(lambda self: self.lying)
    @rule(pick=picks)
    def hear(self, pick: int) -> None:
        """Any message comes next: the order is free."""
        self.deliver(self.lying[pick % len(self.lying)])

    @precondition(lambda self: self.attempted)
    @rule(pick=picks)
    def send_again(self, pick: int) -> None:
        """The portal, or somebody who replays, sends an event once more."""
        self.lying.append(list(self.attempted.values())[pick % len(self.attempted)])

    @precondition(lambda self: self.attempted)
    @rule(pick=picks)
    def send_other_content(self, pick: int) -> None:
        """The same id with another body; whichever is heard second is a dead letter."""
        wire = list(self.attempted.values())[pick % len(self.attempted)]
        if inbox_has(self.db, wire["id"]):
            self.lying.append({**wire, "data": {"client_ref": "somebody-else"}})

    @precondition(lambda self: self.lying)
    @rule(pick=picks)
    def crash_before_commit(self, pick: int) -> None:
        """Killed after the effect: nothing of it stays, the message comes again."""
        self.crash_at = "before_commit"
        self.deliver(self.lying[pick % len(self.lying)])
        self.crash_at = ""

    @precondition(lambda self: self.lying)
    @rule(pick=picks)
    def crash_before_ack(self, pick: int) -> None:
        """Killed between commit and ack: the message comes again though it was handled."""
        self.deliver(self.lying[pick % len(self.lying)], acked=False)

    @rule()
    def tick(self) -> None:
        """Time goes by: what waits or failed is tried again."""
        self.execute("UPDATE inbox SET next_at = now() WHERE next_at IS NOT NULL")
        retry_due(self.db, {self.listener.name: self.listener})

    @rule()
    def send_mail(self) -> None:
        """A mailer looks at the ledger."""
        self.mail()

    @rule()
    def crash_while_mailing(self) -> None:
        """The mailer dies with the relay's yes unread."""
        self.mailer.dies = True
        self.mail()
        self.mailer.dies = False

    @precondition(lambda self: self.attempted)
    @rule(pick=picks)
    def leave(self, pick: int) -> None:
        """A reader unsubscribes."""
        ref = f"c{pick % len(self.attempted)}"
        if ref not in self.left:
            self.left.add(ref)
            self.sent_before_leaving[ref] = self.mails_to(ref)

    # --- the equation --------------------------------------------------------------------------

    def mails_to(self, ref: str) -> int:
        """Return how many mails a reader has got."""
        return sum(recipient == f"{ref}@example.kg" for _, recipient in self.mailer.sent)

    def rows(self, query: str) -> list[Any]:
        """Return the first column of a query."""
        with self.db.begin() as session:
            return list(session.scalars(text(query)))

    @invariant()
    def nothing_is_doubled_or_a_ghost(self) -> None:
        """Each effect is there once and has a cause; fact, outbox row and mark agree."""
        heard = self.rows("SELECT ref FROM heard")
        assert len(heard) == len(set(heard))
        assert set(heard) <= {f"c{number}" for number in range(len(self.attempted))}
        assert sorted(self.rows("SELECT wire->>'ref' FROM outbox")) == sorted(heard)
        marks = self.rows("SELECT 'c' || substr(event_id, 2) FROM inbox WHERE outcome = 'applied'")
        assert sorted(marks) == sorted(heard)

    @invariant()
    def mail_is_repeated_only_by_a_crash(self) -> None:
        """At most once more per crash, and nothing to who has left."""
        total = len(self.mailer.sent)
        assert total - len({recipient for _, recipient in self.mailer.sent}) <= self.mail_crashes
        for ref, before in self.sent_before_leaving.items():
            assert self.mails_to(ref) == before

    def teardown(self) -> None:
        """Let everything come to rest: acknowledged = applied + dead + what waits for nobody."""
        if not hasattr(self, "lying"):
            return
        for wire in list(self.lying):
            self.deliver(wire)
        for _ in range(ATTEMPTS + len(self.attempted)):
            self.tick()
        self.mail()
        applied = set(self.rows("SELECT event_id FROM inbox WHERE outcome = 'applied'"))
        dead = set(self.rows("SELECT event_id FROM inbox WHERE outcome = 'dead'"))
        waiting = set(self.rows("SELECT event_id FROM inbox WHERE outcome = 'waiting'"))
        assert self.lying == []
        assert applied | dead | waiting == set(self.attempted), "lost"
        for event_id in waiting:
            needed = self.needs[event_id.replace("e", "c")]
            assert needed.replace("c", "e") not in applied, "it waits for what is there"
        conflicts = set(
            self.rows("SELECT event_id FROM dead_letters WHERE reason = 'same_id_other_content'")
        )
        assert conflicts == {event_id for event_id, _ in self.buried}
        failed = set(self.rows("SELECT event_id FROM dead_letters WHERE reason = 'failed'"))
        assert failed == dead
        readers = {f"{event_id.replace('e', 'c')}@example.kg" for event_id in applied}
        got = {recipient for _, recipient in self.mailer.sent}
        assert readers - got <= {f"{ref}@example.kg" for ref in self.left}, "a mail is lost"
        self.nothing_is_doubled_or_a_ghost()
        self.mail_is_repeated_only_by_a_crash()


def inbox_has(db: Database, event_id: str) -> bool:
    """Return whether an event was heard of."""
    with db.begin() as session:
        query = text("SELECT 1 FROM inbox WHERE event_id = :id")
        return session.scalar(query, {"id": event_id}) is not None


QUICK = settings(
    max_examples=15,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


@pytest.mark.timeout(600)
def test_it_keeps_the_ledger_equation_through_any_schedule(chassis_db):
    run_state_machine_as_test(on(chassis_db), settings=QUICK)


def on(db: Database) -> type[Promise]:
    """Return the machine on a database."""
    return type("OnDatabase", (Promise,), {"db": db})


def test_it_breaks_when_a_mark_does_not_stop_a_repetition(chassis_db, monkeypatch):
    """The shortest schedule that a naive inbox does not survive."""
    claim = inbox.claim

    def forgetful(session, wire, listener, fingerprint):
        return claim(session, wire, listener, fingerprint) or inbox.seen(session, wire, listener)

    machine = on(chassis_db)()
    machine.begin()
    machine.emit(waits=False, bugs=0)
    machine.crash_before_ack(pick=0)
    machine.nothing_is_doubled_or_a_ghost()
    monkeypatch.setattr(inbox, "claim", forgetful)
    machine.hear(pick=0)
    with pytest.raises(AssertionError):
        machine.nothing_is_doubled_or_a_ghost()


def test_it_breaks_when_a_mailer_does_not_ask_again(chassis_db):
    """The shortest schedule in which a reader gets mail after leaving."""
    machine = on(chassis_db)()
    machine.begin()
    machine.emit(waits=False, bugs=0)
    machine.hear(pick=0)
    machine.leave(pick=0)
    machine.compose = letter  # type: ignore[method-assign]
    machine.send_mail()
    with pytest.raises(AssertionError):
        machine.mail_is_repeated_only_by_a_crash()
