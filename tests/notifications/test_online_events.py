"""Event notices and their corrections: who is told, once, and who is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from icalendar import Calendar

from contracts.parts import Words
from contracts.portal import (
    Attendee,
    EventAttendedV1,
    EventCancelledV1,
    EventChangedV1,
    EventRegisteredV1,
)
from tests.factories import emitted, instant
from tests.notifications.cast import (
    AIGUL,
    BORIS,
    CLARA,
    DANA,
    EMIL,
    OKMOTU,
    WEBINAR,
    House,
    person,
    to,
    words,
)

STUDENT = person("Farid", audiences=["universities"])
MOVED = EventChangedV1(event_ref="e-9", starts_at=instant("2022-03-16 14:00"))
CANCELLED = EventCancelledV1(event_ref="e-9", reason="Болезнь докладчика")


@pytest.fixture
def told(house: House) -> House:
    """Aigul and Boris have got the notice of the webinar."""
    house.know(AIGUL, BORIS, DANA, STUDENT)
    house.hear(WEBINAR)
    house.post()
    return house


def register(house: House, name: str) -> None:
    """A client registers."""
    house.hear(EventRegisteredV1(event_ref="e-9", client_ref=name))


def test_it_tells_the_audiences_of_the_event(house: House) -> None:
    house.know(AIGUL, BORIS, CLARA, DANA, EMIL, OKMOTU, STUDENT)
    house.hear(WEBINAR)
    assert house.readers() == [
        "aigul@example.kg",
        "boris@example.kg",
        "clara@example.kg",
        "okmotu@example.kg",
    ]
    reasons = {row.reason for row in house.settled("event_notice") if row.state == "skipped"}
    assert reasons == {"no_consent", "no_address"}
    assert len(house.settled()) == 6, "the student is of another audience"


def test_it_settles_in_one_chunk_about_the_event(told: House) -> None:
    (chunk,) = emitted(told.db, "deliveries_settled")
    data = chunk.data
    assert (data.purpose, data.about_type, data.about_ref) == ("event_notice", "event", "e-9")
    assert len(data.rows) == 3


def test_it_tells_everybody_when_no_audience_is_named(house: House) -> None:
    house.know(AIGUL, STUDENT)
    house.hear(replace(WEBINAR, audiences=None))
    assert house.readers() == ["aigul@example.kg", "farid@example.kg"]
    assert {row.audience for row in house.settled()} == {"lsg_bodies", "universities"}


def test_it_titles_the_letter_in_the_readers_language(house: House) -> None:
    house.know(AIGUL, CLARA)
    house.hear(replace(WEBINAR, title=Words(ru="Земля", ky="Жер")))
    letters = {to(mail): mail for mail in house.post()}
    assert letters["aigul@example.kg"]["Subject"] == "Чакырабыз: Жер (15-март)"
    assert letters["clara@example.kg"]["Subject"] == "Invitation: Земля (15 March)"
    text = words(letters["aigul@example.kg"])
    assert "2022-ж., 15-март, шейшемби, 14:00–15:30 (Бишкек убактысы)" in text
    assert "https://portal.example/events/9" in text


def test_it_says_nothing_of_what_has_begun(house: House) -> None:
    house.know(AIGUL)
    house.at("2022-03-15 14:00")
    house.hear(WEBINAR, at="2022-03-01 10:00")
    assert house.post() == []
    assert [(row.state, row.reason) for row in house.settled()] == [("skipped", "too_late")]


def test_it_says_nothing_when_it_began_while_the_mail_waited(house: House) -> None:
    house.know(AIGUL)
    house.at("2022-03-14 23:00")
    house.hear(replace(WEBINAR, starts_at=instant("2022-03-15 07:00")))
    house.at("2022-03-15 08:00")
    assert house.post() == [] and house.ledger("event_notice") == {"aigul": "too_late"}


def test_it_announces_once_whatever_is_announced_again(told: House) -> None:
    told.hear(WEBINAR)
    assert told.post() == []


@pytest.mark.parametrize(
    "change",
    [
        MOVED,
        EventChangedV1(event_ref="e-9", title=Words(ru="Земля без аренды")),
        EventChangedV1(event_ref="e-9", url="https://portal.example/events/9b"),
        EventChangedV1(event_ref="e-9", ends_at=instant("2022-03-15 17:00")),
    ],
)
def test_it_corrects_what_readers_care_about(told: House, change: EventChangedV1) -> None:
    told.hear(change, at="2022-03-05 10:00")
    assert told.readers() == ["aigul@example.kg", "boris@example.kg"]


@pytest.mark.parametrize(
    "change",
    [
        EventChangedV1(event_ref="e-9", topic="land"),
        EventChangedV1(event_ref="e-9", min_minutes=30),
        EventChangedV1(event_ref="e-9", audiences=["lsg_bodies", "business"]),
        EventChangedV1(event_ref="e-9", starts_at=WEBINAR.starts_at),
    ],
)
def test_it_does_not_bother_with_the_rest(told: House, change: EventChangedV1) -> None:
    told.hear(change, at="2022-03-05 10:00")
    assert told.post() == []


def test_it_takes_the_newest_change_in_any_order(told: House) -> None:
    later = replace(MOVED, starts_at=instant("2022-03-17 14:00"))
    told.hear(later, at="2022-03-06 10:00")
    assert told.hear(MOVED, at="2022-03-05 10:00") == "ignored"
    (one, _) = told.post()
    assert "17" in str(one["Subject"])


def test_it_tells_only_the_last_of_two_changes(told: House) -> None:
    told.hear(MOVED, at="2022-03-05 10:00")
    told.hear(replace(MOVED, starts_at=instant("2022-03-17 14:00")), at="2022-03-06 10:00")
    assert len(told.post()) == 2
    assert [row.reason for row in told.settled("event_changed")].count("superseded") == 2


def test_it_puts_the_change_into_the_notice_that_has_not_left(house: House) -> None:
    house.know(BORIS)
    house.hear(WEBINAR)
    house.hear(MOVED, at="2022-03-05 10:00")
    (mail,) = house.post()
    assert mail["Subject"] == "Приглашаем: Земля в аренду (16 марта)"
    assert house.post() == []


def test_it_corrects_who_registered_without_having_been_told(told: House) -> None:
    register(told, "Farid")
    told.hear(MOVED, at="2022-03-05 10:00")
    assert "farid@example.kg" in told.readers()
    assert "farid" not in told.ledger("event_notice"), "he is of another audience"


def test_it_tells_of_the_cancellation_who_was_told_or_registered(told: House) -> None:
    register(told, "Farid")
    told.hear(CANCELLED)
    mails = {to(mail): words(mail) for mail in told.post()}
    assert sorted(mails) == ["aigul@example.kg", "boris@example.kg", "farid@example.kg"]
    assert "Болезнь докладчика" in mails["boris@example.kg"]
    assert told.hear(CANCELLED) == "ignored" and told.post() == []


def test_it_does_not_send_what_was_cancelled_before_it_left(house: House) -> None:
    house.know(AIGUL)
    house.hear(WEBINAR)
    house.hear(CANCELLED)
    assert house.post() == []
    assert house.ledger("event_notice") == {"aigul": "event_cancelled"}


def test_it_leaves_those_who_attend_alone(told: House) -> None:
    joined = instant("2022-03-15 13:50")
    told.hear(EventAttendedV1(event_ref="e-9", client_ref="Aigul", joined_at=joined))
    stranger = Attendee(display_name="Boris", email="BORIS@example.kg")
    told.hear(EventAttendedV1(event_ref="e-9", attendee=stranger, joined_at=joined))
    told.hear(MOVED, at="2022-03-05 10:00")
    assert told.post() == []


def test_it_ignores_an_unknown_attendee(told: House) -> None:
    attended = EventAttendedV1(
        event_ref="e-9",
        attendee=Attendee(display_name="Zoom"),
        joined_at=instant("2022-03-15 14:00"),
    )
    assert told.hear(attended) == "ignored"


def test_it_keeps_facts_that_come_before_their_event(house: House) -> None:
    house.know(AIGUL)
    assert house.hear(MOVED, at="2022-03-05 10:00") == "waiting"
    registered = EventRegisteredV1(event_ref="e-9", client_ref="Aigul")
    assert house.hear(registered) == "waiting"
    house.hear(WEBINAR, at="2022-03-01 10:00")
    (mail,) = house.post()
    assert "16-март" in str(mail["Subject"])
    assert house.call("status")["inbox"]["waiting"] == 0


def test_it_keeps_a_registration_of_a_client_who_is_not_here_yet(told: House) -> None:
    registered = EventRegisteredV1(event_ref="e-9", client_ref="Clara")
    assert told.hear(registered) == "waiting"
    told.know(CLARA)
    told.hear(CANCELLED)
    assert "clara@example.kg" in told.readers()


def calendar(mail: object) -> tuple[str, dict[str, object]]:
    """Method and entry of a letter's calendar file."""
    (part,) = mail.iter_attachments()  # type: ignore[attr-defined]
    assert part.get_content_type() == "text/calendar"
    found = Calendar.from_ical(part.get_payload(decode=True))
    (entry,) = found.walk("VEVENT")
    assert part["Content-Type"].params["method"] == found["METHOD"]
    return str(found["METHOD"]), entry


