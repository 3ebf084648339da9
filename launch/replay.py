"""``python -m launch.replay clients``: a restored service hears again what it has missed.

Its facts come from the journal in the order in which it once handled them; what they give has the
same ids as then (decision 10), so it is known everywhere and is not told again. What the service
did by itself it takes back from its own facts (`chassis.retell`). May be run twice.
"""

import importlib
import os
import sys
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import clock, context, inbox, logs
from chassis.db import Database
from chassis.errors import AymakError
from chassis.handling import ListenerSpec, attempt, retry_due
from chassis.listen import listeners_of
from chassis.outbox import OutboxRow
from chassis.retell import Retell, retellers_of
from chassis.settings import Settings
from contracts import catalogue
from contracts.envelope import parse
from launch import databases, told
from launch.children import TARGETS
from launch.told import Told


@dataclass(slots=True)
class Count:
    """What a replay did, and what it could not do."""

    heard: int = 0
    retold: int = 0
    told_before: int = 0
    new: int = 0
    differing: int = 0
    refused: int = 0

    def lines(self) -> list[str]:
        """Return it in words; the last lines only where there is something to look at."""
        found = [
            f"{self.heard} facts heard again, {self.retold} of its own taken back",
            f"{self.told_before} facts were told before, {self.new} are told now",
        ]
        if self.differing:
            found.append(f"{self.differing} facts came out otherwise than they were told")
        if self.refused:
            found.append(f"{self.refused} facts of its own could not be taken back")
        return found


class Replayer:
    """One restored service, its database, and the journal's."""

    def __init__(self, service: Any, journal: Database) -> None:
        self.service = service
        self.db: Database = service.db
        self.journal = journal
        self.listeners = listeners_of(service)
        self.retellers = retellers_of(service)
        self.count = Count()

    def run(self) -> Count:
        """Hear, take back, and settle the outbox; return what was done."""
        for fact in told.missing(self.journal, self.db, self.service.name, set(self.listeners)):
            # Handled as if it were then: what was not late is not late now.
            with clock.freeze(fact.at):
                if fact.emitter == self.service.name:
                    self._take_back(fact)
                else:
                    self._hear(fact)
                retry_due(self.db, self.listeners)
        with self.db.begin() as session:
            if hasattr(self.service, "after_replay"):
                self.service.after_replay(session)
        self._settle_outbox()
        return self.count

    def _hear(self, fact: Told) -> None:
        listener: ListenerSpec = self.listeners[fact.listener]
        with self.db.begin() as session:
            row = inbox.claim(session, fact.wire, listener.name, fact.fingerprint)
            if row is not None:
                attempt(session, listener, row, fact.wire)
                self.count.heard += 1

    def _take_back(self, fact: Told) -> None:
        """Bring back what the service did by itself; its telling is kept as done."""
        retell = self.retellers.get(fact.type)
        # What has a cause comes again when the cause is heard.
        if retell is not None and fact.causation is None:
            try:
                with self.db.begin() as session:
                    self._retell(session, retell, fact)
                self.count.retold += 1
            except AymakError:
                self.count.refused += 1

    def _retell(self, session: Session, retell: Retell, fact: Told) -> None:
        event = parse(fact.wire)
        newest = session.scalar(select(func.max(OutboxRow.position))) or 0
        with context.flowing(self.service.name, actor=event.actor, cause=event):
            retell(session, event)
        session.flush()
        for row in session.scalars(select(OutboxRow).where(OutboxRow.position > newest)):
            session.delete(row)
        session.execute(_as_told(fact))

    def _settle_outbox(self) -> None:
        """Mark what was told before, and add what was told and did not come again."""
        with self.db.begin() as session:
            unsent = {row.event_id: row for row in session.scalars(_unsent())}
        known = told.data_of(self.journal, self.service.name, set(unsent))
        with self.db.begin() as session:
            mark = update(OutboxRow).where(
                OutboxRow.event_id.in_(known), OutboxRow.sent_at.is_(None)
            )
            session.execute(mark.values(sent_at=func.now()))
        for event_id, data in known.items():
            self.count.differing += told.public_data(unsent[event_id].wire) != data
        self.count.told_before += len(known)
        self.count.new = len(unsent) - len(known)
        for fact in told.missing(self.journal, self.db, self.service.name, set()):
            with self.db.begin() as session:
                session.execute(_as_told(fact))
            self.count.differing += fact.causation is not None


def _unsent() -> Any:
    return select(OutboxRow).where(OutboxRow.sent_at.is_(None))


def _as_told(fact: Told) -> Any:
    values = {"event_id": fact.event_id, "type": fact.type, "wire": fact.wire}
    statement = insert(OutboxRow).values(**values, created_at=fact.at, sent_at=func.now())
    return statement.on_conflict_do_nothing()


def instance(name: str, db: Database) -> Any:
    """Return a service object without its process: with ``db`` in place of its provider."""
    module, _, class_name = TARGETS[name].partition(":")
    service = getattr(importlib.import_module(module), class_name)()
    service.db = db
    return service


def main(name: str, settings: Settings) -> list[str]:
    """Replay for one service; return what was done, in words."""
    urls = databases.urls(settings)
    service = instance(name, Database(urls[name]))
    if name == catalogue.JOURNAL:
        from launch.replay_journal import refill

        others = {each: Database(urls[each]) for each in catalogue.SERVICES if each != name}
        return refill(service, others)
    return Replayer(service, Database(urls[catalogue.JOURNAL])).run().lines()


if __name__ == "__main__":
    # What went well is counted in words; only what did not is logged beside them.
    logs.configure(sys.argv[1], "WARNING")
    print("\n".join(main(sys.argv[1], Settings.from_env(os.environ))))
