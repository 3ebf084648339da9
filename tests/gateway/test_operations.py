"""Dead letters, kept facts and receipts over HTTP: all services as one list, one away is named."""

from tests.gateway.fake_services import GOOD
from tests.gateway.house import SOURCE, House


def test_it_lists_the_letters_of_all_services_as_one(house: House) -> None:
    first = house.ask("GET", "/v1/dead-letters?limit=3", who="administrator").json()
    assert [letter["service"] for letter in first["items"]] and len(first["items"]) == 3
    assert len({letter["service"] for letter in first["items"]}) == 3
    assert (first["total"], first["away"]) == (8, [])
    assert "limit=3" in first["next"] and "cursor=" in first["next"]


def test_it_asks_one_service_where_one_is_chosen(house: House) -> None:
    asked = "/v1/dead-letters?service=feedback&reason=failed"
    items = house.ask("GET", asked, who="administrator").json()["items"]
    assert [(letter["service"], letter["query"]["reason"]) for letter in items] == [
        ("feedback", "failed")
    ]


def test_it_names_a_service_that_is_away_and_shows_the_others(house: House) -> None:
    asked = "/v1/dead-letters?source=reporting:away"
    found = house.ask("GET", asked, who="administrator").json()
    assert found["away"] == ["reporting"]
    assert {letter["service"] for letter in found["items"]} == {
        "clients",
        "feedback",
        "notifications",
    }


def test_it_says_why_a_letter_is_dead_in_the_readers_language(house: House) -> None:
    said = {
        language: house.ask(
            "GET",
            f"/v1/dead-letters/{GOOD}",
            who="administrator",
            headers={"Accept-Language": language},
        ).json()["text"]
        for language in ("ru", "ky", "en")
    }
    assert said["en"] == "It could not be applied after all attempts."
    assert len(set(said.values())) == 3


def test_it_replays_on_behalf_of_who_asked(house: House) -> None:
    body = {"data": {"client_ref": "c-8"}}
    address = f"/v1/dead-letters/{GOOD}/replay"
    letter = house.ask("POST", address, who="administrator", json=body).json()
    assert (letter["settled_by"], letter["mend"]) == ("admin", body)


def test_it_wants_a_reason_for_discarding(house: House) -> None:
    address = f"/v1/dead-letters/{GOOD}/discard"
    answer = house.ask("POST", address, who="administrator", json={})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["reason"]


def test_it_says_what_a_fact_waits_for(house: House) -> None:
    headers = {"Accept-Language": "en"}
    found = house.ask("GET", "/v1/waiting", who="administrator", headers=headers).json()
    assert found["items"][0]["text"] == "waiting for client c-7"
    assert "key" not in found["items"][0]


def test_it_gives_the_portal_the_receipt_of_its_event(house: House) -> None:
    asked = f"/v1/events/receipt?source={SOURCE}&id=x-1"
    found = house.ask("GET", asked, who="portal", headers={"Accept-Language": "en"}).json()
    handled = {line["service"]: (line["outcome"], line["text"]) for line in found["handled"]}
    assert handled == {"clients": ("applied", "applied"), "reporting": ("applied", "applied")}
    assert found["counted"] == [{"code": "R2.A.bodies", "month": "2022-03"}]
    assert (found["awaited"], found["away"]) == ([], [])


def test_it_gives_no_receipt_of_another_source(house: House) -> None:
    answer = house.ask("GET", "/v1/events/receipt?source=https://x.example&id=1", who="portal")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (
        403,
        "foreign_source",
    )


def test_it_says_that_an_event_is_not_known(house: House) -> None:
    asked = f"/v1/events/receipt?source={SOURCE}&id=absent"
    answer = house.ask("GET", asked, who="portal", headers={"Accept-Language": "en"})
    assert answer.status_code == 404
    assert "not handled yet, or was never received" in answer.json()["detail"]
