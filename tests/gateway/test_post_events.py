"""POST /v1/events on a real gateway and a real broker, also with the stock CloudEvents SDK."""

import json
from typing import Any

import cloudevents.core.bindings.http as sdk
import cloudevents.core.v1.event as sdk_event
import cloudevents.v1.conversion as old_conversion
import cloudevents.v1.http as old_sdk
import pytest
import requests

from gateway.events import BATCH
from tests.gateway.house import SOURCE, House, registered

ATTRIBUTES = {"type": "client_registered", "source": SOURCE, "id": "s"}


def receipt(number: str, house: House) -> dict[str, str]:
    query = f"source=https%3A%2F%2Fportal.example&id={number}"
    return {
        "id": number,
        "source": SOURCE,
        "receipt": f"{house.url}/v1/events/receipt?{query}",
    }


@pytest.fixture(autouse=True)
def _empty(house: House) -> None:
    house.journal()


def published(house: House) -> list[tuple[str, str]]:
    return sorted((event["id"], event["data"]["client_ref"]) for event in house.journal())


def post(house: House, headers: Any, body: Any) -> requests.Response:
    """Send what an SDK has made, adding nothing but the key."""
    return house.ask("POST", "/v1/events", who="portal", headers=dict(headers), data=body)


def test_it_accepts_a_structured_event(house: House) -> None:
    answer = house.send(registered("1"))
    assert (answer.status_code, answer.json()) == (202, receipt("1", house))
    assert published(house) == [("1", "c-1")]


def test_it_answers_a_repeat_the_same(house: House) -> None:
    first, second = house.send(registered("2")), house.send(registered("2"))
    assert (first.status_code, first.json()) == (second.status_code, second.json())


def test_it_accepts_a_batch_and_names_the_bad_one(house: House) -> None:
    bad = registered("b2", data={**registered("b2")["data"], "kind": "robot"})
    foreign = registered("b3", source="https://other.example")
    large = registered("b4", subject="x" * 70_000)
    items = [registered("b1"), bad, foreign, large, "odd", registered("b1")]
    answer = house.send(items, BATCH, **{"Accept-Language": "ky"})
    assert answer.status_code == 202
    results = answer.json()["results"]
    assert [(one["id"], one["status"]) for one in results] == [
        ("b1", 202),
        ("b2", 422),
        ("b3", 403),
        ("b4", 413),
        (None, 422),
        ("b1", 202),
    ]
    problem = results[1]["problem"]
    assert problem["errors"][0]["field"] == "[1].data.kind"
    assert problem["errors"][0]["message"].startswith("Уруксат берилген маанилер")
    assert results[4]["problem"]["errors"][0]["field"] == "[4]"
    assert published(house) == [("b1", "c-b1")] * 2


def test_it_answers_422_when_no_event_of_a_batch_is_good(house: House) -> None:
    answer = house.send([registered("n", type="unknown_thing")], BATCH)
    assert answer.status_code == 422
    assert answer.json()["results"][0]["problem"]["type"].endswith("/unknown_type")
    assert published(house) == []


def test_it_takes_an_empty_batch(house: House) -> None:
    answer = house.send([], BATCH)
    assert (answer.status_code, answer.json()) == (202, {"results": []})


def test_it_takes_a_thousand_events_and_no_more(house: House) -> None:
    events = [registered(f"k{number}") for number in range(1001)]
    answer = house.send(events[:1000], BATCH)
    assert answer.status_code == 202
    assert len(published(house)) == 1000
    assert house.send(events, BATCH).status_code == 413
    assert published(house) == []


@pytest.mark.parametrize(
    ("kind", "headers"),
    [
        ("application/json", {}),
        ("text/plain", {"ce-specversion": "1.0"}),
        ("application/xml", {}),
        ("", {}),
        ("application/cloudevents+avro", {}),
    ],
)
def test_it_names_the_three_forms_to_whoever_sends_another(
    house: House, kind: str, headers: dict[str, str]
) -> None:
    answer = house.send(registered("1"), kind, **headers)
    assert answer.status_code == 415
    for form in ("cloudevents+json", "cloudevents-batch+json", "ce-*"):
        assert form in answer.json()["detail"]