def test_it_carries_a_calendar_entry_that_follows_the_event(house: House) -> None:
    house.know(BORIS)
    house.hear(WEBINAR)
    (announced,) = house.post()
    house.hear(MOVED, at="2022-03-05 10:00")
    (moved,) = house.post()
    house.hear(CANCELLED, at="2022-03-06 10:00")
    (cancelled,) = house.post()
    entries = [calendar(mail) for mail in (announced, moved, cancelled)]
    assert [method for method, _ in entries] == ["PUBLISH", "PUBLISH", "CANCEL"]
    assert [int(str(entry["SEQUENCE"])) for _, entry in entries] == [0, 1, 2]
    assert len({str(entry["UID"]) for _, entry in entries}) == 1
    assert entries[0][1]["DTSTART"].dt == WEBINAR.starts_at  # type: ignore[attr-defined]
    assert entries[1][1]["DTSTART"].dt == MOVED.starts_at  # type: ignore[attr-defined]
    assert str(entries[2][1]["STATUS"]) == "CANCELLED"
    assert entries[0][1]["DTEND"].dt == WEBINAR.ends_at  # type: ignore[attr-defined]


def test_it_forgets_the_end_of_a_day_from_which_the_event_was_moved(told: House) -> None:
    told.hear(MOVED, at="2022-03-05 10:00")
    letters = {to(mail): mail for mail in told.post()}
    text = words(letters["boris@example.kg"])
    assert "16 марта" in text and "14:00 (время Бишкека)" in text and "15:30" not in text
    assert "DTEND" not in calendar(letters["boris@example.kg"])[1]


