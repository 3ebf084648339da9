"""The journal as a log, and the timeline of one client: whole, paged, nothing personal unasked."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from chassis.db import Database
from chassis.errors import Invalid, NotFound
from contracts.parts import Contact
from contracts.portal import EventRegisteredV1, InquiryCommentedV1, InquiryOpenedV1
from services.reporting import log, timeline
from tests.factories import PORTAL, event, instant
from tests.reporting.cast import (
    accepted,
    announced,
    answered,
    body,
    hear,
    notices,
    person,
    reopened,
    resolved,
    uid,
)

NOW = instant("2022-04-01 12:00")
SECRET = "Когда починят водопровод?"


def asked() -> Any:
    data = InquiryOpenedV1(
        inquiry_ref="О-1", kind="question", subject="Вода", text=SECRET, client_ref="p1"
    )
    return event(data, at="2022-02-01 09:59", id="opened")


def story() -> list[Any]:
    """A client who registers, comes, asks, is answered, asks again; and somebody else."""
    came = EventRegisteredV1(client_ref="p1", event_ref="w1")
    more = InquiryCommentedV1(inquiry_ref="О-1", text="Спасибо")
    return [
        body("A", "2022-01-10"),
        person("p1", "2022-01-12", of="A"),
        person("c1", "2022-01-20"),
        announced("w1", "2022-02-18 14:00", at="2022-02-01 10:00"),
        event(came, at="2022-02-02 10:00", id="came"),
        asked(),
        accepted("О-1", "2022-02-01 10:00", due="2022-02-21", client="p1"),
        answered("О-1", "2022-02-02 10:00"),
        resolved("О-1", "2022-02-02 11:00", took=("2022-02-01 10:00", "2022-02-21")),
        event(more, at="2022-02-05 09:59", id="more"),
        reopened("О-1", "2022-02-05 10:00"),
        notices("w1", "2022-02-04 10:00"),
    ]


def listed(db: Database, **query: Any) -> dict[str, Any]:
    with db.begin() as session:
        return log.events(session, query)


def lived(db: Database, who: str = "p1", **query: Any) -> dict[str, Any]:
    with db.begin() as session:
        return timeline.timeline(session, str(uid(who)), query)


def one(db: Database, event_id: str, *, personal: bool) -> dict[str, Any]:
    with db.begin() as session:
        return log.event(session, PORTAL, event_id, personal=personal, now=NOW)


def test_the_log_lists_all_that_came_in_the_newest_first(reporting_db: Database) -> None:
    hear(reporting_db, *story())
    found = listed(reporting_db)
    assert found["total"] == len(story())
    assert found["items"][0]["type"] == "deliveries_settled"
    assert [item["position"] for item in found["items"]] == list(range(len(story()), 0, -1))


def test_the_log_is_filtered_and_paged(reporting_db: Database) -> None:
    hear(reporting_db, *story())
    assert listed(reporting_db, type="client_added")["total"] == 3
    assert listed(reporting_db, source=PORTAL, emitter="portal")["total"] == 4
    since, until = "2022-02-02T00:00:00+06:00", "2022-02-03T00:00:00+06:00"
    assert listed(reporting_db, since=since, until=until)["total"] == 3
    first = listed(reporting_db, limit=5)
    second = listed(reporting_db, limit=50, cursor=first["next"])
    assert len(first["items"]) + len(second["items"]) == len(story())
    for wrong in ({"colour": "red"}, {"since": "soon"}, {"emitter": "nobody"}):
        with pytest.raises(Invalid) as refused:
            listed(reporting_db, **wrong)
        assert list(refused.value.fields) == list(wrong)


def test_an_event_shows_its_person_only_to_who_may_see_people(reporting_db: Database) -> None:
    hear(reporting_db, *story())
    assert one(reporting_db, "opened", personal=True)["data"]["text"] == SECRET
    masked = one(reporting_db, "opened", personal=False)
    assert SECRET not in str(masked) and "Вода" not in str(masked)
    with pytest.raises(NotFound):
        one(reporting_db, "nobody", personal=True)


def test_an_event_puts_nested_personal_fields_back(reporting_db: Database) -> None:
    contact = Contact(name="Гүлнара", email="g@example.kg")
    data = InquiryOpenedV1(
        inquiry_ref="q", kind="wish", subject="Сайт", text="Шрифт", contact=contact
    )
    hear(reporting_db, event(data, at="2022-02-01 10:00", id="nested"))
    assert one(reporting_db, "nested", personal=True)["data"]["contact"]["email"] == "g@example.kg"
    assert "example.kg" not in str(one(reporting_db, "nested", personal=False))


def test_an_event_names_its_cause_and_what_it_led_to(reporting_db: Database) -> None:
    first = event(InquiryCommentedV1(inquiry_ref="x", text="и"), at="2022-02-01 10:00", id="first")
    led = announced("w9", "2022-03-01 10:00", at="2022-02-01 10:01")
    hear(reporting_db, first, caused_by(led, "first"))
    assert [item["type"] for item in one(reporting_db, "first", personal=False)["effects"]] == [
        "event_announced"
    ]
    assert one(reporting_db, led.id, personal=False)["cause"]["id"] == "first"


def caused_by(made: Any, cause: str) -> Any:
    return replace(made, causation_id=cause, correlation_id=cause)


WHOLE = [
    "inquiry_reopened",
    "inquiry_commented",
    "inquiry_resolved",
    "event_registered",
    "inquiry_answered",
    "inquiry_accepted",
    "inquiry_opened",
    "client_added",
]


@pytest.mark.parametrize("seed", range(3))
def test_the_timeline_has_all_of_one_client_whatever_the_order(
    reporting_db: Database, seed: int
) -> None:
    facts = story()
    random.Random(seed).shuffle(facts)
    hear(reporting_db, *facts)
    found = [item["type"] for item in lived(reporting_db)["items"]]
    assert sorted(found) == sorted(WHOLE)
    assert {item["type"] for item in lived(reporting_db, "c1")["items"]} == {"client_added"}


def test_the_timeline_is_in_the_order_of_time_and_paged(reporting_db: Database) -> None:
    hear(reporting_db, *story())
    whole = lived(reporting_db)["items"]
    assert [item["at"] for item in whole] == sorted((item["at"] for item in whole), reverse=True)
    first = lived(reporting_db, limit=3)
    second = lived(reporting_db, limit=50, cursor=first["next"])
    assert first["items"] + second["items"] == whole
    assert lived(reporting_db)["total"] == len(WHOLE)


def test_the_timeline_leads_to_the_inquiry_and_the_event(reporting_db: Database) -> None:
    hear(reporting_db, *story())
    by_type = {item["type"]: item for item in lived(reporting_db)["items"]}
    assert by_type["inquiry_answered"]["about"]["number"] == "О-1"
    assert by_type["event_registered"]["about"]["title"] == {"ru": "Вебинар w1"}
    assert SECRET not in str(by_type)


def test_the_timeline_is_narrowed_by_kind(reporting_db: Database) -> None:
    hear(reporting_db, *story())
    assert {item["kind"] for item in lived(reporting_db, kind="event")["items"]} == {"event"}
    with pytest.raises(Invalid) as refused:
        lived(reporting_db, kind="gossip")
    assert list(refused.value.fields) == ["kind"]


def test_the_timeline_of_one_is_found_by_an_index(reporting_db: Database) -> None:
    with reporting_db.begin() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        asked_for = "SELECT at FROM client_touch WHERE key IN ('id x', 'ref y z') ORDER BY at DESC"
        plan = session.scalars(text(f"EXPLAIN {asked_for}")).all()
    assert any("ix_client_touch_at" in row or "pk_client_touch" in row for row in plan)
