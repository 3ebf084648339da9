"""Online events: distinct people, united stays, the 10 of ToR row 9, and closing anew."""

import random
from typing import Any

import pytest

from chassis.db import Database
from contracts.envelope import Event, dump
from contracts.parts import Post, Words
from contracts.portal import Attendee, EventCancelledV1, EventChangedV1, EventRegisteredV1
from services.clients import dossiers
from services.clients.models_events import OnlineEvent
from tests.clients.cast import (
    announced,
    attended,
    body,
    client_id,
    deliver,
    held,
    person,
    staff,
    updated,
)
from tests.factories import emitted, event, instant

pytestmark = pytest.mark.broker


def closed(db: Database) -> Any:
    """Return the newest ``event_closed``."""
    return emitted(db, "event_closed")[-1].data


def counted(db: Database) -> list[tuple[int, bool, int]]:
    """Return minutes, counts and stays of the newest word on each attendee."""
    newest = {one.data.attendee: one.data for one in emitted(db, "attendance_counted")}
    return sorted((data.minutes, data.counts, data.stays) for data in newest.values())


def eleven_people() -> list[Event[Any]]:
    """Return U7: 14 joins by 11 persons, one of whom stayed 2 minutes of the 20 asked for."""
    stays = [attended(f"p-{n}", "10:00", "11:30") for n in range(1, 8)]
    stays += [attended("p-1", "11:40", "11:55"), attended("p-2", "10:10", "10:20")]
    guest = Attendee(display_name="Гүлнара Асанова", email="Gulnara@example.kg")
    same_guest = Attendee(display_name="iPhone", email="gulnara@example.kg")
    nameless = Attendee(display_name="Нурбек  Сыдыков")
    stays += [attended(guest, "10:00", "10:12"), attended(same_guest, "10:30", "10:45")]
    stays += [attended(nameless, "10:00"), attended("p-8", "10:05")]
    return [*stays, attended("p-9", "10:00", "10:02")]


def everything() -> list[Event[Any]]:
    return [body(), staff("p-1"), *(person(f"p-{n}") for n in range(2, 10)), announced(), held()]


def test_it_counts_ten_of_fourteen_joins_by_eleven_people(clients_db: Database) -> None:
    assert len(eleven_people()) == 14
    deliver(clients_db, *everything(), *eleven_people())
    assert len(counted(clients_db)) == 11
    assert (closed(clients_db).participants, closed(clients_db).counts) == (10, True)
    assert closed(clients_db).lsg_participants == 1
    assert counted(clients_db)[0] == (2, False, 1)
    assert (27, True, 2) in counted(clients_db), "two stays of one e-mail are one person"
    assert (105, True, 2) in counted(clients_db), "two stays of one client are added"
    assert (90, True, 2) in counted(clients_db), "a second device doubles no minute"
    assert (120, True, 1) in counted(clients_db), "an open stay lasts until the event's end"


def test_it_does_not_count_an_event_of_nine(clients_db: Database) -> None:
    without_the_tenth = [one for one in eleven_people() if one.data.client_ref != "p-8"]
    deliver(clients_db, *everything(), *without_the_tenth)
    assert (closed(clients_db).participants, closed(clients_db).counts) == (9, False)


@pytest.mark.parametrize("seed", range(4))
def test_it_counts_the_same_in_any_order(clients_db: Database, seed: int) -> None:
    facts = [*everything(), *eleven_people()]
    random.Random(seed).shuffle(facts)
    deliver(clients_db, *facts)
    newest = closed(clients_db)
    assert (newest.participants, newest.lsg_participants, newest.counts) == (10, 1, True)
    assert sorted(one.minutes for one in newest.attendees) == sorted(
        minutes for minutes, counts, _ in counted(clients_db) if counts
    )
    sequences = [one.sequence for one in emitted(clients_db, "event_closed")]
    assert sequences == sorted(set(sequences))


def test_it_closes_anew_with_each_later_attendance(clients_db: Database) -> None:
    late = attended(Attendee(display_name="Поздний Гость"), "10:00", "11:00", at="2022-07-05 09:00")
    deliver(clients_db, announced(), held(), late)
    first, second = emitted(clients_db, "event_closed")
    assert (first.data.participants, second.data.participants) == (0, 1)
    assert second.sequence > first.sequence
    assert second.time == instant("2022-07-05 09:00")
    assert second.data.starts_at == instant("2022-03-10 10:00")


