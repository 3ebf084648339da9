"""Lists and search of organisations and people, over the RPC methods of the service."""

from collections.abc import Callable
from typing import Any

import pytest

from chassis.db import Database
from chassis.errors import Invalid
from contracts.parts import ClientName, Post
from contracts.portal import ClientVerifiedV1
from services.clients.service import ClientsService
from tests.clients.cast import ATA_BEYIT, body, client_id, deliver, person, staff
from tests.factories import as_service, event, instant

pytestmark = pytest.mark.broker
Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def base(clients_db: Database) -> Database:
    """Return a base with three bodies of two oblasts and four people."""
    university = {"audience": "universities", "body_type": "university", "territory": "KG-GB"}
    deliver(
        clients_db,
        body(),
        body("org-kenesh", body_type="aiyl_kenesh", name=ClientName(ru="Айылный кенеш Ак-Өлөң")),
        body("org-uni", name=ClientName(ru="Университет"), municipality=None, **university),
        staff("p-head", role="head", name=ClientName(surname="Өмүрбекова", name="Айгүл")),
        staff("p-staff", at="2022-02-03 09:00", phone="0555 123 456", email="b.bekov@example.kg"),
        person("p-en", name=ClientName(surname="Smith", name="Anna"), language="en"),
        person(
            "p-c", at="2022-02-05 09:00", name=ClientName(surname="Ёлкин"), territory="KG-O-ALAY"
        ),
        event(ClientVerifiedV1(client_ref="p-en"), at="2022-02-02 09:00"),
    )
    return clients_db


def ask(db: Database, method: str, **query: Any) -> Any:
    """Call an RPC method as the gateway would; raises what it refuses."""
    reply = getattr(as_service(db, ClientsService), method)(query)
    if "error" in reply:
        raise Invalid(fields=reply["error"]["fields"])
    return reply["ok"]


def people(db: Database, **query: Any) -> list[str]:
    return [item["name"]["surname"] for item in ask(db, "list_people", **query)["items"]]


def bodies(db: Database, **query: Any) -> list[str | None]:
    return [item["body_type"] for item in ask(db, "list_organisations", **query)["items"]]


def test_it_shows_what_a_list_of_people_needs(base: Database) -> None:
    found = ask(base, "list_people", q="бекова")
    assert found["next"] is None and found["total"] == 1
    (item,) = found["items"]
    assert item["full_name"] == "Өмүрбекова Айгүл"
    assert item["organisation"] == {
        "id": client_id(base, ATA_BEYIT),
        "name": {"ru": "Айыл окмоту Ата-Бейит", "ky": "Ата-Бейит айыл өкмөтү", "en": None},
        "body_type": "ayil_okmotu",
    }
    assert item["post"] == {"role": "head", "title": None, "since": "2022-02-01", "until": None}
    assert item["registered_at"] == instant("2022-02-01 09:00").isoformat()
    assert item["verified_at"] is None
    assert item["version"] == 1


def test_it_shows_what_a_list_of_organisations_needs(base: Database) -> None:
    found = ask(base, "list_organisations", body_type="ayil_okmotu")
    (item,) = found["items"]
    assert (item["posts"], item["head"]) == (2, "Өмүрбекова Айгүл")
    assert item["municipality"]["ru"] == "Ата-Бейит"
    assert item["territory"]["ky"] == "Аламүдүн району"
    assert item["status"] == "active"


def test_it_sorts_and_pages_without_gap_or_repeat(base: Database) -> None:
    in_order = people(base)
    assert in_order == ["Smith", "Ёлкин", "Өмүрбекова", "Осмонов"]
    for sort, expected in (("name", in_order), ("-name", in_order[::-1])):
        seen, cursor = [], None
        while True:
            page = ask(
                base, "list_people", sort=sort, limit=1, **({"cursor": cursor} if cursor else {})
            )
            seen += [item["name"]["surname"] for item in page["items"]]
            assert page["total"] == (None if cursor else 4)
            cursor = page["next"]
            if cursor is None:
                break
        assert seen == expected


