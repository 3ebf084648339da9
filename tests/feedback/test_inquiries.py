"""Inquiries as they come in: accepted, repeated, commented, reopened, followed up."""

from datetime import date
from uuid import uuid4

import pytest

from chassis.db import Database
from contracts.parts import ClientKey, ClientName, Contact
from tests.factories import PORTAL, emitted, event, instant
from tests.feedback.desk import Desk, client, commented, opened


def test_it_accepts_an_inquiry_of_a_friday(desk: Desk) -> None:
    desk.open(topic="вода", channel="whatsapp")
    (accepted,) = emitted(desk.db)
    data = accepted.data
    assert data.number == "О-2022-0001"
    assert (data.language, data.channel, data.kind) == ("ru", "whatsapp", "question")
    assert data.registration_due_on == date(2022, 3, 7)
    assert data.first_response_due_on == date(2022, 3, 10)
    assert data.answer_due_on == date(2022, 3, 26)
    assert data.client == ClientKey(source=PORTAL, ref="aibek")
    assert data.received_at == accepted.time == instant("2022-03-04 10:00")
    assert accepted.sequence == 1
    assert accepted.subject == str(data.inquiry_id)


def test_the_fact_keeps_the_time_of_the_letter_however_late_it_comes(desk: Desk) -> None:
    desk.hear(opened(), now="2022-03-09 12:00")
    (accepted,) = emitted(desk.db)
    card = desk.card(desk.id_of(), at="2022-03-09 12:00")
    assert accepted.time == instant("2022-03-04 10:00")
    assert card["registered_at"] == "2022-03-09T06:00:00+00:00"
    assert card["registered_on_time"] is False
    assert card["state"] == "registered"


def test_it_takes_a_letter_from_a_portal_whose_clock_runs_ahead(desk: Desk) -> None:
    desk.hear(opened(at="2022-03-04 10:00"), now="2022-03-04 09:00")
    assert desk.card(desk.id_of())["registered_at"] == "2022-03-04T04:00:00+00:00"


def test_it_accepts_the_same_event_once(desk: Desk) -> None:
    letter = opened()
    assert desk.hear(letter) == "applied"
    assert desk.hear(letter) == "repeated"
    assert len(emitted(desk.db)) == 1


def test_it_numbers_by_the_bishkek_year_of_receipt(desk: Desk) -> None:
    desk.open("a", at="2021-12-31 23:30")
    desk.open("b", at="2022-01-01 01:00")
    desk.open("c", at="2022-06-01 12:00")
    numbers = [data.number for data in desk.told("inquiry_accepted")]
    assert numbers == ["О-2021-0001", "О-2022-0001", "О-2022-0002"]


def test_it_answers_in_kyrgyz_whoever_writes_kyrgyz(desk: Desk) -> None:
    desk.open(subject="Суу", text="Биздин көчөдө суу түтүгү качан оңдолот?")
    assert desk.told("inquiry_accepted")[0].language == "ky"


def test_it_takes_an_inquiry_of_somebody_without_an_account(desk: Desk) -> None:
    who = Contact(name="Айгүл", email="aigul@example.org", language="ky")
    desk.open(client_ref=None, contact=who, subject="!", text="+996 555 123 456")
    (data,) = desk.told("inquiry_accepted")
    assert (data.client, data.contact, data.language) == (None, who, "ky")


def test_it_ignores_a_second_opening_that_says_nothing_new(desk: Desk) -> None:
    desk.open()
    assert desk.hear(opened(at="2022-03-05 10:00")) == "ignored"
    assert len(emitted(desk.db)) == 1


def test_it_keeps_the_new_words_of_a_second_opening(desk: Desk) -> None:
    inquiry = desk.open()
    assert desk.hear(opened(at="2022-03-05 10:00", text="Теперь и света нет")) == "applied"
    assert [word["text"] for word in desk.card(inquiry)["thread"]][1:] == ["Теперь и света нет"]
    assert len(emitted(desk.db)) == 1


def test_two_portals_may_use_the_same_reference(desk: Desk) -> None:
    desk.open()
    other = event(opened().data, at="2022-03-05 10:00", source="https://other.example")
    desk.hear(other)
    numbers = [data.number for data in desk.told("inquiry_accepted")]
    assert numbers == ["О-2022-0001", "О-2022-0002"]