def test_it_takes_a_repeated_stay_for_one(clients_db: Database) -> None:
    guest = Attendee(display_name="Гость")
    twice = [attended(guest, "10:00", "11:00"), attended(guest, "10:00", "11:00")]
    deliver(clients_db, announced(), held(), *twice)
    assert counted(clients_db) == [(60, True, 1)]
    assert len(emitted(clients_db, "event_closed")) == 2


def test_it_ends_an_open_stay_where_its_end_was_reported_later(clients_db: Database) -> None:
    guest = Attendee(display_name="Гость")
    joined, left = attended(guest, "10:00"), attended(guest, "10:00", "10:05")
    deliver(clients_db, announced(), left, joined, held())
    assert counted(clients_db) == [(5, False, 1)]


def test_it_lets_an_attendance_wait_for_event_and_client(clients_db: Database) -> None:
    stay = attended("p-1", "10:00", "11:00")
    assert deliver(clients_db, stay) == ["waiting"]
    deliver(clients_db, announced())
    assert emitted(clients_db, "attendance_counted") == []
    deliver(clients_db, person("p-1"))
    (one,) = emitted(clients_db, "attendance_counted")
    assert (one.data.minutes, one.data.counts, one.time) == (60, True, stay.time)


def test_it_counts_anew_when_end_or_minimum_changes(clients_db: Database) -> None:
    stay = attended(Attendee(display_name="Гость"), "10:00")
    longer = EventChangedV1(event_ref="ev-1", ends_at=instant("2022-03-10 10:30"))
    stricter = EventChangedV1(event_ref="ev-1", min_minutes=45)
    deliver(clients_db, announced(), stay, held())
    assert counted(clients_db) == [(120, True, 1)]
    deliver(clients_db, event(longer, at="2022-03-11 09:00"))
    assert counted(clients_db) == [(30, True, 1)]
    deliver(clients_db, event(stricter, at="2022-03-12 09:00"))
    assert counted(clients_db) == [(30, False, 1)]
    assert [one.data.participants for one in emitted(clients_db, "event_closed")] == [1, 1, 0]


def test_it_ends_open_stays_where_the_event_really_ended(clients_db: Database) -> None:
    stay = attended(Attendee(display_name="Гость"), "10:00")
    over = held(started_at=instant("2022-03-10 10:05"), ended_at=instant("2022-03-10 11:10"))
    deliver(clients_db, announced(ends_at=None), stay)
    assert counted(clients_db) == [(0, False, 1)]
    deliver(clients_db, over)
    assert counted(clients_db) == [(70, True, 1)]
    assert closed(clients_db).starts_at == instant("2022-03-10 10:05")


def test_it_does_not_end_an_event_before_its_start_when_only_the_start_moved(
    clients_db: Database,
) -> None:
    moved = EventChangedV1(event_ref="ev-1", starts_at=instant("2022-03-10 15:00"))
    stay = attended(Attendee(display_name="Гость"), "15:00")
    deliver(clients_db, announced(), event(moved, at="2022-03-09 09:00"), stay)
    deliver(clients_db, held(at="2022-03-10 16:30"))
    assert counted(clients_db) == [(90, True, 1)]


def test_it_takes_a_stay_without_times_for_the_whole_event(clients_db: Database) -> None:
    stays = [attended(Attendee(display_name="Гость")) for _ in range(2)]
    deliver(clients_db, announced(), held(), *stays)
    assert counted(clients_db) == [(120, True, 1)]


def test_it_counts_any_stay_when_no_minimum_is_set(clients_db: Database) -> None:
    stay = attended(Attendee(display_name="Гость"), "10:00", "10:00")
    deliver(clients_db, announced(min_minutes=None), stay, held())
    assert closed(clients_db).participants == 1


def test_it_sees_lsg_people_by_post_at_the_time_of_the_event(clients_db: Database) -> None:
    deputy = staff("p-1", audience="citizens", role="kenesh_deputy")
    left_later = updated("p-1", at="2022-09-01 09:00", organisation_ref="org-ngo")
    company = body("org-ngo", body_type="ngo", audience="consulting_ngo")
    stays = [attended(ref, "10:00", "11:00") for ref in ("p-1", "p-2")]
    deliver(clients_db, body(), company, announced(), held(), deputy, person("p-2"), *stays)
    assert (closed(clients_db).participants, closed(clients_db).lsg_participants) == (2, 1)
    deliver(clients_db, left_later)
    assert closed(clients_db).lsg_participants == 1


