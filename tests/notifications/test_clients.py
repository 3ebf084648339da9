"""Welcomes: who is greeted, in which language, and why not."""

from __future__ import annotations

from dataclasses import replace
from threading import Thread

from sqlalchemy import text

from contracts.clients import ClientChangedV1, ConsentRecordedV1
from contracts.parts import ClientName
from services.notifications import clients
from tests.factories import emitted, event, instant
from tests.notifications.cast import (
    AIGUL,
    BODY,
    BORIS,
    CLARA,
    DANA,
    EMIL,
    OKMOTU,
    WEBINAR,
    House,
    to,
    words,
)


def changed(client: object, **changes: object) -> ClientChangedV1:
    """The same client as a later snapshot."""
    fields = {name: getattr(client, name) for name in ClientChangedV1.__dataclass_fields__}
    return ClientChangedV1(**{**fields, **changes})


def test_it_welcomes_in_the_readers_language(house: House) -> None:
    for client in (AIGUL, BORIS, CLARA):
        house.hear(client)
    letters = {to(mail): words(mail) for mail in house.post()}
    assert "Саламатсызбы, Aigul!" in letters["aigul@example.kg"]
    assert "Здравствуйте, Boris!" in letters["boris@example.kg"]
    assert "Dear Clara," in letters["clara@example.kg"]
    assert house.post() == []


def test_it_writes_russian_when_no_language_is_known(house: House) -> None:
    house.hear(replace(BORIS, language=None))
    assert "Здравствуйте" in words(house.post()[0])


def test_it_settles_each_welcome(house: House) -> None:
    house.hear(AIGUL)
    house.post()
    (told,) = emitted(house.db, "deliveries_settled")
    assert (told.data.purpose, told.data.notice, told.data.channel) == (
        "service",
        "welcome",
        "file",
    )
    assert (told.data.about_type, told.data.about_ref) == ("client", str(AIGUL.client_id))
    (row,) = told.data.rows
    assert (row.client_id, row.audience, row.language) == (AIGUL.client_id, "lsg_bodies", "ky")
    assert (row.organisation_id, row.state, row.at) == (BODY, "delivered", house.now)


def test_it_does_not_welcome_an_imported_record(house: House) -> None:
    house.know(AIGUL)
    assert house.post() == [] and house.settled() == []


def test_it_needs_consent_from_people_only(house: House) -> None:
    house.hear(DANA)
    house.hear(OKMOTU)
    assert house.readers() == ["okmotu@example.kg"]
    assert house.ledger("welcome") == {"dana": "no_consent", "okmotu": "sent"}
    assert {row.state: row.reason for row in house.settled()} == {
        "skipped": "no_consent",
        "delivered": None,
    }


def test_it_says_who_has_no_address(house: House) -> None:
    house.hear(EMIL)
    house.post()
    (row,) = house.settled()
    assert (row.state, row.reason, row.client_id) == ("skipped", "no_address", EMIL.client_id)


def test_it_does_not_welcome_after_a_week(house: House) -> None:
    house.at("2022-03-11 09:00")
    house.hear(AIGUL)
    house.at("2022-03-11 09:01")
    house.hear(BORIS)
    house.post()
    assert house.ledger("welcome") == {"aigul": "too_late", "boris": "too_late"}


def test_it_asks_for_lateness_again_at_the_send(house: House) -> None:
    house.at("2022-03-11 09:00")
    house.hear(AIGUL)
    assert house.ledger("welcome") == {"aigul": "queued"}
    house.at("2022-03-11 09:01")
    assert house.post() == [] and house.ledger("welcome") == {"aigul": "too_late"}


def test_it_heeds_a_consent_withdrawn_before_the_send(house: House) -> None:
    house.hear(AIGUL)
    withdrawal = ConsentRecordedV1(
        client_id=AIGUL.client_id,
        purposes=["service"],
        given=False,
        text_version="2022-1",
        channel="portal",
        at=instant("2022-03-04 09:59"),
    )
    house.hear(withdrawal)
    assert house.post() == [] and house.ledger("welcome") == {"aigul": "no_consent"}


def test_it_heeds_the_newest_consent_in_any_order(house: House) -> None:
    given = ConsentRecordedV1(
        client_id=DANA.client_id,
        purposes=["service"],
        given=True,
        text_version="2022-1",
        channel="portal",
        at=instant("2022-03-04 09:30"),
    )
    house.hear(given)
    house.hear(replace(given, given=False, at=instant("2022-03-04 09:20")))
    house.hear(DANA)
    assert house.readers() == ["dana@example.kg"]


def test_it_keeps_the_newer_snapshot_and_welcomes_all_the_same(house: House) -> None:
    house.hear(changed(AIGUL, language="en"), sequence=2)
    house.hear(AIGUL)
    assert "Dear Aigul," in words(house.post()[0])


def test_it_ignores_an_older_change(house: House) -> None:
    house.hear(AIGUL, sequence=3)
    assert house.hear(changed(AIGUL, language="en"), sequence=2) == "ignored"
    assert "Саламатсызбы" in words(house.post()[0])


def test_it_waits_for_the_morning(house: House) -> None:
    house.at("2022-03-04 22:15")
    house.hear(AIGUL)
    assert house.post() == []
    assert house.call("status")["mail"]["queued"] == 0, "it waits, it is not late"
    house.at("2022-03-05 07:59")
    assert house.post() == []
    house.at("2022-03-05 08:00")
    assert house.call("status")["mail"]["queued"] == 1
    (mail,) = house.post()
    assert mail["Date"].datetime == instant("2022-03-05 08:00")


def test_it_writes_to_the_address_that_was_put_right_meanwhile(house: House) -> None:
    house.at("2022-03-04 22:15")
    house.hear(AIGUL)
    house.hear(changed(AIGUL, emails=["right@example.kg"]), sequence=2)
    house.hear(BORIS)
    house.hear(changed(BORIS, emails=[]), sequence=2)
    house.at("2022-03-05 08:00")
    assert house.readers() == ["right@example.kg"]
    assert house.ledger("welcome") == {"right": "sent", "": "no_address"}


def test_it_makes_html_in_a_name_harmless(house: House) -> None:
    name = ClientName(surname="<b>Х</b>", name="<script>alert(1)</script>")
    house.hear(replace(AIGUL, name=name))
    (mail,) = house.post()
    assert "<script>" not in words(mail, "html") and "&lt;script&gt;" in words(mail, "html")
    assert "<script>alert(1)</script>" in words(mail)


def test_it_invites_who_came_before_an_announcement_heard_earlier(house: House) -> None:
    house.hear(WEBINAR, at="2022-03-04 09:30")
    house.hear(AIGUL, at="2022-03-04 09:00")
    house.hear(BORIS, at="2022-03-04 09:45")
    house.post()
    assert house.ledger("event_notice") == {"aigul": "sent"}


def waits(house: House) -> bool:
    """Whether somebody waits for an advisory lock."""
    with house.db.begin() as session:
        query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return bool(session.scalar(text(query)))


def test_it_invites_who_arrives_in_the_very_moment_of_an_announcement(house: House) -> None:
    announcing = Thread(target=house.hear, args=(WEBINAR, "2022-03-04 09:30"))
    with house.db.begin() as session:
        clients.add(session, event(AIGUL, at="2022-03-04 09:00", sequence=1))
        announcing.start()
        while announcing.is_alive() and not waits(house):
            pass
    announcing.join()
    assert house.ledger("event_notice") == {"aigul": "queued"}
