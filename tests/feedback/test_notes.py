"""Notes of staff: beside the thread, told to nobody, in nobody's way."""

import pytest

from chassis.errors import Conflict, Invalid, NotFound
from tests.feedback.desk import Desk


def note(desk: Desk, inquiry: str, text: str = "Спросить у водоканала", key: str = "n-1") -> object:
    return desk.call("note_inquiry", inquiry, text, key, at="2022-03-05 09:00")


def test_a_note_stands_in_the_thread_with_its_author(desk: Desk) -> None:
    inquiry = desk.open()
    note(desk, inquiry)
    word = desk.card(inquiry)["thread"][-1]
    assert (word["side"], word["author"], word["text"]) == ("note", "aida", "Спросить у водоканала")
    assert [step["what"] for step in desk.card(inquiry)["timeline"]][-1] == "noted"


def test_nobody_is_told_of_a_note_and_an_answer_goes_on(desk: Desk) -> None:
    inquiry = desk.open()
    before = desk.card(inquiry)
    note(desk, inquiry)
    after = desk.card(inquiry)
    assert (after["version"], after["state"]) == (before["version"], "registered")
    assert desk.told("inquiry_answered") == []
    answered = desk.answer(inquiry, "2022-03-09 10:00", version=before["version"])
    assert answered["state"] == "answered"


def test_the_same_key_is_one_note(desk: Desk) -> None:
    inquiry = desk.open()
    note(desk, inquiry)
    note(desk, inquiry)
    assert [word["side"] for word in desk.card(inquiry)["thread"]] == ["client", "note"]
    with pytest.raises(Conflict):
        note(desk, inquiry, text="Другое")


def test_a_resolved_inquiry_takes_notes_too(desk: Desk) -> None:
    inquiry = desk.open()
    desk.answer(inquiry, "2022-03-09 10:00")
    desk.resolve(inquiry, "2022-03-09 10:01")
    desk.call("note_inquiry", inquiry, "Проверить весной", "n-2", at="2022-03-10 09:00")
    assert desk.card(inquiry)["state"] == "resolved"


def test_it_refuses_an_empty_note_and_an_unknown_inquiry(desk: Desk) -> None:
    inquiry = desk.open()
    with pytest.raises(Invalid) as refused:
        note(desk, inquiry, text="  ")
    assert list(refused.value.fields) == ["text"]
    with pytest.raises(NotFound):
        note(desk, "00000000-0000-0000-0000-000000000000")