def test_it_restates_lsg_people_when_the_body_type_comes_late(clients_db: Database) -> None:
    unnamed = body(body_type=None, audience="communities")
    deliver(clients_db, unnamed, announced(), held(), staff("p-1", audience="citizens"))
    deliver(clients_db, attended("p-1", "10:00", "11:00"))
    assert closed(clients_db).lsg_participants == 0
    deliver(clients_db, updated("org-ata-beyit", at="2022-04-01 09:00", body_type="ayil_okmotu"))
    assert closed(clients_db).lsg_participants == 1


def test_it_tells_the_audience_that_somebody_had_then(clients_db: Database) -> None:
    became = updated("p-1", at="2022-06-01 09:00", audience="business")
    late = updated("p-1", at="2022-03-09 09:00", audience="experts")
    deliver(clients_db, person("p-1"), announced(), attended("p-1", "10:00", "11:00"), held())
    deliver(clients_db, became)
    assert closed(clients_db).attendees[0].audience == "citizens"
    deliver(clients_db, late)
    assert closed(clients_db).attendees[0].audience == "experts"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_it_counts_nobody_for_a_cancelled_event(
    clients_db: Database, order: tuple[int, ...]
) -> None:
    cancelled = event(EventCancelledV1(event_ref="ev-1"), at="2022-03-11 09:00")
    facts = [held(), cancelled]
    stay = attended(Attendee(display_name="Гость"), "10:00", "11:00")
    deliver(clients_db, announced(), stay, *(facts[index] for index in order))
    with clients_db.begin() as session:
        assert session.query(OnlineEvent).one().state == "cancelled"
    last = [(one.data.participants, one.data.held) for one in emitted(clients_db, "event_closed")]
    assert last[-1:] in ([], [(0, False)])


def test_it_takes_what_a_cancellation_says_of_the_event(clients_db: Database) -> None:
    data = EventCancelledV1(
        event_ref="ev-1", title=Words(ru="Новое имя"), starts_at=instant("2022-03-12 10:00")
    )
    deliver(clients_db, announced(), event(data, at="2022-03-05 09:00"))
    with clients_db.begin() as session:
        online = session.query(OnlineEvent).one()
        assert (online.state, online.title_ru) == ("cancelled", "Новое имя")
        assert online.starts_at == instant("2022-03-12 10:00")


def test_it_merges_changes_of_an_event_in_any_order(clients_db: Database) -> None:
    newer = EventChangedV1(event_ref="ev-1", title=Words(ru="Новое имя"), topic="земля")
    older = EventChangedV1(event_ref="ev-1", title=Words(ru="Старое имя", en="Old name"))
    deliver(
        clients_db,
        event(newer, at="2022-03-05 09:00"),
        event(older, at="2022-03-03 09:00"),
        announced(),
        held(),
    )
    told = closed(clients_db)
    assert dump(told)["title"] == {"ru": "Новое имя", "ky": "Жер талаштары", "en": "Old name"}
    assert told.topic == "земля"


def test_it_shows_registrations_and_attendance_in_the_card(clients_db: Database) -> None:
    data = EventRegisteredV1(event_ref="ev-1", client_ref="p-1")
    early, late = (event(data, at=f"2022-03-0{day} 09:00") for day in (2, 4))
    deliver(clients_db, late, early, body(), staff("p-1", post=Post(role="head")), announced())
    deliver(clients_db, attended("p-1", "10:00", "10:50"), held())
    with clients_db.begin() as session:
        person_card = dossiers.person(session, client_id(clients_db, "p-1"))
        body_card = dossiers.organisation(session, client_id(clients_db, "org-ata-beyit"))
    assert person_card["registrations"][0]["registered_at"] == early.time.isoformat()
    assert [(e["ref"], e["minutes"], e["counts"]) for e in person_card["events"]] == [
        ("ev-1", 50, True)
    ]
    assert [(e["ref"], e["people"]) for e in body_card["events"]] == [("ev-1", 1)]
    assert body_card["people"][0]["person"]["full_name"] == "Осмонов Айбек"
