"""Registration, updates, verification: one card, whatever the order of the facts."""

import random
from datetime import date
from typing import Any

import pytest

from chassis.db import Database
from contracts.parts import ClientName, Post
from contracts.portal import ClientVerifiedV1
from services.clients import dossiers
from tests.clients.cast import ATA_BEYIT, body, client_id, deliver, person, staff, updated
from tests.factories import emitted, event, instant

pytestmark = pytest.mark.broker


def person_card(db: Database, ref: str) -> dict[str, Any]:
    with db.begin() as session:
        return dossiers.person(session, client_id(db, ref))


def body_card(db: Database, ref: str) -> dict[str, Any]:
    with db.begin() as session:
        return dossiers.organisation(session, client_id(db, ref))


def test_it_adds_a_body_with_its_municipality(clients_db: Database) -> None:
    assert deliver(clients_db, body()) == ["applied"]
    card = body_card(clients_db, ATA_BEYIT)
    assert card["name"] == {
        "ru": "Айыл окмоту Ата-Бейит",
        "ky": "Ата-Бейит айыл өкмөтү",
        "en": None,
    }
    assert card["municipality"]["ru"] == "Ата-Бейит"
    assert card["territory"] == {
        "code": "KG-C-ALAMEDIN",
        "ru": "Аламудунский район",
        "ky": "Аламүдүн району",
    }
    (added,) = emitted(clients_db)
    assert (added.type, added.sequence, added.time) == (
        "client_added",
        1,
        instant("2022-01-10 09:00"),
    )
    assert added.data.portal_registered_at == instant("2022-01-10 09:00")
    assert added.data.body_type == "ayil_okmotu"
    assert [key.ref for key in added.data.keys] == [ATA_BEYIT]


def test_it_keeps_two_bodies_of_one_municipality_apart(clients_db: Database) -> None:
    kenesh = body("org-kenesh", body_type="aiyl_kenesh", municipality="ата бейит айыл аймагы")
    deliver(clients_db, body(), kenesh)
    okmotu_card, kenesh_card = (body_card(clients_db, ref) for ref in (ATA_BEYIT, "org-kenesh"))
    assert okmotu_card["id"] != kenesh_card["id"]
    assert okmotu_card["municipality"]["id"] == kenesh_card["municipality"]["id"]


def test_it_makes_another_municipality_of_one_name_in_another_territory(
    clients_db: Database,
) -> None:
    deliver(clients_db, body(), body("org-2", territory="Сузакский район"))
    first, second = body_card(clients_db, ATA_BEYIT), body_card(clients_db, "org-2")
    assert second["territory"]["code"] == "KG-J-SUZAK"
    assert first["municipality"]["id"] != second["municipality"]["id"]


def test_it_knows_a_municipality_by_its_classifier_code(clients_db: Database) -> None:
    deliver(
        clients_db,
        body(municipality="41708203810"),
        body("org-2", municipality="41708203810", territory=None),
    )
    first, second = body_card(clients_db, ATA_BEYIT), body_card(clients_db, "org-2")
    assert first["municipality"] == second["municipality"]
    assert first["municipality"]["ru"] is None


def test_it_lets_a_person_wait_for_the_organisation(clients_db: Database) -> None:
    assert deliver(clients_db, staff("p-1")) == ["waiting"]
    assert emitted(clients_db) == []
    deliver(clients_db, body())
    card = person_card(clients_db, "p-1")
    assert card["organisation"]["body_type"] == "ayil_okmotu"
    assert [one.type for one in emitted(clients_db)] == ["client_added", "client_added"]


def test_it_lets_an_update_wait_for_the_registration(clients_db: Database) -> None:
    change = updated("p-1", at="2022-02-05 09:00", email="aibek@EXAMPLE.kg", language="ky")
    assert deliver(clients_db, change) == ["waiting"]
    deliver(clients_db, person("p-1", phone="0555 123 456 / 0312 66-12-34"))
    card = person_card(clients_db, "p-1")
    assert card["emails"] == ["aibek@example.kg"]
    assert card["phones"] == ["+996555123456", "+996312661234"]
    assert card["registered_at"] == instant("2022-02-01 09:00").isoformat()


def test_it_lets_the_newer_fact_win_field_by_field(clients_db: Database) -> None:
    newer = updated("p-1", at="2022-02-20 09:00", language="ky")
    older = updated("p-1", at="2022-02-10 09:00", language="ru", email="a@example.kg")
    deliver(clients_db, person("p-1"), newer, older)
    card = person_card(clients_db, "p-1")
    assert (card["language"], card["emails"]) == ("ky", ["a@example.kg"])
    assert card["confirmed_at"] == instant("2022-02-20 09:00").isoformat()


def test_it_keeps_the_first_registration_when_it_comes_last(clients_db: Database) -> None:
    again = person("p-1", at="2022-05-01 09:00", name=ClientName(surname="Осмонова"))
    deliver(clients_db, again, person("p-1", at="2022-02-01 09:00"))
    card = person_card(clients_db, "p-1")
    assert card["registered_at"] == instant("2022-02-01 09:00").isoformat()
    assert card["full_name"] == "Осмонова Айбек"
    added, changed = emitted(clients_db)
    assert (added.type, changed.type, changed.sequence) == ("client_added", "client_changed", 2)
    assert changed.data.client_id == added.data.client_id


