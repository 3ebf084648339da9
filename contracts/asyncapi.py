"""AsyncAPI 3.0 of all events, generated: ``python -m contracts.asyncapi > docs/asyncapi.json``.

Which event is sent by whom, heard by whom, over which exchange and routing key or by which HTTP
operation, with the schemas and golden examples of the catalogue. The house is the application: it
receives what the portal sends.
"""

import json
import sys
from typing import Any

from contracts import json_schema
from contracts.catalogue import JOURNAL, contracts
from contracts.envelope import CORE, EXTENSIONS, Contract
from contracts.examples import example_wire

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LONGEST_BATCH = 1000
DOOR = "http.events"
ABOUT = """\
Everything that crosses a boundary of the house is a CloudEvent 1.0. The portal sends its events to
`POST /v1/events` of the gateway, in any of the three forms of the HTTP binding; the gateway answers
202 after the broker's confirm. Inside, each emitter has one topic exchange, the event's type is the
routing key, and the body is the structured form. Events come at least once and in no promised
order: `source` and `id` together are the identity of a fact. Fields marked `x-personal` are
personal data."""

Part = dict[str, Any]


def document() -> Part:
    """Return the whole document as plain JSON values."""
    every = contracts()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Aymak",
            "version": "1",
            "description": ABOUT,
            "license": {"name": "MIT"},
        },
        "defaultContentType": STRUCTURED,
        "servers": _servers(),
        "channels": {DOOR: _door(), **{_channel_name(item): _channel(item) for item in every}},
        "operations": {"gateway.receive": _entry(), **_operations(every)},
        "components": {
            "securitySchemes": {
                "ApiKey": {"type": "http", "scheme": "bearer", "description": "The portal's key."}
            },
            "schemas": _schemas(every),
            "messages": _messages(every),
        },
    }


def _ref(*path: str) -> Part:
    return {"$ref": "#/" + "/".join(path)}


def _servers() -> Part:
    """Return where events are sent: addresses are the installation's own, hence variables."""
    return {
        "gateway": {
            "host": "{host}",
            "protocol": "http",
            "description": "The gateway; behind TLS where it is reached from outside.",
            "variables": {"host": {"default": "127.0.0.1:8000"}},
            "security": [_ref("components", "securitySchemes", "ApiKey")],
        },
        "broker": {
            "host": "{broker}",
            "protocol": "amqp",
            "protocolVersion": "0-9-1",
            "description": "RabbitMQ, inside the house only.",
            "variables": {"broker": {"default": "127.0.0.1:5672"}},
        },
    }


def message_name(contract: Contract) -> str:
    """Return the name of an event's message: ``client_registered.v1``."""
    return f"{contract.type}.v{contract.version}"


def _channel_name(contract: Contract) -> str:
    return f"{contract.emitter}.{message_name(contract)}"


def _door() -> Part:
    forms = ("", ".binary")
    names = [message_name(item) + form for item in contracts("portal") for form in forms]
    return {
        "address": "/v1/events",
        "title": "The portal's events over HTTP",
        "servers": [_ref("servers", "gateway")],
        "messages": {name: _ref("components", "messages", name) for name in [*names, "batch"]},
    }


def _channel(contract: Contract) -> Part:
    exchange = {
        "name": f"{contract.emitter}.events",
        "type": "topic",
        "durable": True,
        "autoDelete": False,
        "vhost": "/",
    }
    name = message_name(contract)
    return {
        "address": contract.type,
        "title": f"{contract.type} of {contract.emitter}",
        "servers": [_ref("servers", "broker")],
        "messages": {name: _ref("components", "messages", name)},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
    }


def _entry() -> Part:
    return {
        "action": "receive",
        "channel": _ref("channels", DOOR),
        "title": "POST /v1/events",
        "summary": "One event in structured or binary form, or a batch; see /v1/openapi.json.",
        "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
        "tags": [{"name": "gateway"}],
    }


def _operations(every: list[Contract]) -> Part:
    found = {}
    for item in every:
        sender = "gateway" if item.emitter == "portal" else item.emitter
        found[f"{sender}.send.{message_name(item)}"] = _operation("send", sender, item)
        for listener in sorted({*item.listeners, JOURNAL}):
            name = f"{listener}.receive.{message_name(item)}"
            found[name] = _operation("receive", listener, item)
    return found


def _operation(action: str, service: str, contract: Contract) -> Part:
    channel = _channel_name(contract)
    bindings: Part = {"deliveryMode": 2, "mandatory": True} if action == "send" else {"ack": True}
    return {
        "action": action,
        "channel": _ref("channels", channel),
        "messages": [_ref("channels", channel, "messages", message_name(contract))],
        "bindings": {"amqp": {**bindings, "bindingVersion": "0.3.0"}},
        "tags": [{"name": service}],
    }


def _schemas(every: list[Contract]) -> Part:
    found: Part = {}
    for item in every:
        name = item.data_class.__name__
        found[name] = json_schema.data_schema(item)
        data = _ref("components", "schemas", name)
        found[f"{name}Event"] = json_schema.event_schema(item, data)
    return found


def _messages(every: list[Contract]) -> Part:
    found = {message_name(item): _structured(item) for item in every}
    for item in contracts("portal"):
        found[f"{message_name(item)}.binary"] = _binary(item)
    return {**found, "batch": _batch()}


def _structured(contract: Contract) -> Part:
    return {
        **_named(contract),
        "contentType": STRUCTURED,
        "payload": _ref("components", "schemas", f"{contract.data_class.__name__}Event"),
        "bindings": {"amqp": {"contentEncoding": "utf-8", "bindingVersion": "0.3.0"}},
        "examples": [{"name": "golden", "payload": example_wire(contract)}],
    }


def _binary(contract: Contract) -> Part:
    """Return the binary form: attributes in ``ce-`` headers, the body is the data alone."""
    names = [name for name in (*CORE, *EXTENSIONS) if name != "datacontenttype"]
    headers: Part = {f"ce-{name}": {"type": "string"} for name in names}
    headers["ce-specversion"] = {"type": "string", "const": "1.0"}
    headers["ce-type"] = {"type": "string", "const": contract.type}
    wire = example_wire(contract)
    sent = {f"ce-{name}": wire[name] for name in names if name in wire}
    return {
        **_named(contract),
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "required": ["ce-specversion", "ce-id", "ce-source", "ce-type"],
            "properties": headers,
        },
        "payload": _ref("components", "schemas", contract.data_class.__name__),
        "examples": [{"name": "golden", "headers": sent, "payload": wire["data"]}],
    }


def _named(contract: Contract) -> Part:
    summary, _, rest = (contract.data_class.__doc__ or "").strip().partition("\n")
    described = {"description": rest.strip()} if rest.strip() else {}
    return {"name": contract.type, "title": contract.type, "summary": summary, **described}


def _batch() -> Part:
    names = [f"{item.data_class.__name__}Event" for item in contracts("portal")]
    return {
        "name": "batch",
        "title": "A batch of events",
        "summary": f"At most {LONGEST_BATCH} events; each is answered by its own result.",
        "contentType": BATCH,
        "payload": {
            "type": "array",
            "maxItems": LONGEST_BATCH,
            "items": {"anyOf": [_ref("components", "schemas", name) for name in names]},
        },
    }


def text() -> str:
    """Return the document as it is committed."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