def test_it_tells_the_same_in_any_order_of_facts(house: House) -> None:
    house.know(AIGUL)
    house.hear(CANCELLED, at="2022-03-06 10:00")
    house.hear(MOVED, at="2022-03-05 10:00")
    house.hear(WEBINAR, at="2022-03-01 10:00")
    assert house.post() == []
    assert house.ledger("event_notice") == {"aigul": "event_cancelled"}


@pytest.mark.parametrize(
    ("fact", "notice"), [(MOVED, "event_changed"), (CANCELLED, "event_cancelled")]
)
def test_it_corrects_a_registration_that_is_heard_of_late(
    told: House, fact: object, notice: str
) -> None:
    told.hear(fact, at="2022-03-05 10:00")
    told.post()
    told.hear(EventRegisteredV1(event_ref="e-9", client_ref="Aigul"), at="2022-03-05 09:00")
    told.hear(EventRegisteredV1(event_ref="e-9", client_ref="Farid"), at="2022-03-05 09:00")
    assert told.readers() == ["farid@example.kg"], "Aigul was corrected by way of her notice"
    assert told.ledger(notice)["farid"] == "sent"


def test_it_does_not_correct_who_registered_afterwards(told: House) -> None:
    told.hear(MOVED, at="2022-03-05 10:00")
    told.post()
    told.hear(EventRegisteredV1(event_ref="e-9", client_ref="Farid"), at="2022-03-05 11:00")
    assert told.post() == []


