"""What staff asks goes to the services as it was meant, and comes back as clients rely on."""

import pytest

from chassis.paging import encode_cursor
from services.clients.cards import SORTED_BY
from tests.gateway.fake_services import ABSENT, CONFLICTED, GOOD
from tests.gateway.house import House

ANY = {"If-Match": "*"}
EDIT = f"/v1/inquiries/{GOOD}"


def test_it_pages_by_link_and_next(house: House) -> None:
    answer = house.ask("GET", "/v1/people?limit=2&q=Ө&registered=1", who="administrator")
    page = answer.json()
    assert answer.headers["Link"] == f'<{page["next"]}>; rel="next"'
    assert page["items"][0]["query"] == {"limit": 2, "q": "Ө", "registered": True}
    last = house.ask("GET", page["next"].removeprefix(house.url), who="administrator")
    assert last.json()["items"][0]["query"]["cursor"] == "after-1"
    assert (last.json()["next"], "Link" in last.headers) == (None, False)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("audience=martians", "audience"),
        ("registered=maybe", "registered"),
        ("organisation=1", "organisation"),
        ("colour=red", "colour"),
        ("body_type=ngo", "body_type"),
        ("sort=shoe", "sort"),
        ("q=", "q"),
        ("limit=1&limit=2", "limit"),
    ],
)
def test_it_names_a_wrong_parameter(house: House, query: str, field: str) -> None:
    answer = house.ask("GET", f"/v1/people?{query}", who="administrator")
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_it_passes_filters_of_inquiries(house: House) -> None:
    path = "/v1/inquiries?overdue=true&kind=complaint&state=open&client=c-1&sort=-due"
    query = house.ask("GET", path, who="administrator").json()["items"][0]["query"]
    wanted = {"overdue": True, "kind": "complaint", "state": "open", "client": "c-1"}
    assert query == {**wanted, "sort": "-due", "limit": 50}


def test_it_edits_with_key_version_and_actor(house: House) -> None:
    headers = {"Idempotency-Key": '"k-1"', "If-Match": '"3"'}
    answer = house.ask(
        "POST",
        f"{EDIT}/answer",
        who="administrator",
        json={"text": "Саламатсызбы!", "language": "ky"},
        headers=headers,
    )
    assert answer.headers["ETag"] == '"3"'
    found = answer.json()
    asked = {"text": "Саламатсызбы!", "language": "ky", "key": "k-1", "version": 3}
    assert (found["verb"], found["actor"], found["asked"]) == ("answer", "admin", asked)


def test_it_makes_a_key_of_its_own_for_each_edit(house: House) -> None:
    body = {"outcome": "spam", "reason": "реклама"}
    asked = [
        house.ask("POST", f"{EDIT}/resolve", who="administrator", json=body, headers=ANY).json()
        for _ in range(2)
    ]
    assert [one["asked"]["version"] for one in asked] == [None, None]
    keys = {one["asked"]["key"] for one in asked}
    assert len(keys) == 2 and all(len(key) == 36 for key in keys)


def test_it_says_412_for_a_version_of_yesterday(house: House) -> None:
    for tag in ('"1"', 'W/"1"', '"strange"'):
        answer = house.ask(
            "POST",
            f"{EDIT}/reopen",
            who="administrator",
            json={"reason": "Не о том"},
            headers={"If-Match": tag},
        )
        assert answer.status_code == 412


@pytest.mark.parametrize(
    ("inquiry", "headers", "status", "title"),
    [
        (GOOD, {}, 428, "If-Match required"),
        (CONFLICTED, ANY, 409, "The inquiry is closed"),
    ],
)
def test_it_says_why_an_act_is_refused(
    house: House, inquiry: str, headers: dict[str, str], status: int, title: str
) -> None:
    answer = house.ask(
        "POST",
        f"/v1/inquiries/{inquiry}/answer",
        who="administrator",
        json={"text": "?"},
        headers={"Accept-Language": "en"} | headers,
    )
    assert (answer.status_code, answer.json()["title"]) == (status, title)


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "x", "to": "all"}, ["x"], "x"])
def test_it_names_what_is_wrong_in_a_body(house: House, body: object) -> None:
    answer = house.ask("POST", f"{EDIT}/answer", who="administrator", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_it_links_each_figure_to_its_evidence(house: House) -> None:
    answer = house.ask(
        "GET",
        "/v1/indicators?month=2022-03",
        who="administrator",
        headers={"Accept-Language": "ky"},
    )
    (item,) = answer.json()["items"]
    assert item["title"] == "ky"
    path = item["evidence"].removeprefix(house.url)
    assert path == "/v1/indicators/R4/evidence?month=2022-03"
    assert house.ask("GET", path, who="administrator").json()["items"][0]["subject"] == "1/2022"


def test_it_refuses_a_month_that_is_none(house: House) -> None:
    for path in ("/v1/indicators?month=2022-13", "/v1/reports/documents/2022-3/ru/pdf"):
        answer = house.ask("GET", path, who="administrator")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "month"


def test_it_names_what_is_not_there(house: House) -> None:
    answer = house.ask("GET", f"/v1/people/{ABSENT}", who="administrator")
    assert (answer.status_code, ABSENT in answer.json()["detail"]) == (404, True)


def test_it_reports_the_state_of_every_service(house: House) -> None:
    found = house.ask("GET", "/v1/status", who="administrator").json()["services"]
    assert set(found) == {"clients", "notifications", "feedback", "reporting"}
    assert "received" not in found["clients"]
    counted = house.ask("GET", "/v1/status?counts=1", who="administrator").json()["services"]
    assert counted["clients"]["received"] == {}
    looked = house.ask("GET", "/v1/status?queues=1", who="administrator").json()["services"]
    assert looked["clients"]["queues"][0]["consumers"] == 1


def test_it_sends_a_report_again_by_key(house: House) -> None:
    answer = house.ask(
        "POST",
        f"/v1/reports/{GOOD}/resend",
        who="administrator",
        headers={"Idempotency-Key": "again-1"},
    )
    assert (answer.status_code, answer.json()["key"]) == (202, "again-1")


def test_it_leads_on_from_the_longest_name(house: House) -> None:
    cursor = encode_cursor(["ы" * SORTED_BY, GOOD])
    answer = house.ask("GET", f"/v1/people?cursor={cursor}", who="administrator")
    assert answer.json()["items"][0]["query"]["cursor"] == cursor
