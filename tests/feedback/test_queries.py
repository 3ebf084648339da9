"""The read side: lists with filters, search, sorts and pages; counters; cards."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from chassis import paging
from chassis.errors import Invalid, NotFound
from contracts.clients import PostHeld
from contracts.parts import ClientName, Contact
from tests.factories import event
from tests.feedback.desk import Desk, client


def refs(desk: Desk, at: str = "2022-03-15 12:00", **query: Any) -> list[str]:
    """Return the subjects of a list, in its order."""
    return [item["subject"] for item in desk.page(at, **query)["items"]]


@pytest.fixture
def full(desk: Desk) -> Desk:
    """Five inquiries on 15 March 2022: late, due today, fresh, answered and resolved."""
    desk.open("late", at="2022-02-01 10:00", subject="late", kind="complaint")
    desk.open("today", at="2022-03-10 10:00", subject="today", language="ky")
    desk.open("fresh", at="2022-03-15 10:00", subject="fresh", client_ref="asan")
    answered = desk.open("answered", at="2022-03-01 10:00", subject="answered")
    resolved = desk.open("resolved", at="2022-03-02 10:00", subject="resolved")
    desk.answer(answered, "2022-03-03 10:00")
    desk.answer(resolved, "2022-03-03 11:00")
    desk.resolve(resolved, "2022-03-03 12:00")
    return desk


def test_it_lists_the_newest_first(full: Desk) -> None:
    assert refs(full) == ["fresh", "today", "resolved", "answered", "late"]
    assert refs(full, sort="received") == ["late", "answered", "resolved", "today", "fresh"]


def test_it_lists_by_the_next_due_day_what_has_none_last(full: Desk) -> None:
    assert refs(full, sort="due")[:3] == ["late", "today", "fresh"]
    assert refs(full, sort="-due")[-3:] == ["fresh", "today", "late"]


def test_it_counts_for_the_overview_whatever_the_filter(full: Desk) -> None:
    reply = full.page("2022-03-15 12:00", state="resolved")
    assert reply["counters"] == {
        "open": 4,
        "due_today": 1,
        "overdue": 1,
        "answered": 1,
        "resolved": 1,
    }
    assert reply["total"] == 1


COUNTED = {
    "open": {"state": "open"},
    "due_today": {"due": "today"},
    "overdue": {"due": "overdue"},
    "answered": {"state": "answered"},
    "resolved": {"state": "resolved"},
}


@pytest.mark.parametrize("counter", COUNTED)
def test_each_counter_is_the_number_of_rows_behind_its_filter(full: Desk, counter: str) -> None:
    reply = full.page("2022-03-15 12:00", **COUNTED[counter])
    assert len(reply["items"]) == reply["total"] == reply["counters"][counter]


def test_the_coming_week_is_five_working_days(full: Desk) -> None:
    assert full.page("2022-03-15 12:00", due="week")["total"] >= 1
    assert full.page("2022-03-15 12:00", due="none")["total"] == 2
    with pytest.raises(Invalid) as refused:
        full.page(due="soon")
    assert list(refused.value.fields) == ["due"]


def test_it_finds_those_of_an_organisation_and_of_its_people(full: Desk) -> None:
    body, person = uuid4(), uuid4()
    full.hear(event(client(body, "office", ClientName(ru="Айыл окмоту")), at="2022-03-01 10:00"))
    name = ClientName(surname="Асанова", name="Айгүл")
    held = PostHeld(organisation_id=body, role="head", since=date(2022, 1, 1))
    theirs = client(person, "aigul", name, posts=[held])
    full.hear(event(theirs, at="2022-03-01 10:00"))
    one = full.open("by-office", client_ref="office")
    other = full.open("by-aigul", client_ref="aigul")
    found = full.page("2022-03-15 12:00", organisation=str(body))
    assert {item["id"] for item in found["items"]} == {one, other}
    with pytest.raises(Invalid) as refused:
        full.page(organisation="x")
    assert list(refused.value.fields) == ["organisation"]


def test_a_long_list_is_counted_so_far(full: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = full.page("2022-03-15 12:00")["total"]
    monkeypatch.setattr(paging, "COUNTED", everything - 1)
    reply = full.page("2022-03-15 12:00", count="capped")
    assert (reply["total"], reply["total_at_least"]) == (None, everything - 1)
    assert full.page("2022-03-15 12:00", count="exact")["total"] == everything


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "registered"}, ["fresh", "today", "late"]),
        ({"state": "received"}, []),
        ({"overdue": True}, ["late"]),
        ({"overdue": False}, ["fresh", "today", "resolved", "answered"]),
        ({"kind": "complaint"}, ["late"]),
        ({"language": "ky"}, ["today"]),
        ({"client": "asan"}, ["fresh"]),
        ({"state": "registered", "overdue": False, "client": "aibek"}, ["today"]),
        ({"q": ""}, ["fresh", "today", "resolved", "answered", "late"]),
    ],
)
def test_it_filters(full: Desk, query: dict[str, Any], found: list[str]) -> None:
    assert refs(full, **query) == found


@pytest.mark.parametrize("sort", ["received", "-received", "due", "-due"])
def test_pages_join_without_gap_or_repeat(full: Desk, sort: str) -> None:
    whole, pages, cursor = refs(full, sort=sort), [], None
    while True:
        reply = full.page("2022-03-15 12:00", sort=sort, limit=2, cursor=cursor)
        pages += [item["subject"] for item in reply["items"]]
        assert reply["total"] == 5
        if (cursor := reply["next"]) is None:
            break
    assert pages == whole


def test_it_finds_by_words_however_they_are_spelt(desk: Desk) -> None:
    desk.open("a", subject="Түтүк", text="Көк-Жар көчөсүндө суу жок, түтүк оңдолсун")
    desk.open("b", subject="Дорога", text="Ёлки мешают проезду")
    assert refs(desk, q="кок-жар тутук") == ["Түтүк"]
    assert refs(desk, q="ЕЛКИ") == ["Дорога"]
    assert refs(desk, q="O-2022-0002") == ["Дорога"]
    assert refs(desk, q="100%") == []


def test_it_finds_by_the_clients_and_the_contacts_name(desk: Desk) -> None:
    who = uuid4()
    desk.open("a", subject="a")
    desk.open("b", subject="b", client_ref=None, contact=Contact(name="Жаңыл Үсөнова", phone="1"))
    name = ClientName(surname="Өмүралиев", name="Айбек")
    desk.hear(event(client(who, "aibek", name), at="2022-03-04 12:00", sequence=1))
    assert refs(desk, q="омуралиев") == ["a"]
    assert refs(desk, q="усонова") == ["b"]
    assert refs(desk, client=str(who)) == ["a"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"state": "lost"}, "state"),
        ({"kind": "joke"}, "kind"),
        ({"language": "kg"}, "language"),
        ({"overdue": "yes"}, "overdue"),
        ({"sort": "name"}, "sort"),
        ({"limit": 201}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_it_names_the_wrong_key_of_a_query(desk: Desk, query: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        desk.page(**query)
    assert list(refusal.value.fields) == [field]


def test_a_card_tells_the_whole_story(desk: Desk) -> None:
    inquiry = desk.open(about="Портал")
    desk.answer(inquiry, "2022-03-09 10:00")
    desk.resolve(inquiry, "2022-03-10 10:00")
    card = desk.card(inquiry, at="2022-03-11 10:00")
    assert [(word["side"], word["author"]) for word in card["thread"]] == [
        ("client", None),
        ("staff", "aida"),
    ]
    assert [(line["what"], line["actor"], line["version"]) for line in card["timeline"]] == [
        ("received", "client", 1),
        ("registered", "system", 1),
        ("answered", "aida", 2),
        ("resolved", "aida", 3),
    ]
    assert card["registration_due_on"] == "2022-03-07"
    assert card["answer_due_on"] == "2022-03-26"
    assert (card["version"], card["about"], card["reopened"]) == (3, "Портал", 0)


def test_a_card_counts_the_working_days_left(desk: Desk) -> None:
    inquiry = desk.open()
    assert desk.card(inquiry, at="2022-03-04 18:00")["working_days_left"] == 14
    assert desk.card(inquiry, at="2022-03-25 18:00")["working_days_left"] == 1
    assert desk.card(inquiry, at="2022-03-26 18:00")["working_days_left"] == 0


@pytest.mark.parametrize("inquiry", ["7f2c1b0e-0000-4000-8000-000000000000", "nonsense"])
def test_it_does_not_find_a_card_that_is_not_there(desk: Desk, inquiry: str) -> None:
    with pytest.raises(NotFound):
        desk.card(inquiry)
