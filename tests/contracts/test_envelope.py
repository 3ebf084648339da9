"""The envelope: what is accepted, what is refused and in which words, what is the same fact."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from contracts.catalogue import contracts, find
from contracts.envelope import (
    CORE,
    EXTENSIONS,
    SCHEMA_BASE,
    EnvelopeError,
    fingerprint,
    parse,
)
from contracts.examples import example_wire
from contracts.portal import ClientRegisteredV1
from contracts.tidy import tidied

REGISTERED = example_wire(find("client_registered"))


ATTRIBUTES: tuple[Any, ...] = (
    None,
    "",
    " ",
    "x",
    "x" * 501,
    "two\nlines",
    "e\u0301",
    "1.0",
    17,
    "17",
    True,
    2.5,
    [],
    {},
    "client_updated",
    f"{SCHEMA_BASE}/client_registered/1",
    "elsewhere/client_registered/1",
    "elsewhere/client_registered/2",
    "2022-01-01T00:00:00",
    "2022-01-01T00:00:00.5+06:00",
    "0001-01-01T00:00:00+14:00",
)


def verdict(read: Callable[[Any], Any], wire: object) -> Any:
    """Return what was read, or why it was refused."""
    try:
        return read(wire)
    except EnvelopeError as problem:
        return problem.code, problem.fields


def refused(**changes: object) -> dict[str, list[str]]:
    """Return the errors of the golden registration with ``changes``; None takes a key away."""
    wire = {key: value for key, value in {**REGISTERED, **changes}.items() if value is not None}
    with pytest.raises(EnvelopeError) as caught:
        parse(wire)
    return caught.value.fields


def with_data(**changes: object) -> dict[str, object]:
    data = {**REGISTERED["data"], **changes}
    return {"data": {key: value for key, value in data.items() if value is not None}}


@pytest.mark.parametrize("contract", contracts(), ids=lambda item: item.type)
def test_it_reads_and_writes_every_golden_example_unchanged(contract):
    event = parse(example_wire(contract))
    again = parse(event.to_wire())
    assert again == event
    assert isinstance(event.data, contract.data_class)


@pytest.mark.parametrize("contract", contracts(), ids=lambda item: item.type)
def test_it_tidies_every_golden_example_as_it_is_read_and_written(contract):
    wire = example_wire(contract)
    assert tidied(wire) == parse(wire).to_wire()


@pytest.mark.parametrize("name", [*CORE, *EXTENSIONS, "data", "colour"])
def test_it_tidies_each_attribute_or_refuses_it_in_the_same_words(name):
    without = {key: value for key, value in REGISTERED.items() if key != name}
    for wire in (without, *({**without, name: value} for value in ATTRIBUTES)):
        assert verdict(tidied, wire) == verdict(lambda same: parse(same).to_wire(), wire)


@pytest.mark.parametrize("contract", contracts(), ids=lambda item: item.type)
def test_it_names_personal_fields_that_exist(contract):
    for path in contract.personal:
        *parents, name = path.split(".")
        schema = contract.schema
        for parent in parents:
            schema = schema.fields[parent].schema
        assert name in schema.fields, path


def test_it_names_each_wrong_field_by_its_dotted_path():
    errors = refused(
        **with_data(
            kind="robot",
            surprise=1,
            email="nobody",
            consent={"at": "2022-01-01T00:00:00", "channel": "portal"},
        )
    )
    assert set(errors) == {
        "data.kind",
        "data.surprise",
        "data.email",
        "data.consent.at",
        "data.consent.text_version",
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"type": "client_exploded"}, "type"),
        ({"type": None}, "type"),
        ({"id": None}, "id"),
        ({"id": "x" * 129}, "id"),
        ({"id": "a\nb"}, "id"),
        ({"source": ""}, "source"),
        ({"time": None}, "time"),
        ({"time": "2022-03-04T10:00:00"}, "time"),
        ({"time": 5}, "time"),
        ({"specversion": "0.3"}, "specversion"),
        ({"dataschema": "https://x.example/schemas/client_registered/2"}, "dataschema"),
        ({"dataschema": "https://x.example/schemas/client_updated/1"}, "dataschema"),
        ({"sequence": "first"}, "sequence"),
        ({"favouritecolour": "blue"}, "favouritecolour"),
        ({"data": None}, "data"),
        ({"data": "text"}, "data"),
        (with_data(client_ref=None), "data.client_ref"),
        (with_data(name={"surname": ""}), "data.name.surname"),
        (with_data(name={"ru": "Организация"}), "data.name.surname"),
        (with_data(kind="organisation"), "data.name"),
        (with_data(client_ref="nul\x00"), "data.client_ref"),
        (with_data(inn="12"), "data.inn"),
    ],
)
def test_it_refuses_a_wrong_attribute_and_names_it(changes, field):
    assert field in refused(**changes)


@pytest.mark.parametrize(
    ("event_type", "field", "value"),
    [
        ("client_registered", "inn", "12345678901234\n"),
        ("client_registered", "email", '"\x01"@example.org'),
        ("event_announced", "url", "https://portal.example/\x00"),
        ("event_announced", "url", "https://portal.example/" + "a" * 2000),
        ("event_announced", "min_minutes", 5_000_000_000),
        ("event_announced", "starts_at", "0001-01-01T00:00:00+06:00"),
        ("event_announced", "starts_at", "9999-12-31T23:59:59-06:00"),
        ("payment_received", "currency", "KGS\n"),
        ("payment_received", "amount", "12.345"),
        ("payment_received", "amount", 12000.5),
        ("payment_received", "amount", "1e5"),
        ("payment_received", "amount", "0.00"),
        ("payment_received", "amount", "-1"),
    ],
)
def test_it_refuses_what_no_listener_could_keep(event_type, field, value):
    wire = example_wire(find(event_type))
    wire["data"] = {**wire["data"], field: value}
    with pytest.raises(EnvelopeError) as caught:
        parse(wire)
    assert list(caught.value.fields) == [f"data.{field}"]


@pytest.mark.parametrize("amount", ["12000", "0.5", "9999999999999.99"])
def test_it_reads_an_amount_as_it_is_written(amount):
    wire = example_wire(find("payment_received"))
    wire["data"]["amount"] = amount
    assert parse(wire).data.amount == Decimal(amount)


def test_it_takes_everything_of_an_event_in_its_cancellation():
    said = example_wire(find("event_announced"))["data"]
    wire = example_wire(find("event_cancelled"))
    data = parse({**wire, "data": said | {"reason": "Спикер заболел"}}).data
    assert (data.title.ru, data.min_minutes) == (said["title"]["ru"], said["min_minutes"])


@pytest.mark.parametrize("wire", [None, [], "text", 5])
def test_it_refuses_what_is_no_object(wire):
    with pytest.raises(EnvelopeError):
        parse(wire)


@pytest.mark.parametrize(
    ("title", "field", "words"),
    [
        ({}, "data.title", "Give the text in at least one of ru, ky, en."),
        ({"ru": "Жер", "kg": "Жер"}, "data.title.kg", "Unknown field. Known here: en, ky, ru."),
    ],
)
def test_it_says_what_is_wrong_with_an_object_and_which_fields_it_has(title, field, words):
    wire = example_wire(find("event_announced"))
    with pytest.raises(EnvelopeError) as caught:
        parse({**wire, "data": {**wire["data"], "title": title}})
    assert caught.value.fields == {field: [words]}


def test_it_folds_a_line_break_in_a_single_line():
    wire = {**REGISTERED, **with_data(name={"surname": "Асанова\r\nBcc: all@example.org"})}
    data = parse(wire).data
    assert isinstance(data, ClientRegisteredV1)
    assert data.name.surname == "Асанова Bcc: all@example.org"


def test_it_takes_the_time_that_the_gateway_set_out_of_the_fingerprint():
    first = {**REGISTERED, "time": "2022-01-01T00:00:00Z", "recordedtime": "2022-01-01T00:00:00Z"}
    again = {**REGISTERED, "time": "2022-01-02T00:00:00Z", "recordedtime": "2022-01-02T00:00:00Z"}
    other = {**REGISTERED, "time": "2022-01-03T00:00:00Z", "recordedtime": "2022-01-02T00:00:00Z"}
    assert fingerprint(first) == fingerprint(again)
    assert fingerprint(first) != fingerprint(other)


def test_it_has_another_fingerprint_for_another_body():
    assert fingerprint(REGISTERED) != fingerprint({**REGISTERED, **with_data(phone="0700")})
