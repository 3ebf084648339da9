"""The AsyncAPI document is one by its own schema, and says what the house really does."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from chassis import topology
from contracts import asyncapi, catalogue
from gateway import events, openapi
from gateway.service import GatewayService

DOCUMENT = asyncapi.document()
PORTAL = catalogue.contracts("portal")


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def resolve(reference: str) -> Any:
    found: Any = DOCUMENT
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


def test_it_is_a_valid_asyncapi_document(asyncapi_schema: dict[str, Any]) -> None:
    Draft7Validator(asyncapi_schema).validate(DOCUMENT)


@pytest.mark.parametrize(
    "path",
    [
        ("operations", "gateway.receive", "action"),
        ("channels", "portal.vote_cast.v1", "bindings", "amqp", "exchange", "type"),
        ("servers", "broker", "protocol"),
        ("info", "title"),
    ],
)
def test_it_would_be_refused_with_something_else(
    asyncapi_schema: dict[str, Any], path: tuple[str, ...]
) -> None:
    broken = copy.deepcopy(DOCUMENT)
    inner = broken
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = ["nonsense"]
    assert not Draft7Validator(asyncapi_schema).is_valid(broken)


def test_it_is_committed_as_it_is_generated() -> None:
    committed = Path(__file__).parents[2] / "docs" / "asyncapi.json"
    assert committed.read_text() == asyncapi.text(), (
        "run: python -m contracts.asyncapi > docs/asyncapi.json"
    )


def test_it_refers_only_to_what_it_holds() -> None:
    for reference in set(references(DOCUMENT)):
        assert isinstance(resolve(reference), dict)
    for name, operation in DOCUMENT["operations"].items():
        channel = operation["channel"]["$ref"]
        for message in operation.get("messages", []):
            assert message["$ref"].startswith(f"{channel}/messages/"), name


@pytest.mark.parametrize("name", list(DOCUMENT["components"]["messages"]))
def test_it_shows_messages_that_fit_their_own_schemas(name: str) -> None:
    message = DOCUMENT["components"]["messages"][name]
    assert name == "batch" or message["examples"]
    for example in message.get("examples", []):
        for part in {"payload", "headers"} & set(message):
            schema = {**message[part], "components": DOCUMENT["components"]}
            Draft202012Validator(schema).validate(example[part])


def test_it_takes_a_batch_of_all_golden_examples_and_no_event_of_the_house() -> None:
    messages = DOCUMENT["components"]["messages"]
    schema = {**messages["batch"]["payload"], "components": DOCUMENT["components"]}
    golden = [messages[asyncapi.message_name(item)]["examples"][0]["payload"] for item in PORTAL]
    assert Draft202012Validator(schema).is_valid(golden)
    ours = messages["client_added.v1"]["examples"][0]["payload"]
    assert not Draft202012Validator(schema).is_valid([ours])


@pytest.mark.parametrize("contract", catalogue.contracts(), ids=lambda item: item.type)
def test_it_names_the_exchange_and_the_key_of_the_topology(contract: Any) -> None:
    channel = DOCUMENT["channels"][f"{contract.emitter}.{contract.type}.v{contract.version}"]
    exchange, queue = topology.exchange_of(contract.emitter), topology.queue_of("any", contract)
    bound = channel["bindings"]["amqp"]["exchange"]
    assert (bound["name"], bound["type"]) == (exchange.name, exchange.type)
    assert (bound["durable"], bound["autoDelete"]) == (exchange.durable, exchange.auto_delete)
    assert channel["address"] == queue.routing_key


@pytest.mark.parametrize("service", catalogue.SERVICES)
def test_it_names_who_sends_and_who_receives(service: str) -> None:
    names = set(DOCUMENT["operations"])
    heard = catalogue.listened_to_by(service)
    if service == catalogue.JOURNAL:
        heard = catalogue.contracts()
    emitted = catalogue.contracts(service)
    assert {name for name in names if name.startswith(f"{service}.")} == {
        *(f"{service}.receive.{asyncapi.message_name(item)}" for item in heard),
        *(f"{service}.send.{asyncapi.message_name(item)}" for item in emitted),
    }


def test_it_says_of_the_door_what_the_gateway_does() -> None:
    assert (asyncapi.STRUCTURED, asyncapi.BATCH) == (events.STRUCTURED, events.BATCH)
    assert asyncapi.LONGEST_BATCH == events.LONGEST_BATCH
    assert DOCUMENT["channels"][asyncapi.DOOR]["address"] == "/v1/events"
    http = openapi.document(GatewayService)["components"]["securitySchemes"]
    ours = DOCUMENT["components"]["securitySchemes"]
    assert {name: http[name]["scheme"] for name in ours} == {"ApiKey": "bearer"}
