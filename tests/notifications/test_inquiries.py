"""Receipts, answers and alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from contracts.feedback import InquiryAcceptedV1, InquiryAnsweredV1, InquiryOverdueV1
from contracts.parts import ClientKey, Contact
from tests.factories import PORTAL, instant
from tests.notifications.cast import AIGUL, DANA, EMIL, OKMOTU, House, to, words

INQUIRY = UUID("afd28608-5e3b-5f18-9d56-d2c74d8ea991")
ACCEPTED = InquiryAcceptedV1(
    inquiry_id=INQUIRY,
    number="О-2022-0001",
    inquiry_ref="q-77",
    kind="question",
    subject="Жерди ижарага берүү",
    language="ky",
    channel="portal",
    received_at=instant("2022-03-04 09:30"),
    registration_due_on=date(2022, 3, 7),
    first_response_due_on=date(2022, 3, 10),
    answer_due_on=date(2022, 3, 26),
    client=ClientKey(source=PORTAL, ref="Aigul"),
)
ANSWERED = InquiryAnsweredV1(
    inquiry_id=INQUIRY,
    number="О-2022-0001",
    answer_id=UUID("97a7f781-6e26-5a72-8033-5270aeffd78e"),
    subject="Жерди ижарага берүү",
    text="Саламатсызбы!\n\nТоорук <ачык> болот.\nКелиңиз.",
    language="ky",
    answered_at=instant("2022-03-24 11:00"),
    on_time=True,
    client=ClientKey(source=PORTAL, ref="Aigul"),
)
STRANGER = Contact(name="Гульнара Ибраимова", email="gulnara@example.kg")


def test_it_sends_the_receipt_at_any_hour(house: House) -> None:
    house.know(AIGUL)
    house.at("2022-03-04 23:30")
    house.hear(ACCEPTED)
    (mail,) = house.post()
    assert mail["Subject"] == "О-2022-0001 кайрылууңуз кабыл алынды"
    assert "2022-ж., 26-март, ишемби" in words(mail), "the Saturday that was moved (U5)"
    assert mail["List-Unsubscribe"] is None, "transactional"


def test_it_needs_no_consent_for_a_receipt(house: House) -> None:
    house.know(DANA)
    house.hear(replace(ACCEPTED, client=ClientKey(source=PORTAL, ref="Dana")))
    assert house.readers() == ["dana@example.kg"]


def test_it_writes_in_the_language_of_the_inquiry(house: House) -> None:
    house.know(AIGUL)
    house.hear(replace(ACCEPTED, language="en"))
    (mail,) = house.post()
    assert "Dear Aigul," in words(mail) and "Saturday, 26 March 2022" in words(mail)


def test_it_waits_for_the_client_who_asked(house: House) -> None:
    assert house.hear(ACCEPTED) == "waiting"
    assert house.post() == []
    house.know(AIGUL)
    assert house.readers() == ["aigul@example.kg"]


def test_it_answers_a_stranger_at_the_address_given(house: House) -> None:
    house.hear(replace(ACCEPTED, client=None, contact=STRANGER))
    (mail,) = house.post()
    assert to(mail) == "gulnara@example.kg"
    assert "Саламатсызбы, Гульнара Ибраимова!" in words(mail)
    (row,) = house.settled()
    assert (row.client_id, row.state) == (None, "delivered")


def test_it_prefers_the_address_given_with_the_inquiry(house: House) -> None:
    house.know(AIGUL)
    house.hear(replace(ACCEPTED, contact=STRANGER))
    (mail,) = house.post()
    assert to(mail) == "gulnara@example.kg"
    assert house.settled()[0].client_id == AIGUL.client_id


def test_it_names_the_organisation_that_asked(house: House) -> None:
    house.know(OKMOTU)
    house.hear(replace(ACCEPTED, client=ClientKey(source=PORTAL, ref="Okmotu")))
    house.post()
    (row,) = house.settled()
    assert row.organisation_id == row.client_id == OKMOTU.client_id


def test_it_says_that_an_asker_cannot_be_reached(house: House) -> None:
    house.know(EMIL)
    house.hear(replace(ACCEPTED, client=ClientKey(source=PORTAL, ref="Emil")))
    house.hear(
        replace(ACCEPTED, inquiry_id=UUID(int=1), client=None, contact=Contact(phone="0555123456"))
    )
    assert house.post() == []
    assert [row.reason for row in house.settled()] == ["no_address", "no_address"]


def test_it_does_not_confirm_after_a_week(house: House) -> None:
    house.know(AIGUL)
    house.at("2022-03-11 09:31")
    house.hear(ACCEPTED)
    house.post()
    assert house.ledger("inquiry_receipt") == {"aigul": "too_late"}


def test_it_sends_the_answer_as_plain_text(house: House) -> None:
    house.know(AIGUL)
    house.at("2022-05-01 03:00")
    house.hear(ANSWERED)
    (mail,) = house.post()
    assert mail["Subject"] == "О-2022-0001 кайрылууңузга жооп"
    assert "Тоорук &lt;ачык&gt; болот.<br>Келиңиз." in words(mail, "html")
    assert "Тоорук <ачык> болот." in words(mail)


def test_it_sends_a_second_answer(house: House) -> None:
    house.know(AIGUL)
    house.hear(ANSWERED)
    house.hear(replace(ANSWERED, answer_id=UUID(int=2), text="Толуктоо"))
    assert len(house.post()) == 2


OVERDUE = InquiryOverdueV1(
    inquiry_id=INQUIRY, number="О-2022-0001", deadline="answer", due_on=date(2022, 3, 26)
)


def test_it_wakes_no_staff_at_midnight(house: House) -> None:
    house.at("2022-03-27 00:00")
    house.hear(OVERDUE)
    assert house.post() == [] and house.call("status")["mail"]["queued"] == 0
    house.at("2022-03-27 08:00")
    assert len(house.post()) == 2


def test_it_alerts_all_staff_once(house: House) -> None:
    house.hear(OVERDUE)
    house.hear(OVERDUE)
    mails = house.post()
    assert sorted(map(to, mails)) == ["deputy@aymak.example", "office@aymak.example"]
    assert "О-2022-0001" in str(mails[0]["Subject"]) and "26 марта 2022" in words(mails[0])
    assert house.settled() == [], "staff are no clients"
