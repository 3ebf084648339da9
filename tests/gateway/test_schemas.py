"""GET /v1/schemas: every schema is read without signing in, kept by caches, found by name."""

import pytest
from jsonschema import Draft202012Validator

from contracts import asyncapi, catalogue, json_schema
from contracts.examples import example_wire
from tests.gateway.house import House


def test_it_lists_every_event_with_the_address_of_its_schema(house: House) -> None:
    listed = house.ask("GET", "/v1/schemas").json()
    assert {(item["type"], item["version"], item["emitter"]) for item in listed["items"]} == {
        (contract.type, contract.version, contract.emitter) for contract in catalogue.contracts()
    }
    assert listed["total"] == len(listed["items"])
    for item in listed["items"]:
        contract = catalogue.find(item["type"], item["version"])
        answer = house.ask("GET", item["schema"].removeprefix(house.url))
        assert answer.headers["Content-Type"] == "application/schema+json"
        assert answer.json() == json_schema.document(contract)
        assert answer.json()["$id"] == item["dataschema"]
        Draft202012Validator(answer.json()).validate(example_wire(contract)["data"])


def test_it_is_found_by_what_an_event_of_the_house_carries(house: House) -> None:
    house.journal()
    wire = example_wire(catalogue.find("client_verified"))
    assert house.send(wire).status_code == 202
    [event] = house.journal()
    type_and_version = event["dataschema"].rpartition("/schemas/")[2]
    answer = house.ask("GET", f"/v1/schemas/{type_and_version}")
    assert answer.json()["$id"] == event["dataschema"]
    Draft202012Validator(answer.json()).validate(event["data"])


@pytest.mark.parametrize("path", ["/v1/schemas", "/v1/schemas/vote_cast/1", "/v1/asyncapi.json"])
def test_it_answers_a_cache_that_has_it_with_nothing_new(house: House, path: str) -> None:
    first = house.ask("GET", path)
    assert first.headers["Cache-Control"] == "public, max-age=300"
    again = house.ask("GET", path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = house.ask("GET", path, headers={"If-None-Match": '"something else"'})
    assert (other.status_code, other.content) == (200, first.content)


@pytest.mark.parametrize(
    ("path", "field", "named"),
    [
        ("client_registered/2", "version", "Must be one of: 1."),
        ("client_registered/x", "version", "Must be one of: 1."),
        ("client_exploded/1", "type", "client_added, client_changed, client_registered"),
    ],
)
def test_it_names_what_exists(house: House, path: str, field: str, named: str) -> None:
    answer = house.ask("GET", f"/v1/schemas/{path}", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    [error] = answer.json()["errors"]
    assert error["field"] == field
    assert named in error["message"]
    assert path in answer.json()["detail"]


def test_it_serves_the_asyncapi_document(house: House) -> None:
    assert house.ask("GET", "/v1/asyncapi.json").json() == asyncapi.document()