def test_it_emits_a_change_only_when_the_snapshot_changed(clients_db: Database) -> None:
    first = person("p-1", language="ru")
    same_moment = updated("p-1", at="2022-02-01 09:00", language="ru")
    deliver(clients_db, first, same_moment)
    assert [one.type for one in emitted(clients_db)] == ["client_added"]


def test_it_refuses_another_kind_for_the_same_ref(clients_db: Database) -> None:
    assert deliver(clients_db, body(), person(ATA_BEYIT)) == ["applied", "failed"]
    assert body_card(clients_db, ATA_BEYIT)["version"] == 1


def test_it_refuses_a_name_of_the_other_kind(clients_db: Database) -> None:
    renamed = updated(ATA_BEYIT, at="2022-02-05 09:00", name=ClientName(surname="Осмонов"))
    retitled = updated("p-1", at="2022-02-05 09:00", name=ClientName(ru="Ата-Бейит"))
    outcomes = deliver(clients_db, body(), person("p-1"), renamed, retitled)
    assert outcomes == ["applied", "applied", "failed", "failed"]
    assert person_card(clients_db, "p-1")["version"] == 1


def test_it_keeps_one_ref_of_two_sources_apart(clients_db: Database) -> None:
    other = event(person("p-1").data, at="2022-02-02 09:00", source="https://second.example")
    deliver(clients_db, person("p-1"), other)
    assert len({one.data.client_id for one in emitted(clients_db)}) == 2


def test_it_ends_a_post_and_keeps_it_when_the_role_changes(clients_db: Database) -> None:
    promotion = updated("p-1", at="2022-03-15 23:30", post=Post(role="head", title="Глава"))
    deliver(clients_db, body(), staff("p-1"), promotion)
    now, before = person_card(clients_db, "p-1")["posts"]
    assert (now["role"], now["title"], now["until"]) == ("head", "Глава", None)
    # 23:30 in Bishkek is still 15 March there.
    assert (before["role"], before["until"]) == ("specialist", "2022-03-15")
    changed = emitted(clients_db, "client_changed")[-1].data
    assert [post.until for post in changed.posts] == [None, date(2022, 3, 15)]


def test_it_puts_a_late_post_into_the_past(clients_db: Database) -> None:
    moved = updated("p-1", at="2022-06-01 09:00", organisation_ref="org-2", post=Post(role="head"))
    late = updated("p-1", at="2022-04-01 09:00", post=Post(role="accountant"))
    deliver(clients_db, body(), body("org-2"), staff("p-1"), moved, late)
    posts = person_card(clients_db, "p-1")["posts"]
    assert [(post["role"], post["since"], post["until"]) for post in posts] == [
        ("head", "2022-06-01", None),
        ("accountant", "2022-04-01", "2022-06-01"),
        ("specialist", "2022-02-01", "2022-04-01"),
    ]


def test_it_keeps_the_role_when_only_the_title_is_said(clients_db: Database) -> None:
    renamed = updated("p-1", at="2022-03-15 09:00", post=Post(title="Депутат от фракции"))
    deliver(clients_db, body(), staff("p-1", role="kenesh_deputy"), renamed)
    (post,) = person_card(clients_db, "p-1")["posts"]
    assert (post["role"], post["title"]) == ("kenesh_deputy", "Депутат от фракции")


def test_it_renames_a_post_without_ending_it(clients_db: Database) -> None:
    renamed = updated(
        "p-1", at="2022-03-15 09:00", post=Post(role="specialist", title="Землеустроитель")
    )
    deliver(clients_db, body(), staff("p-1"), renamed)
    (post,) = person_card(clients_db, "p-1")["posts"]
    assert (post["title"], post["since"], post["until"]) == ("Землеустроитель", "2022-02-01", None)


def test_it_keeps_names_and_places_of_any_length(clients_db: Database) -> None:
    # 500 letters in no order that an index could compress.
    endless = "".join(random.Random(1).choices([chr(0x4E00 + n) for n in range(5000)], k=500))
    name = ClientName(surname=endless, name=endless[::-1], patronymic=endless)
    long = person("p-1", name=name, municipality=endless, territory=endless)
    assert deliver(clients_db, long) == ["applied"]
    card = person_card(clients_db, "p-1")
    assert card["name"]["patronymic"] == card["municipality"]["ru"] == endless


def test_it_keeps_the_phones_when_a_fact_has_none_to_read(clients_db: Database) -> None:
    empty = updated("p-1", at="2022-02-05 09:00", phone=" / ")
    deliver(clients_db, person("p-1", phone="0555 123 456"), empty)
    assert person_card(clients_db, "p-1")["phones"] == ["+996555123456"]


def test_it_keeps_the_first_verification_and_its_newest_method(clients_db: Database) -> None:
    by_mail = event(ClientVerifiedV1(client_ref="p-1", method="email"), at="2022-02-03 09:00")
    by_paper = event(ClientVerifiedV1(client_ref="p-1", method="document"), at="2022-02-09 09:00")
    deliver(clients_db, person("p-1"), by_paper, by_mail)
    card = person_card(clients_db, "p-1")
    assert card["verified_at"] == instant("2022-02-03 09:00").isoformat()
    assert card["verified_method"] == "document"
