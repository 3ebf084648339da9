"""Jobs in the background: once, on behalf of their owner, whoever dies in the middle."""

import io
import time
from typing import Any
from uuid import uuid4

import openpyxl
import pytest

from chassis.db import Database
from gateway.jobs import book
from gateway.jobs.book import Lost, NewJob
from tests.gateway.conftest import own_database
from tests.gateway.fake_services import ABSENT, CANARY, CONFLICTED, GOOD
from tests.gateway.house import House

ADMIN = "administrator"


def asked(house: House, what: str, who: str = ADMIN, **more: Any) -> Any:
    return house.ask("POST", "/v1/jobs", who=who, json={"what": what, **more})


def finished(house: House, job: dict[str, Any], who: str = ADMIN) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found: dict[str, Any] = house.ask("GET", f"/v1/jobs/{job['id']}", who=who).json()
        if found["state"] not in ("queued", "running"):
            return found
        time.sleep(0.2)
    raise AssertionError(found)


def sheet(house: House, job: dict[str, Any], who: str = ADMIN) -> list[tuple[Any, ...]]:
    file = house.ask("GET", f"/v1/jobs/{job['id']}/file", who=who)
    assert file.headers["Content-Disposition"].startswith("attachment")
    return list(openpyxl.load_workbook(io.BytesIO(file.content)).active.values)


def test_an_export_writes_every_page_of_the_filter(house: House) -> None:
    made = asked(house, "people.export", query="audience=citizens", params={"format": "xlsx"})
    assert made.status_code == 202
    done = finished(house, made.json())
    assert (done["state"], done["done"], done["total"]) == ("done", 2, 2)
    head, *rows = sheet(house, done)
    assert head[0] == "Фамилия" and len(rows) == 2
    assert rows[0][0] == CANARY and rows[0][7] == "+996555000111"


def test_an_export_of_chosen_things_holds_those(house: House) -> None:
    done = finished(house, asked(house, "organisations.export", ids=[GOOD]).json())
    assert (done["state"], done["done"]) == ("done", 1)
    assert done["file"]["name"].endswith(".xlsx")


def test_an_auditor_exports_no_person(house: House) -> None:
    done = finished(house, asked(house, "people.export", "auditor", query="").json(), "auditor")
    assert done["state"] == "done"
    assert CANARY not in str(sheet(house, done, "auditor"))
    wrong = asked(house, "people.export", "auditor", query="q=Айгүл").json()
    assert finished(house, wrong, "auditor")["error"] == "masked_field"


def test_a_bulk_act_counts_what_was_refused_and_goes_on(house: House) -> None:
    params = {"outcome": "spam", "reason": "Реклама"}
    things = [GOOD, CONFLICTED, ABSENT]
    done = finished(house, asked(house, "inquiries.resolve", ids=things, params=params).json())
    assert (done["state"], done["done"], done["refused"]) == ("done", 3, 2)
    assert [one["thing"] for one in done["problems"]] == [CONFLICTED, ABSENT]
    assert "закрыто" in done["problems"][0]["title"]


def test_a_bulk_act_on_a_filter_finds_its_things_first(house: House) -> None:
    done = finished(house, asked(house, "dead-letters.replay", query="service=clients").json())
    assert (done["state"], done["refused"]) == ("done", 0)
    assert done["done"] == done["total"] > 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"what": "people.export"}, "ids"),
        ({"what": "people.export", "ids": [GOOD], "query": ""}, "ids"),
        ({"what": "people.erase", "query": ""}, "what"),
        ({"what": "people.export", "ids": ["x"]}, "ids.0"),
        ({"what": "people.export", "query": "", "params": {"format": "pdf"}}, "format"),
        ({"what": "inquiries.resolve", "query": ""}, "outcome"),
    ],
)
def test_it_says_which_field_is_wrong(house: House, body: dict[str, Any], field: str) -> None:
    refused = house.ask("POST", "/v1/jobs", who=ADMIN, json=body)
    assert refused.status_code == 422
    assert field in [one["field"] for one in refused.json()["errors"]]


def test_who_may_not_do_one_may_not_do_many(house: House) -> None:
    params = {"outcome": "answered"}
    for who in ("auditor", "manager"):
        job = asked(house, "inquiries.resolve", who, ids=[GOOD], params=params)
        assert job.status_code == 403
    assert asked(house, "people.export", "content_admin", query="").status_code == 403


def test_the_same_request_is_one_job_and_others_do_not_see_it(house: House) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    body = {"what": "people.export", "query": ""}
    first, again = (
        house.ask("POST", "/v1/jobs", who=ADMIN, json=body, headers=key).json() for _ in range(2)
    )
    assert first["id"] == again["id"]
    assert house.ask("GET", f"/v1/jobs/{first['id']}", who="manager").status_code == 404
    assert house.ask("GET", f"/v1/jobs/{first['id']}/file", who="manager").status_code == 404
    assert first["id"] in [
        one["id"] for one in house.ask("GET", "/v1/jobs", who=ADMIN).json()["items"]
    ]


@pytest.fixture
def books(house: House) -> Any:
    database = Database(own_database(house))
    yield database
    database.close()


def new(books: Database, owner: str = "nobody-else") -> Any:
    job = NewJob("people.export", owner, "ru", "", None, {})
    with books.begin() as session:
        return book.ask(session, job, request_key=uuid4().bytes * 2)


def test_who_lost_the_lease_writes_nothing_any_more(books: Database) -> None:
    """The gateway of the house may take it, too: whoever comes second has the higher fence."""
    made = new(books)
    with books.begin() as session:
        first = book.get(session, made["id"], "nobody-else")
        first.state, first.fence = "running", 1
        session.flush()
        session.expunge(first)
    with books.begin() as session:
        second = book.get(session, made["id"], "nobody-else")
        second.fence = 2
    with pytest.raises(Lost), books.begin() as session:
        book.note(session, first, done=5)


def test_a_job_that_was_cancelled_is_noticed(house: House, books: Database) -> None:
    made = new(books, "admin")
    cancelled = house.ask("POST", f"/v1/jobs/{made['id']}/cancel", who=ADMIN).json()
    assert cancelled["state"] in ("cancelled", "done")
    no_file = house.ask("GET", f"/v1/jobs/{made['id']}/file", who=ADMIN)
    assert no_file.status_code == (200 if cancelled["state"] == "done" else 409)


def test_a_job_of_somebody_who_is_out_fails(house: House, books: Database) -> None:
    made = new(books, "nobody-at-all")
    deadline = time.monotonic() + 30
    state = ""
    while state != "failed" and time.monotonic() < deadline:
        with books.begin() as session:
            row = book.get(session, made["id"], "nobody-at-all")
            state, error = row.state, row.error
        time.sleep(0.2)
    assert (state, error) == ("failed", "forbidden")
