"""Asking all services at the same time: one that is away is named, the others answer."""

from dataclasses import dataclass, field
from typing import Any

from eventlet.greenpool import GreenPool

from chassis.errors import AymakError, NotFound, Unavailable
from chassis.paging import encode_cursor
from contracts.catalogue import SERVICES
from gateway.desk import Call, Desk
from gateway.paging import plain

PATIENCE_SECONDS = 2.0


@dataclass(slots=True)
class Answers:
    """What each service answered, and which are away; ``refusals`` are errors of other kinds."""

    found: dict[str, Any] = field(default_factory=dict)
    away: list[str] = field(default_factory=list)
    refusals: dict[str, AymakError] = field(default_factory=dict)

    def or_away(self) -> "Answers":
        """Return these answers; raises what a service refused, ``Unavailable`` if all are away."""
        for refusal in self.refusals.values():
            raise refusal
        if self.away and not self.found:
            raise away(self.away[0])
        return self


def away(service: str) -> Unavailable:
    """Return the error that names a service that does not answer."""
    return Unavailable("service_away", f"{service} does not answer", service=service, retry_after=5)


def ask_all(
    desk: Desk, method: str, *, services: tuple[str, ...] = SERVICES, **params: Any
) -> Answers:
    """Ask ``services`` at the same time; a call lasts at most ``PATIENCE_SECONDS``."""
    params.setdefault("timeout", PATIENCE_SECONDS)

    def ask(service: str) -> tuple[str, Any]:
        try:
            return service, desk.services.call(service, method, **params)
        except AymakError as problem:
            return service, problem

    answers = Answers()
    for service, answer in GreenPool(len(services)).imap(ask, services):
        if not isinstance(answer, AymakError):
            answers.found[service] = answer
        elif isinstance(answer, Unavailable) or answer.code == "internal":
            answers.away.append(service)
        else:
            answers.refusals[service] = answer
    return answers


def the_one(desk: Desk, call: Call, method: str, **params: Any) -> dict[str, Any]:
    """Ask all for a thing that only one of them has; return it with its ``service``.

    Raises what that one refuses, ``NotFound`` when nobody has it, ``Unavailable`` when one that
    is away might.
    """
    answers = ask_all(desk, method, actor=call.staff.name, **params)
    for service, thing in answers.found.items():
        return {"service": service, **thing}
    strange = [one for one in answers.refusals.values() if not isinstance(one, NotFound)]
    if strange:
        raise strange[0]
    if answers.away:
        raise away(answers.away[0])
    raise next(iter(answers.refusals.values()))


def merge(answers: Answers, *, keys: tuple[str, str], limit: int, newest: bool) -> dict[str, Any]:
    """Return one page out of the pages of several services, in the order of ``keys``.

    ``away`` names the services whose items are missing from it.
    """
    items = [
        {"service": service, **item}
        for service, page in answers.found.items()
        for item in page["items"]
    ]
    items.sort(key=lambda item: tuple(item[key] for key in keys), reverse=newest)
    shown = items[:limit]
    goes_on = len(items) > limit or any(page["next"] for page in answers.found.values())
    last = [shown[-1][key] for key in keys] if shown else []
    return {
        "items": shown,
        "next": encode_cursor(last) if goes_on and last else None,
        "total": sum(page["total"] for page in answers.found.values()),
        "away": answers.away,
    }


def pages(
    desk: Desk, call: Call, method: str, *, keys: tuple[str, str], newest: bool
) -> dict[str, Any]:
    """Return the page that a list's query asks for, of the service that it names or of all."""
    query = plain(call.query)
    chosen = {"services": (query.pop("service"),)} if "service" in query else {}
    found = ask_all(desk, method, query=query, **chosen).or_away()
    return merge(found, keys=keys, limit=call.query["limit"], newest=newest)
