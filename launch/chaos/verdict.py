"""The verdict on a chaos run, from the sender's ledger and the databases alone.

Words as in quality.md: lost = acknowledged - applied - dead; ghost = applied, but never attempted;
doubled = an effect that is there twice; recovered = attempted, the answer unknown, yet applied.
"""

import base64
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import text

from chassis.db import Database
from contracts import catalogue
from launch.chaos.events import BROKEN, OTHER_CONTENT, SOURCE, UNDECODABLE
from launch.chaos.ledger import Sent

SERVICES = catalogue.SERVICES
Place = tuple[str, str]
HANDLED = "SELECT source, event_id, listener, outcome, extract(epoch FROM received_at) FROM inbox"
DEAD = "SELECT source, event_id, listener FROM dead_letters WHERE reason <> 'undecodable'"
BYTES = "SELECT raw FROM dead_letters WHERE reason = 'undecodable'"
EMITTED = "SELECT event_id, type FROM outbox"
OPEN = (
    "SELECT (SELECT count(*) FROM outbox WHERE sent_at IS NULL),"
    " (SELECT count(*) FROM inbox WHERE outcome IN ('waiting', 'failed'))"
)
# Effects that an inbox which let something through twice would leave twice.
DOUBLED = {
    "clients": "SELECT count(*) - count(DISTINCT (type, wire->>'causationid', wire->>'subject'))"
    " FROM outbox WHERE type IN ('client_added', 'consent_recorded')",
    "feedback": "SELECT count(*) - count(DISTINCT text) FROM messages",
    "notifications": "SELECT count(*) - count(DISTINCT (run, recipient)) FROM outgoing_mail",
    "reporting": "SELECT count(*) - count(DISTINCT (source, event_id)) FROM journal",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What the databases say: who handled what, what is dead, what is still open.

    ``buried`` counts the services that buried bytes which are no event, by their last word.
    """

    handled: Mapping[tuple[str, str, Place], tuple[str, float]]
    dead: frozenset[tuple[str, str, Place]]
    emitted: Mapping[str, tuple[str, str]]
    open: Mapping[str, tuple[int, int]]
    doubled: Mapping[str, int]
    buried: Mapping[str, int]

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits any more."""
        return not any(map(any, self.open.values()))


@dataclass(slots=True)
class Verdict:
    """The ledger equation; ``is_closed`` says whether the promise was kept."""

    attempted: int = 0
    acknowledged: int = 0
    applied: int = 0
    dead: int = 0
    lost: list[str] = field(default_factory=list)
    ghost: list[str] = field(default_factory=list)
    recovered: int = 0
    refused: list[str] = field(default_factory=list)
    doubled: dict[str, int] = field(default_factory=dict)
    derived: int = 0
    derived_lost: list[str] = field(default_factory=list)
    poison: int = 0
    poison_dead: int = 0
    open: dict[str, tuple[int, int]] = field(default_factory=dict)
    queues: dict[str, int] = field(default_factory=dict)
    repeats: int = 0
    lags: list[float] = field(default_factory=list)

    @property
    def is_closed(self) -> bool:
        """Whether nothing was lost, doubled, invented, buried by mistake or left lying."""
        wrong = (self.lost, self.ghost, self.refused, self.derived_lost, self.dead)
        left = (*self.doubled.values(), *(sum(pair) for pair in self.open.values()))
        return not any((*wrong, *left, *self.queues.values())) and self.poison == self.poison_dead


def look(databases: Mapping[str, Database]) -> Found:
    """Ask the four services' databases; raises what SQLAlchemy raises while one is away."""
    handled: dict[tuple[str, str, Place], tuple[str, float]] = {}
    dead: set[tuple[str, str, Place]] = set()
    emitted: dict[str, tuple[str, str]] = {}
    still: dict[str, tuple[int, int]] = {}
    doubled: dict[str, int] = {}
    buried: Counter[str] = Counter()
    for service in SERVICES:
        with databases[service].begin() as session:
            for source, event_id, listener, outcome, at in session.execute(text(HANDLED)):
                handled[source, event_id, (service, listener)] = outcome, float(at)
            for source, event_id, listener in session.execute(text(DEAD)):
                dead.add((source, event_id, (service, listener)))
            for event_id, name in session.execute(text(EMITTED)):
                emitted[event_id] = service, name
            outbox, kept = session.execute(text(OPEN)).one()
            still[service] = outbox, kept
            doubled[service] = session.scalar(text(DOUBLED[service])) or 0
            buried.update(set(map(_last_word, session.scalars(text(BYTES)))))
    return Found(handled, frozenset(dead), emitted, still, doubled, buried)


def _last_word(raw: str) -> str:
    return base64.b64decode(raw).decode("utf-8", "replace").rpartition(" ")[2]


def places(emitter: str, name: str) -> list[Place]:
    """Return where an event of this type is handled: its listeners and the journal."""
    listeners = sorted(catalogue.find(name).listeners)
    return [*((each, f"{emitter}.{name}") for each in listeners), (catalogue.JOURNAL, "everything")]


def is_applied(found: Found, source: str, event_id: str, where: Iterable[Place]) -> bool:
    """Return whether an event took its effect (or was ignored as older) at all these places."""
    outcomes = [found.handled.get((source, event_id, place), ("", 0.0))[0] for place in where]
    return all(outcome in ("applied", "ignored") for outcome in outcomes)


def judge(sent: Mapping[tuple[str, str], Sent], found: Found) -> Verdict:
    """Compare the ledger with the databases; what lies in queues is added by the run."""
    verdict = Verdict(open=dict(found.open), doubled=dict(found.doubled))
    for (event_id, poison), one in sent.items():
        if poison:
            _judge_poison(verdict, found, event_id, one)
        else:
            _judge_event(verdict, found, event_id, one)
    _judge_ghosts(verdict, sent, found)
    for event_id, (service, name) in found.emitted.items():
        verdict.derived += 1
        if not is_applied(found, service, event_id, places(service, name)):
            verdict.derived_lost.append(f"{service}.{name} {event_id}")
    return verdict


def _judge_event(verdict: Verdict, found: Found, event_id: str, one: Sent) -> None:
    where = places("portal", one.type)
    applied = is_applied(found, SOURCE, event_id, where)
    verdict.attempted += 1
    verdict.repeats += one.tries - 1
    if one.refused:
        verdict.refused.append(f"{event_id} {sorted(one.refused)}")
    if one.accepted_at is None:
        verdict.recovered += applied
        return
    verdict.acknowledged += 1
    verdict.applied += applied
    if applied:
        at = [found.handled[SOURCE, event_id, place][1] for place in where]
        verdict.lags.append(max(0.0, max(at) - one.accepted_at))
    elif any((SOURCE, event_id, place) in found.dead for place in where):
        verdict.dead += 1
    else:
        verdict.lost.append(f"{one.type} {event_id}")


def _judge_poison(verdict: Verdict, found: Found, event_id: str, one: Sent) -> None:
    if one.accepted_at is None:
        return
    verdict.poison += 1
    where = places("portal", one.type)
    if one.poison == UNDECODABLE:
        verdict.poison_dead += found.buried.get(event_id, 0) == len(where)
        return
    is_dead = all((SOURCE, event_id, place) in found.dead for place in where)
    harmless = one.poison == OTHER_CONTENT or not any(
        found.handled.get((SOURCE, event_id, place), ("", 0.0))[0] == "applied" for place in where
    )
    verdict.poison_dead += is_dead and harmless


def _judge_ghosts(verdict: Verdict, sent: Mapping[tuple[str, str], Sent], found: Found) -> None:
    attempted = {event_id for event_id, poison in sent if poison in ("", OTHER_CONTENT, BROKEN)}
    for source, event_id, place in found.handled:
        known = attempted if source == SOURCE else found.emitted
        if event_id not in known:
            verdict.ghost.append(f"{source} {event_id} at {place}")


def has_gone_through(databases: Mapping[str, Database], source: str, event_id: str) -> bool:
    """Return whether an event and what followed from it was handled by every service.

    Raises what SQLAlchemy raises while a database is away.
    """
    caused = "SELECT event_id FROM outbox WHERE wire->>'causationid' = :id"
    seen = "SELECT count(*) FROM inbox WHERE event_id = ANY(:ids) AND outcome = 'applied'"
    with databases["clients"].begin() as session:
        derived = list(session.scalars(text(caused), {"id": event_id}))
    if not derived:
        return False
    for service in ("notifications", "feedback", catalogue.JOURNAL):
        with databases[service].begin() as session:
            if not session.scalar(text(seen), {"ids": derived}):
                return False
    return True