def test_it_sorts_by_the_day_of_registration(base: Database) -> None:
    newest_first = ask(base, "list_people", sort="-registered", limit=3)
    names = [item["name"]["surname"] for item in newest_first["items"]]
    assert names[:2] == ["Ёлкин", "Осмонов"]
    rest = people(base, sort="-registered", limit=3, cursor=newest_first["next"])
    assert sorted([*names, *rest]) == sorted(people(base))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "омурбекова айгул"}, ["Өмүрбекова"]),
        ({"q": "АЙГҮЛ өмүрбекова"}, ["Өмүрбекова"]),
        ({"q": "елкин"}, ["Ёлкин"]),
        ({"q": "0555 12 34"}, ["Осмонов"]),
        ({"q": "+996555123456"}, ["Осмонов"]),
        ({"q": "b.bekov@EXAMPLE.kg"}, ["Осмонов"]),
        ({"q": "Омурбеква"}, ["Өмүрбекова"]),
        ({"q": "100%"}, []),
        ({"q": "qqqqqq"}, []),
        ({"q": "«»"}, []),
        ({"audience": "lsg_bodies"}, ["Өмүрбекова", "Осмонов"]),
        ({"territory": "KG-O"}, ["Ёлкин"]),
        ({"territory": "KG-C"}, []),
        ({"language": "en"}, ["Smith"]),
        ({"registered": False}, []),
        ({"registered": "true", "status": "active", "audience": "citizens"}, ["Smith", "Ёлкин"]),
    ],
)
def test_it_finds_people(base: Database, query: dict[str, Any], found: list[str]) -> None:
    assert people(base, **query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"territory": "KG-C"}, ["ayil_okmotu", "aiyl_kenesh"]),
        ({"territory": "KG-C-ALAMEDIN", "audience": "lsg_bodies"}, ["ayil_okmotu", "aiyl_kenesh"]),
        ({"territory": "Бишкек шаары"}, ["university"]),
        ({"q": "ак олон"}, ["aiyl_kenesh"]),
        ({"q": "ата-бейит"}, ["ayil_okmotu", "aiyl_kenesh"]),
        ({"body_type": "university"}, ["university"]),
    ],
)
def test_it_finds_organisations(base: Database, query: dict[str, Any], found: list[str]) -> None:
    assert sorted(bodies(base, **query)) == sorted(found)


def test_it_finds_by_municipality_and_by_organisation(base: Database) -> None:
    (okmotu,) = ask(base, "list_organisations", body_type="ayil_okmotu")["items"]
    assert len(bodies(base, municipality=okmotu["municipality"]["id"])) == 2
    assert people(base, organisation=okmotu["id"]) == ["Өмүрбекова", "Осмонов"]
    deliver(base, staff("p-head", at="2022-05-01 09:00", organisation_ref="org-kenesh"))
    assert people(base, organisation=okmotu["id"]) == ["Осмонов"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"audience": "martians"}, "audience"),
        ({"sort": "age"}, "sort"),
        ({"municipality": "17"}, "municipality"),
        ({"organisation": "17"}, "organisation"),
        ({"registered": "perhaps"}, "registered"),
        ({"limit": 201}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"body_type": "ngo"}, "body_type"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_it_refuses_a_wrong_filter(base: Database, query: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        ask(base, "list_people", **query)
    assert field in refusal.value.fields


@pytest.mark.parametrize("given", ["no-uuid", "00000000-0000-0000-0000-000000000000"])
@pytest.mark.parametrize("method", ["get_person", "get_organisation"])
def test_it_finds_nobody_under_a_wrong_id(base: Database, method: str, given: str) -> None:
    reply = getattr(as_service(base, ClientsService), method)(given)
    assert reply["error"]["code"] == "not_found"


def test_it_does_not_take_a_person_for_an_organisation(base: Database) -> None:
    reply = as_service(base, ClientsService).get_organisation(client_id(base, "p-head"))
    assert reply["error"]["code"] == "not_found"


def test_it_gives_one_person_in_full(base: Database) -> None:
    deliver(base, staff("p-head", at="2022-05-01 09:00", post=Post(role="deputy_head")))
    card = as_service(base, ClientsService).get_person(client_id(base, "p-head"))["ok"]
    assert [post["role"] for post in card["posts"]] == ["deputy_head", "head"]
    assert card["keys"] == [{"source": "https://portal.example", "ref": "p-head"}]
    assert (card["events"], card["registrations"], card["consents"]) == ([], [], [])
    assert card["version"] == 2


def test_it_lists_the_territories(base: Database) -> None:
    found = as_service(base, ClientsService).list_territories()["ok"]
    assert found["total"] == len(found["items"]) == 78