def test_it_does_not_correct_whose_notice_had_the_new_facts(house: House) -> None:
    house.know(BORIS)
    house.hear(WEBINAR)
    house.hear(MOVED, at="2022-03-05 10:00")
    house.post()
    house.hear(EventRegisteredV1(event_ref="e-9", client_ref="Boris"), at="2022-03-05 09:00")
    assert house.post() == []


AGAIN = "2022-03-07 10:00"


def test_it_tells_that_a_cancelled_event_takes_place_after_all(told: House) -> None:
    told.hear(CANCELLED, at="2022-03-06 10:00")
    (first, *_) = told.post()
    told.hear(WEBINAR, at=AGAIN)
    (again, *_) = told.post()
    assert calendar(first)[0] == "CANCEL" and calendar(again)[0] == "PUBLISH"
    assert str(calendar(again)[1]["STATUS"]) == "CONFIRMED"
    assert told.ledger("event_changed") == {"aigul": "sent", "boris": "sent"}
    told.hear(CANCELLED, at="2022-03-08 10:00")
    assert told.readers() == ["aigul@example.kg", "boris@example.kg"], "and cancelled anew"


def test_it_does_not_cancel_what_was_announced_anew_since(told: House) -> None:
    told.hear(replace(WEBINAR, title=Words(ru="Снова")), at=AGAIN)
    told.post()
    assert told.hear(CANCELLED, at="2022-03-06 10:00") == "ignored"
    assert told.post() == []


def test_it_keeps_the_newest_of_two_cancellations(told: House) -> None:
    told.hear(CANCELLED, at="2022-03-06 10:00")
    assert told.hear(CANCELLED, at="2022-03-08 10:00") == "applied"
    told.post()
    told.hear(WEBINAR, at=AGAIN)
    assert told.post() == []


def test_it_tells_who_never_heard_because_it_was_cancelled(house: House) -> None:
    house.know(AIGUL)
    house.hear(WEBINAR, at="2022-03-04 10:00")
    house.hear(CANCELLED, at="2022-03-06 10:00")
    assert house.post() == []
    house.hear(WEBINAR, at=AGAIN)
    assert house.readers() == ["aigul@example.kg"]


def test_it_invites_who_came_while_it_was_cancelled(told: House) -> None:
    told.hear(CANCELLED, at="2022-03-06 10:00")
    told.at("2022-03-06 11:00")
    told.know(CLARA)
    told.hear(WEBINAR, at=AGAIN)
    told.post()
    assert told.ledger("event_notice")["clara"] == "sent"
    assert "clara" not in told.ledger("event_changed")


def test_it_drops_a_cancellation_that_was_taken_back_before_it_left(told: House) -> None:
    told.hear(CANCELLED, at="2022-03-06 10:00")
    told.hear(WEBINAR, at=AGAIN)
    told.post()
    assert told.ledger("event_cancelled") == {"aigul": "superseded", "boris": "superseded"}


def test_it_invites_an_audience_that_was_added(told: House) -> None:
    told.know(person("Guli", audiences=["universities"]))
    register(told, "Guli")
    wider = EventChangedV1(event_ref="e-9", audiences=["lsg_bodies", "universities"])
    told.hear(wider, at="2022-03-05 10:00")
    assert told.readers() == ["farid@example.kg"], "the others know, one of them registered"
    assert told.ledger("event_notice")["farid"] == "sent"


def test_it_takes_over_what_a_cancellation_says_of_the_event(told: House) -> None:
    told.hear(replace(CANCELLED, title=Words(ru="Земля без аренды")), at="2022-03-06 10:00")
    assert all("Земля без аренды" in str(mail["Subject"]) for mail in told.post())
