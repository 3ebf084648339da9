"""The published JSON Schemas say what the contracts say: both read the same of every event."""

import copy
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contracts import json_schema
from contracts.catalogue import contracts, find
from contracts.envelope import Contract, EnvelopeError, parse
from contracts.examples import example, example_wire

LARGE = 2**31
STRANGE = [None, True, 5, -1, LARGE, 1.5, "", " ", "x", "a\x00b", "robot", [], [5], {}, {"odd": 1}]
ABSENT = object()
BY_TYPE = pytest.mark.parametrize("contract", contracts(), ids=lambda item: item.type)


VALIDATORS = {
    item.data_class: Draft202012Validator(json_schema.document(item)) for item in contracts()
}


def validator(contract: Contract) -> Draft202012Validator:
    return VALIDATORS[contract.data_class]


def is_kept(contract: Contract, data: Any) -> bool:
    """Whether the house itself takes the data."""
    try:
        parse({**example_wire(contract), "data": data})
    except EnvelopeError:
        return False
    return True


def places(schema: dict[str, Any], path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every field of a schema, of nested objects and of first items of lists."""
    for name, inner in schema.get("properties", {}).items():
        yield (*path, name)
        yield from places(inner, (*path, name))
    if "items" in schema:
        yield (*path, 0)
        yield from places(schema["items"], (*path, 0))


def at(schema: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    for name in path:
        schema = schema["items"] if name == 0 else schema["properties"][name]
    return schema


def changed(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return the data with another value at a path, its parents made where they are missing."""
    made = copy.deepcopy(data)
    inner = made
    for name, following in itertools.pairwise(path):
        empty: Any = [] if following == 0 else {}
        if name == 0 and not inner:
            inner.append(empty)
        inner = inner[0] if name == 0 else inner.setdefault(name, empty)
    if path[-1] == 0:
        inner[:1] = [] if value is ABSENT else [value]
    elif value is ABSENT:
        inner.pop(path[-1], None)
    else:
        inner[path[-1]] = value
    return made


def mutants(contract: Contract) -> Iterator[tuple[str, Any]]:
    """Yield data that differ from the golden example in one place, each with what was done."""
    schema = json_schema.document(contract)
    data = example_wire(contract)["data"]
    yield "unknown field", {**data, "surprise": 1}
    for path in places(schema):
        longest = at(schema, path).get("maxLength", 500)
        values = [*STRANGE, "x" * longest, "x" * (longest + 1), *at(schema, path).get("enum", [])]
        for value in [ABSENT, *values]:
            shown = "absent" if value is ABSENT else repr(value)[:40]
            yield f"{path}: {shown}", changed(data, path, value)


@BY_TYPE
def test_it_is_a_valid_schema_that_takes_its_golden_example(contract):
    document = json_schema.document(contract)
    Draft202012Validator.check_schema(document)
    validator(contract).validate(example_wire(contract)["data"])


@BY_TYPE
def test_it_takes_what_the_contract_writes(contract):
    validator(contract).validate(example(contract).to_wire()["data"])


@BY_TYPE
def test_it_gives_the_same_verdict_as_the_contract_on_every_mutant(contract):
    verdicts = [
        (done, validator(contract).is_valid(data), is_kept(contract, data))
        for done, data in mutants(contract)
    ]
    assert [one for one in verdicts if one[1] != one[2]] == []
    assert {kept for _, _, kept in verdicts} == {True, False}


@pytest.mark.parametrize(
    ("event_type", "changes"),
    [
        ("event_announced", {"ends_at": "2022-03-15T13:00:00+06:00"}),
        ("event_held", {"started_at": "2022-03-15T14:00:00Z", "ended_at": "2022-03-15T13:00:00Z"}),
        ("client_registered", {"email": "somebody@nowhere"}),
        ("event_announced", {"url": "https://x"}),
        ("payment_received", {"received_on": "2022-02-30"}),
        ("inquiry_rated", {"score": 5.0}),
    ],
)
def test_it_leaves_to_the_house_what_no_schema_can_say(event_type, changes):
    contract = find(event_type)
    data = {**example_wire(contract)["data"], **changes}
    assert validator(contract).is_valid(data)
    assert not is_kept(contract, data)


@pytest.mark.parametrize(
    ("event_type", "changes"),
    [
        ("client_registered", {"municipality": " " * 600 + "Кызыл-Туу"}),
        ("event_announced", {"starts_at": "20220315T140000+0600", "ends_at": None}),
    ],
)
def test_it_is_stricter_than_the_house_only_in_spelling(event_type, changes):
    contract = find(event_type)
    data = {**example_wire(contract)["data"], **changes}
    assert is_kept(contract, data)
    assert not validator(contract).is_valid(data)


@BY_TYPE
def test_it_takes_the_whole_golden_event_and_what_the_house_sends(contract):
    schema = json_schema.event_schema(contract, json_schema.data_schema(contract))
    checks = Draft202012Validator(schema)
    checks.validate(example_wire(contract))
    checks.validate(example(contract).to_wire())
    assert not checks.is_valid({**example_wire(contract), "favouritecolour": "blue"})


@BY_TYPE
def test_it_bears_the_name_that_events_carry(contract):
    assert json_schema.document(contract)["$id"] == example(contract).to_wire()["dataschema"]


@BY_TYPE
def test_it_marks_the_personal_fields_and_no_others(contract):
    schema = json_schema.document(contract)
    marked = {
        ".".join(str(name) for name in path)
        for path in places(schema)
        if at(schema, path).get("x-personal")
    }
    assert marked == set(contract.personal)


def test_it_uses_only_expressions_that_every_language_knows():
    written = json.dumps([json_schema.document(contract) for contract in contracts()])
    patterns = set(re.findall(r'"pattern": "((?:[^"\\\\]|\\\\.)*)"', written))
    assert len(patterns) > 8
    assert [one for one in patterns if re.search(r"\(\?|\\\\[upPAZzQk0-9]", one)] == []


def test_it_has_a_rule_only_for_classes_that_exist():
    names = {contract.data_class.__name__ for contract in contracts()}
    assert set(json_schema.RULES) <= {"Words", *names}
