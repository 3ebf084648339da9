"""Whoever may not see people cannot read them out of anything (quality.md S7)."""

from typing import Any

import pytest

from chassis.db import Database
from contracts.parts import ClientName, Contact
from gateway import masked, policy
from gateway.masking import check_query, keep
from gateway.policy import Access
from gateway.routes import Spec, specs
from gateway.schemas import InquiryQuery, OrganisationQuery, PersonQuery
from gateway.service import GatewayService
from services.clients import dossiers, queries
from services.clients.models import Person
from tests.clients.cast import body, client_id, deliver, staff
from tests.feedback.desk import Desk
from tests.gateway.fake_services import ABSENT, AWAY, CANARY, GOOD
from tests.gateway.house import House
from tests.gateway.test_documented import ROUTES, check, path

CANARIES = (CANARY, "Айгүл", "aigul@", "example.kg", "996555", "555000111")
HIDDEN = [
    (name, spec)
    for name, spec, _ in specs(GatewayService)
    if isinstance(spec.access, Access) and policy.sight("auditor", spec.access) == "masked"
]


def has_canary(text: str) -> bool:
    return any(canary in text for canary in CANARIES)


@pytest.mark.parametrize(("name", "spec"), HIDDEN, ids=[name for name, _ in HIDDEN])
def test_it_hides_people_from_the_auditor(house: House, name: str, spec: Spec) -> None:
    seen, masked_answer = (
        house.ask(spec.method, path(name, spec), who=who) for who in ("manager", "auditor")
    )
    assert has_canary(seen.text), "the manager sees them, so there was something to hide"
    assert masked_answer.status_code == 200
    assert not has_canary(masked_answer.text + str(masked_answer.headers))
    check(masked_answer, ROUTES[name], 200)


def test_it_hides_people_in_every_list_and_card() -> None:
    assert {name for name, _ in HIDDEN} >= {
        *("list_people", "get_person", "list_organisations", "get_organisation"),
        *("list_inquiries", "get_inquiry", "list_evidence"),
    }


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("people?q=Айгүл", "q"),
        ("people?sort=name", "sort"),
        ("people?sort=-name", "sort"),
        ("organisations?q=0555", "q"),
        ("inquiries?q=Айгүл", "q"),
        ("inquiries?client=p-1", "client"),
    ],
)
def test_it_lets_no_filter_and_no_sort_ask_for_people(house: House, query: str, field: str) -> None:
    answer = house.ask("GET", f"/v1/{query}", who="auditor", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (403, "masked_field")
    assert f"“{field}”" in answer.json()["detail"]
    assert house.ask("GET", f"/v1/{query}", who="manager").status_code == 200


def test_it_orders_people_by_what_is_shown() -> None:
    """The order of names, and the cursor of a page in that order, would tell names."""
    assert check_query(PersonQuery(), {}) == {"sort": "registered"}
    assert check_query(OrganisationQuery(), {"sort": "name"}) == {"sort": "name"}
    assert check_query(InquiryQuery(), {"sort": "due"}) == {"sort": "due"}


@pytest.mark.parametrize(("ref", "status"), [(ABSENT, 404), (AWAY, 503)])
def test_it_hides_people_in_errors(house: House, ref: str, status: int) -> None:
    for noun in ("people", "organisations", "inquiries"):
        answer = house.ask("GET", f"/v1/{noun}/{ref}", who="auditor")
        assert answer.status_code == status and not has_canary(answer.text)


def test_it_keeps_the_auditor_from_acts_and_downloads_of_people(house: House) -> None:
    for verb in ("answer", "resolve", "reopen"):
        answer = house.ask("POST", f"/v1/inquiries/{GOOD}/{verb}", who="auditor", json={})
        assert answer.status_code == 403
    for noun in ("accounts", "keys", "audit", "status"):
        assert house.ask("GET", f"/v1/{noun}", who="auditor").status_code == 403


def test_it_hides_what_a_service_adds_tomorrow() -> None:
    thing = {"id": GOOD, "status": "active", "nickname": CANARY, "kind": {"nested": CANARY}}
    post = {"role": "head", "title": CANARY, "organisation": {"id": GOOD, "boss": CANARY}}
    shown = keep(masked.PersonMasked(), {**thing, "posts": [post], "post": None})
    assert shown == {
        "id": GOOD,
        "kind": None,
        "status": "active",
        "post": None,
        "posts": [{"role": "head", "organisation": {"id": GOOD}}],
    }


@pytest.mark.broker
def test_it_hides_people_in_what_clients_really_answers(clients_db: Database) -> None:
    name = ClientName(surname="Өмүралиева", name="Айгүл")
    reached = {"email": "aigul@example.kg", "phone": "0555 000 111"}
    deliver(clients_db, body(phone="0555 000 111"), staff("p-1", role="head", name=name, **reached))
    shapes: list[tuple[Any, Any]] = []
    with clients_db.begin() as session:
        pages = (queries.people(session, {}), queries.organisations(session, {}))
        kinds = (masked.PersonMasked, masked.OrganisationMasked)
        shapes += [(masked.PAGES[kind], page) for kind, page in zip(kinds, pages, strict=True)]
        organisation_id = pages[1]["items"][0]["id"]
        person_id = str(session.query(Person.id).scalar())
        shapes.append((masked.PersonMasked(), dossiers.person(session, person_id)))
        shapes.append(
            (masked.OrganisationMasked(), dossiers.organisation(session, organisation_id))
        )
    for schema, real in shapes:
        assert has_canary(str(real))
        shown = keep(schema, real)
        assert not has_canary(str(shown))
        assert schema.validate(shown) == {}
    assert client_id(clients_db, "p-1")


@pytest.mark.broker
def test_it_hides_people_in_what_feedback_really_answers(feedback_db: Database) -> None:
    desk = Desk(feedback_db)
    contact = Contact(name="Айгүл", email="aigul@example.kg")
    inquiry = desk.open(subject="Айгүл пишет", text="Айгүл", client_ref=None, contact=contact)
    desk.answer(inquiry, "2022-03-05 10:00", text="Айгүл, починят.")
    for schema, real in (
        (masked.InquiryMasked(), desk.card(inquiry)),
        (masked.PAGES[masked.InquiryMasked], desk.page()),
    ):
        assert has_canary(str(real))
        shown = keep(schema, real)
        assert not has_canary(str(shown))
        assert schema.validate(shown) == {}
