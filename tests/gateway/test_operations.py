"""Dead letters, kept facts and receipts over HTTP: all services as one list, one away is named."""

import json

from prometheus_client.parser import text_string_to_metric_families

from tests.gateway.fake_services import ABSENT, GOOD
from tests.gateway.house import METRICS_KEY, SERVICES, SOURCE, House, registered


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


def test_it_says_what_differs_and_where_to_look(house: House) -> None:
    headers = {"Accept-Language": "en"}
    before = house.ask("GET", "/v1/differences", who="administrator", headers=headers).json()
    (late,) = [item for item in before["items"] if item["service"] == "clients"]
    assert late["text"] == "3 facts “client_added” have long not been sent."
    assert "/readyz" in late["where"]
    after = house.ask("POST", "/v1/differences", who="administrator", headers=headers).json()
    assert [(item["service"], item["kind"]) for item in after["items"]] == [
        ("gateway", "inquiry_without_receipt")
    ]
    assert set(after["checked"]) == {*SERVICES, "gateway"}


def test_it_shows_the_numbers_of_all_processes(house: House) -> None:
    house.ask("GET", "/v1/status", who="administrator")
    answer = house.ask("GET", "/metrics", who=METRICS_KEY)
    assert answer.status_code == 200
    found = {
        (sample.name, sample.labels.get("service")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert found["aymak_up", "clients"] == 1
    assert found["aymak_outbox_unsent", "feedback"] == 3
    assert found["aymak_build_info", "gateway"] == 1
    assert ("aymak_hub_stall_seconds", "gateway") in found
    line = 'aymak_http_requests_total{method="GET",process='
    assert line in answer.text and 'route="get_status"' in answer.text


def test_it_shows_no_numbers_to_others(house: House) -> None:
    assert house.ask("GET", "/metrics").status_code == 401
    assert house.ask("GET", "/metrics", who="portal").status_code == 403
    assert house.ask("GET", "/metrics", who=METRICS_KEY + "x").status_code == 401


def test_it_hands_the_ids_of_a_request_to_every_line_about_it(house: House) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"X-Request-ID": "my-request-1", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    answer = house.ask("GET", "/v1/dead-letters/x", who="administrator", headers=headers)
    assert answer.headers["X-Request-ID"] == "my-request-1"
    house.ask("GET", f"/v1/people/{ABSENT}", who="administrator", headers=headers)
    lines = [json.loads(line) for line in house.log().splitlines() if "my-request-1" in line]
    assert {line["trace_id"] for line in lines} == {trace}
    assert any("get_person" in line["event"] for line in lines)
    odd = house.ask("GET", "/healthz", headers={"X-Request-ID": "a b"})
    assert odd.headers["X-Request-ID"] != "a b"


def test_it_gives_the_trace_of_a_request_to_an_event_that_brings_none(house: House) -> None:
    house.journal()
    mine, own = (f"00-{digit * 32}-00f067aa0ba902b7-01" for digit in "12")
    house.send(registered("bare"), traceparent=mine)
    house.send(registered("traced", traceparent=own), traceparent=mine)
    traces = {wire["id"]: wire["traceparent"] for wire in house.journal()}
    assert traces == {"bare": mine, "traced": own}
