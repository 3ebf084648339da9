"""What every service answers about its own work: dead letters, kept facts, receipts."""

from typing import Any

from chassis import compare, dead_letters, gauges, kept, metrics, receipts, reconcile
from chassis.db import Database
from chassis.dead_letters import Mend
from chassis.listen import listeners_of
from chassis.reconcile import CHECKS, Check
from chassis.rpc import rpc
from chassis.ticks import every
from chassis.undecodable import DeadQueue


class Operations:
    """The part of `chassis.service.Service` that an administrator sees through the gateway."""

    name: str
    db: Database
    # What a service compares beside what all of them do; see `chassis.reconcile`.
    checks: tuple[Check, ...] = ()
    dead_queue = DeadQueue()

    @rpc
    def list_dead_letters(self, query: dict[str, Any]) -> dict[str, Any]:
        """Return a page of dead letters, the newest first."""
        with self.db.begin() as session:
            return dead_letters.listed(session, query)

    @rpc
    def get_dead_letter(self, letter_id: str) -> dict[str, Any]:
        """Return one dead letter with its body."""
        with self.db.begin() as session:
            return dead_letters.inspected(session, letter_id)

    @rpc
    def replay_dead_letter(self, letter_id: str, key: str, **mend: Any) -> dict[str, Any]:
        """Apply a dead letter, as it is or mended by ``data`` or ``event``."""
        with self.db.begin() as session:
            return dead_letters.replay(
                session, listeners_of(self), letter_id, key=key, mend=Mend(**mend)
            )

    @rpc
    def discard_dead_letter(self, letter_id: str, key: str, reason: str) -> dict[str, Any]:
        """Put a dead letter aside for good."""
        with self.db.begin() as session:
            return dead_letters.discard(session, letter_id, key=key, reason=reason)

    @rpc
    def list_kept(self, query: dict[str, Any]) -> dict[str, Any]:
        """Return a page of facts that wait or failed, the longest kept first."""
        with self.db.begin() as session:
            return kept.listed(session, query)

    @rpc
    def try_kept(self, source: str, event_id: str) -> dict[str, Any]:
        """Try what is kept of a fact at once."""
        with self.db.begin() as session:
            return kept.try_now(session, listeners_of(self), source=source, event_id=event_id)

    @rpc
    def get_receipt(self, source: str, event_id: str) -> list[dict[str, Any]]:
        """Return what each listener here made of a fact; empty when none heard of it."""
        with self.db.begin() as session:
            return receipts.handled(session, source, event_id)

    @rpc
    def list_differences(self) -> dict[str, Any]:
        """Return what the reconcilers found to differ."""
        with self.db.begin() as session:
            return reconcile.listed(session)

    @rpc
    def reconcile(self) -> dict[str, Any]:
        """Run the reconcilers now and return what they found."""
        with self.db.begin() as session:
            reconcile.note_run(session)
            reconcile.run(session, (*CHECKS, *self.checks))
            return reconcile.listed(session)

    @rpc
    def list_heard(self, cursor: str | None = None) -> dict[str, Any]:
        """Return the next facts that this service has heard of, for a comparison."""
        with self.db.begin() as session:
            return compare.heard(session, cursor)

    @rpc
    def list_lacking(self, facts: list[list[str]]) -> list[list[str]]:
        """Return those of the facts that this service should have heard of and has not."""
        with self.db.begin() as session:
            return compare.lacking(session, self.name, facts)

    @rpc
    def metrics(self) -> list[dict[str, Any]]:
        """Return the numbers of this process and of its database."""
        with self.db.begin() as session:
            return metrics.plain(gauges.read(session))

    @every(30)
    def tick_reconcile(self) -> None:
        """Run the reconcilers when ten minutes have passed since the last time."""
        with self.db.begin() as session:
            if reconcile.is_due(session):
                reconcile.run(session, (*CHECKS, *self.checks))
