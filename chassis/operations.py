"""What every service answers about its own work: dead letters, kept facts, receipts."""

from typing import Any

from chassis import dead_letters, kept, receipts
from chassis.db import Database
from chassis.dead_letters import Mend
from chassis.listen import listeners_of
from chassis.rpc import rpc
from chassis.undecodable import DeadQueue


class Operations:
    """The part of `chassis.service.Service` that an administrator sees through the gateway."""

    db: Database
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