def test_a_comment_on_an_unresolved_inquiry_joins_the_thread(desk: Desk) -> None:
    inquiry = desk.open()
    word = commented(at="2022-03-06 10:00", text="И на соседней улице тоже")
    assert desk.hear(word) == "applied"
    assert desk.hear(word) == "repeated"
    card = desk.card(inquiry)
    assert [one["text"] for one in card["thread"]][1:] == ["И на соседней улице тоже"]
    assert [one["what"] for one in card["timeline"]] == ["received", "registered", "commented"]
    assert (card["state"], card["version"]) == ("registered", 2)


def test_a_comment_waits_for_its_inquiry(desk: Desk) -> None:
    assert desk.hear(commented(at="2022-03-04 11:00", text="Уточняю адрес")) == "waiting"
    inquiry = desk.open(at="2022-03-04 10:00")
    thread = desk.card(inquiry)["thread"]
    assert [one["text"] for one in thread][1:] == ["Уточняю адрес"]
    assert desk.call("status", at="2022-03-04 12:00")["inbox"]["waiting"] == 0


@pytest.mark.parametrize("at", ["2022-03-21 09:00", "2022-04-19 23:59"])
def test_a_comment_within_30_days_reopens(desk: Desk, at: str) -> None:
    inquiry = desk.open()
    desk.answer(inquiry, "2022-03-10 10:00")
    desk.resolve(inquiry, "2022-03-20 10:00")
    desk.hear(commented(at=at, text="Воды всё нет"))
    (reopened,) = emitted(desk.db, "inquiry_reopened")
    card = desk.card(inquiry, at=at)
    assert reopened.time == reopened.data.reopened_at == instant(at)
    assert (card["state"], card["outcome"], card["reopened"]) == ("registered", None, 1)
    assert card["thread"][-1]["text"] == "Воды всё нет"
    assert card["on_time"] is None


def test_a_comment_from_before_the_resolution_reopens_from_the_resolution_on(desk: Desk) -> None:
    inquiry = desk.open()
    desk.answer(inquiry, "2022-03-10 10:00")
    desk.resolve(inquiry, "2022-03-11 10:00")
    desk.hear(commented(at="2022-03-11 09:00"), now="2022-03-11 12:00")
    (resolved,), (reopened,) = (
        emitted(desk.db, "inquiry_resolved"),
        emitted(desk.db, "inquiry_reopened"),
    )
    assert reopened.time == resolved.time
    assert (reopened.sequence or 0) > (resolved.sequence or 0)


def test_a_later_comment_opens_a_linked_inquiry(desk: Desk) -> None:
    first = desk.open()
    desk.answer(first, "2022-03-10 10:00")
    desk.resolve(first, "2022-03-20 10:00")
    desk.hear(commented(at="2022-04-20 00:00", text="Суу түтүгү дагы эле оңдолгон жок"))
    second = desk.id_of()
    card, old = desk.card(second), desk.card(first)
    assert second != first
    assert card["number"] == "О-2022-0002"
    assert card["previous"]["id"] == first
    assert [link["id"] for link in old["follow_ups"]] == [second]
    assert (card["language"], card["subject"]) == ("ky", "Вода в селе")
    assert old["state"] == "resolved"
    assert desk.told("inquiry_reopened") == []


def test_further_comments_go_to_the_newest_inquiry(desk: Desk) -> None:
    first = desk.open()
    desk.resolve(first, "2022-03-05 10:00", "withdrawn", reason="Решилось само")
    desk.hear(commented(at="2022-06-01 10:00", text="Снова нет воды"))
    desk.hear(commented(at="2022-06-02 10:00", text="Совсем нет"))
    thread = desk.card(desk.id_of())["thread"]
    assert [one["text"] for one in thread] == ["Снова нет воды", "Совсем нет"]
    assert len(desk.told("inquiry_accepted")) == 2


def test_it_accepts_an_inquiry_whose_client_comes_later(desk: Desk, feedback_db: Database) -> None:
    inquiry = desk.open()
    assert desk.card(inquiry)["client"]["name"] is None
    person = client(uuid4(), "aibek", ClientName(surname="Токтогулов", name="Айбек"))
    desk.hear(event(person, at="2022-03-04 10:01", sequence=1))
    assert desk.card(inquiry)["client"]["name"] == "Токтогулов Айбек"
