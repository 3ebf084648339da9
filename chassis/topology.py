"""Exchanges and queues as code: publishers and consumers declare the same, before any publish.

All queues are quorum queues with an at-least-once dead-letter exchange (quality.md §2, rules 3
and 4). Their names carry ``VERSION``: arguments of an existing queue cannot change, so a new
topology gets new names.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import structlog
from amqp.exceptions import AccessRefused, NotFound, PreconditionFailed
from kombu.connection import Connection
from kombu.entity import Exchange, Queue

from contracts import catalogue
from contracts.envelope import Contract

VERSION = "q1"
DELIVERY_LIMIT = 20
# Calls have an exchange of their own: nameko's would fill the classic queues of earlier versions,
# which nobody empties any more. Replies come to queues whose names begin so.
CALLS, REPLIES = "aymak.rpc", "replies"
DEAD = Exchange("aymak.dead", type="topic", durable=True)

log = structlog.get_logger()
# What stands at the broker under one of our names but is not ours; empty while all is well.
_foreign: list[str] = []


def exchange_of(emitter: str) -> Exchange:
    """Return the exchange of an emitter's events."""
    return Exchange(f"{emitter}.events", type="topic", durable=True)


def arguments(service: str) -> dict[str, object]:
    """Return the arguments of every queue of ``service``."""
    return {
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": DEAD.name,
        "x-dead-letter-routing-key": service,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-delivery-limit": DELIVERY_LIMIT,
    }


def queue_of(service: str, contract: Contract) -> Queue:
    """Return the queue in which ``service`` hears one type of event."""
    return Queue(
        f"{service}.{contract.emitter}.{contract.type}.{VERSION}",
        exchange=exchange_of(contract.emitter),
        routing_key=contract.type,
        durable=True,
        queue_arguments=arguments(service),
    )


def journal_queue() -> Queue:
    """Return the queue in which the journal hears every event of every emitter."""
    service = catalogue.JOURNAL
    return Queue(
        f"{service}.everything.{VERSION}",
        exchange=exchange_of("portal"),
        routing_key="#",
        durable=True,
        queue_arguments=arguments(service),
    )


def calls_of(service: str) -> str:
    """Return the name of the queue in which calls to a service wait."""
    return f"{service}.calls.{VERSION}"


def dead_queue(service: str) -> Queue:
    """Return the queue for what cannot even be decoded."""
    return Queue(
        f"{service}.dead.{VERSION}",
        exchange=DEAD,
        routing_key=service,
        durable=True,
        queue_arguments={"x-queue-type": "quorum"},
    )


def queues(emitters: Iterable[str] = catalogue.EMITTERS) -> Iterator[Queue]:
    """Yield every queue: for what cannot be decoded, the journal's, and one a listener and type."""
    yield from (dead_queue(service) for service in catalogue.SERVICES)
    yield journal_queue()
    for emitter in emitters:
        for contract in catalogue.contracts(emitter):
            yield from (queue_of(service, contract) for service in sorted(contract.listeners))


def depths(connection: Connection, service: str) -> list[dict[str, Any]]:
    """Return each queue of a service that exists: ``name``, ``messages`` ready, ``consumers``.

    Looking needs no permission that a service lacks (S19). Raises what kombu raises without a
    broker.
    """
    own = [one.name for one in queues() if one.name.startswith(f"{service}.")]
    found = []
    for name in (*own, calls_of(service)):
        # The broker closes a channel on which somebody asked for what is not there.
        with connection.channel() as channel, suppress(NotFound):
            _, messages, consumers = channel.queue_declare(name, passive=True)
            found.append({"name": name, "messages": messages, "consumers": consumers})
    return found


def foreign() -> str | None:
    """Return the queue or exchange that exists with other arguments than ours, if one was met.

    The broker then refuses every declaration (quality.md F7); somebody has to delete it, or the
    topology needs a new version.
    """
    return _foreign[0] if _foreign else None


def declare(connection: Connection, emitters: Iterable[str] = catalogue.EMITTERS) -> None:
    """Declare the exchanges of ``emitters`` and every queue that hears them; idempotent.

    A user of the broker that may declare nothing (S19) finds everything declared by the one-shot
    migration: it then only checks. Raises ``amqp.NotFound`` naming the queue that is missing, and
    ``PreconditionFailed`` when one exists with other arguments; ``foreign`` names it.
    """
    try:
        with connection.channel() as channel:
            _declare(channel, emitters)
    except AccessRefused:
        with connection.channel() as channel:
            for queue in queues(emitters):
                queue(channel).queue_declare(passive=True)
    except PreconditionFailed as problem:
        named = re.search(r"for (?:queue|exchange) '([^']+)'", str(problem))
        _foreign[:] = [named[1] if named else str(problem)]
        log.error("foreign_topology", name=_foreign[0], detail=str(problem)[:300])
        raise
    _foreign.clear()


def _declare(channel: Any, emitters: Iterable[str]) -> None:
    for emitter in emitters:
        exchange_of(emitter)(channel).declare()
    for queue in queues(emitters):
        queue(channel).declare()
    for emitter in emitters:
        journal_queue()(channel).bind_to(exchange_of(emitter)(channel), routing_key="#")
