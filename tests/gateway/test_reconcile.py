"""The comparison between services: what is lost is named, kept while one is away, and goes."""

from typing import Any

import pytest

from chassis import reconcile
from chassis.db import Database
from chassis.errors import Unavailable
from gateway import reconcile as between
from gateway.desk import Desk

FACTS = [
    ["https://portal.example", f"x{number}", "client_registered", "2022-03-04"]
    for number in range(3)
]


class Stub:
    """Services that have heard of what ``heard`` says; those in ``away`` do not answer."""

    def __init__(self) -> None:
        self.heard: dict[str, list[list[str]]] = {"reporting": list(FACTS), "clients": FACTS[:1]}
        self.away: set[str] = set()
        self.cursors: list[str | None] = []

    def call(self, service: str, method: str, *, timeout: float, **params: Any) -> Any:
        if service in self.away:
            raise Unavailable("service_away", service)
        return getattr(self, method)(service, **params)

    def list_heard(self, service: str, cursor: str | None) -> dict[str, Any]:
        self.cursors.append(cursor)
        facts = self.heard.get(service, []) if cursor is None else []
        return {"facts": facts, "cursor": "end", "more": False}

    def list_lacking(self, service: str, facts: list[list[str]]) -> list[list[str]]:
        if service not in ("clients", "reporting"):
            return []
        return [fact for fact in facts if fact not in self.heard[service]]

    def list_taken(self, service: str) -> list[str]:
        return ["i-1"]

    def list_unreceipted(self, service: str, inquiry_ids: list[str]) -> list[str]:
        return []


@pytest.fixture
def desk(gateway_db: Database) -> Desk:
    """A gateway's desk with stand-in services."""
    made = Desk()
    made.db = gateway_db
    made.services = Stub()  # type: ignore[assignment]
    with gateway_db.begin() as session:
        reconcile.note_run(session)
    return made


def differences(desk: Desk) -> list[tuple[str, int]]:
    between.compare(desk)
    with desk.db.begin() as session:
        items = reconcile.listed(session)["items"]
    return [(item["subject"], item["count"]) for item in items]


LOST = [("clients reporting client_registered https://portal.example 2022-03-04", 2)]


def test_it_names_what_a_listener_lacks_until_it_is_there(desk: Desk) -> None:
    services: Any = desk.services
    # Found when it was read, and looked up anew although it is not read again.
    assert differences(desk) == LOST
    assert differences(desk) == LOST
    assert set(services.cursors[4:]) == {"end"}
    services.heard["clients"] = list(FACTS)
    assert differences(desk) == []


def test_it_names_what_the_journal_lacks(desk: Desk) -> None:
    services: Any = desk.services
    services.heard = {"reporting": [], "clients": FACTS[:1]}
    ((subject, count),) = differences(desk)
    assert (subject.split()[:2], count) == (["reporting", "clients"], 1)


def test_it_forgets_nothing_while_a_service_is_away(desk: Desk) -> None:
    services: Any = desk.services
    differences(desk)
    services.away = {"clients"}
    assert differences(desk) == LOST
    services.away = {"reporting"}
    assert differences(desk) == LOST
    services.away, services.heard["clients"] = set(), list(FACTS)
    assert differences(desk) == []