@pytest.mark.parametrize("charset", ["cp1251", "utf-16", "iso-8859-1"])
def test_it_takes_utf8_only(house: House, charset: str) -> None:
    kind = f"application/cloudevents+json; charset={charset}"
    assert house.send(registered("1"), kind).status_code == 415
    assert house.send(registered("1"), kind.replace(charset, "UTF-8")).status_code == 202


def test_it_names_each_wrong_field_in_the_readers_language(house: House) -> None:
    bad = registered("1", data={"client_ref": "", "kind": "person", "extra": 1})
    for language, words in (
        ("", "Неизвестное поле. Здесь есть: audience, "),
        ("ky", "Белгисиз талаа. Бул жерде булар бар: audience, "),
        ("en", "Unknown field. Known here: audience, "),
    ):
        answer = house.send(bad, **{"Accept-Language": language})
        errors = {one["field"]: one["message"] for one in answer.json()["errors"]}
        assert answer.status_code == 422
        assert errors["data.extra"].startswith(words)
        assert {"data.client_ref", "data.audience", "data.name"} <= set(errors)


def test_it_takes_a_source_from_the_setting_only(house: House) -> None:
    answer = house.send(registered("1", source="https://other.example"))
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (403, "foreign_source")


def test_it_hears_the_new_sdk_structured(house: House) -> None:
    event = sdk_event.CloudEvent(ATTRIBUTES | {"specversion": "1.0"}, registered("s")["data"])
    message = sdk.to_structured_event(event)
    assert post(house, message.headers, message.body).status_code == 202
    assert published(house) == [("s", "c-s")]


def test_it_hears_the_new_sdk_binary(house: House) -> None:
    attributes = {
        **ATTRIBUTES,
        "specversion": "1.0",
        "datacontenttype": "application/json",
        "subject": "Өмүралиева 100%",
    }
    event = sdk_event.CloudEvent(attributes, registered("s")["data"])
    message = sdk.to_binary_event(event)
    assert post(house, message.headers, message.body).status_code == 202
    (heard,) = house.journal()
    assert (heard["subject"], heard["data"]["client_ref"]) == ("Өмүралиева 100%", "c-s")


def test_it_hears_the_new_sdk_batch(house: House) -> None:
    events = [
        sdk_event.CloudEvent(
            {**ATTRIBUTES, "id": number, "specversion": "1.0"}, registered(number)["data"]
        )
        for number in ("s1", "s2")
    ]
    # This SDK writes single events; a batch is the JSON array of them (JSON format, section 4).
    body = b"[" + b",".join(sdk.to_structured_event(event).body for event in events) + b"]"
    assert post(house, {"Content-Type": BATCH}, body).status_code == 202
    assert published(house) == [("s1", "c-s1"), ("s2", "c-s2")]


@pytest.mark.parametrize("convert", [old_conversion.to_structured, old_conversion.to_binary])
@pytest.mark.parametrize("more", [{}, {"datacontenttype": "application/json"}])
def test_it_hears_the_old_sdk(house: House, convert: Any, more: dict[str, str]) -> None:
    event = old_sdk.CloudEvent({**ATTRIBUTES, **more}, registered("s")["data"])
    headers, body = convert(event)
    assert post(house, headers, body).status_code == 202, (headers, body)
    assert published(house) == [("s", "c-s")]


def test_it_binds_binary_attributes_like_structured_ones(house: House) -> None:
    body = json.dumps(registered("h")["data"]).encode()
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "h",
        "ce-source": SOURCE,
        "ce-type": "client_registered",
        "ce-colour": "red",
    }
    answer = house.send(body, "application/json", **headers)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["colour"]
    del headers["ce-colour"]
    assert house.send(body, "application/json", **headers).status_code == 202
