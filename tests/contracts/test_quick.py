"""Compiled contracts: marshmallow's own verdict and values, or no verdict at all."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from marshmallow import ValidationError

from contracts.catalogue import contracts
from contracts.examples import example_wire
from contracts.quick import Odd

# What may stand where something else is expected.
STRANGE: tuple[Any, ...] = (
    None,
    "",
    "  two   words\t",
    "два\nстроки",
    "e\u0301",
    "nul\x00",
    "x" * 501,
    0,
    3,
    2.5,
    True,
    False,
    [],
    [None],
    ["citizens"],
    {},
    {"surname": "Асанов"},
    {"ru": "Имя"},
    "person",
    "2022-01-01",
    "2022-01-01T00:00:00",
    "2022-01-01T00:00:00Z",
    "2022-01-01T00:00:00.5+06:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "10.00",
    "a@example.org",
    "https://example.org/x",
)


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each container and key inside of ``data``."""
    keys = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    for key in list(keys):
        yield data, key
        yield from places(data[key])


def variants(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the data with each place once taken away, once doubted, and with an unknown field."""
    whole = copy.deepcopy(data)
    yield copy.deepcopy(whole)
    yield {**copy.deepcopy(whole), "unknown": 1}
    for container, key in places(whole):
        kept = container[key]
        for strange in STRANGE:
            container[key] = strange
            yield copy.deepcopy(whole)
        container[key] = kept
        if isinstance(container, dict):
            del container[key]
            yield copy.deepcopy(whole)
            container[key] = kept


@pytest.mark.parametrize("contract", contracts(), ids=lambda item: f"{item.emitter}.{item.type}")
def test_it_says_what_marshmallow_says_or_nothing(contract):
    accepted = 0
    for data in variants(example_wire(contract)["data"]):
        try:
            quickly = contract.quick.load(copy.deepcopy(data))
        except Odd:
            continue
        try:
            slowly = contract.schema.load(data)
        except ValidationError as problem:
            pytest.fail(f"{data} is accepted, though: {problem}")
        assert quickly == slowly
        assert contract.quick.dump(quickly) == without_none(contract.schema.dump(slowly))
        assert contract.quick.tidy(data) == contract.quick.dump(quickly)
        accepted += 1
    assert accepted > 5


@pytest.mark.parametrize("contract", contracts(), ids=lambda item: f"{item.emitter}.{item.type}")
def test_it_reads_the_golden_examples_by_itself(contract):
    contract.quick.load(example_wire(contract)["data"])


@pytest.mark.parametrize("contract", contracts(), ids=lambda item: f"{item.emitter}.{item.type}")
def test_it_tidies_nothing_that_it_does_not_read(contract):
    for data in variants(example_wire(contract)["data"]):
        try:
            contract.quick.tidy(data)
        except Odd:
            continue
        contract.quick.load(data)


def without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [without_none(item) for item in value]
    return value
