"""The envelope of every fact: CloudEvents 1.0 (contracts.md §1).

``event()`` declares a contract, ``Event`` carries one fact, ``parse()`` reads the structured JSON
form and refuses what the contract does not allow, ``Event.to_wire()`` writes it.
"""

import builtins
import hashlib
import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from marshmallow import Schema, ValidationError
from marshmallow_dataclass import class_schema

from contracts.attributes import is_name, is_short_text
from contracts.fields import ContractSchema, unknown_field
from contracts.quick import Odd, Quick, compiled

D = TypeVar("D")
C = TypeVar("C", bound=type)

SPEC_VERSION = "1.0"
SCHEMA_BASE = "https://aymak.example/schemas"
CORE = ("specversion", "id", "source", "type", "time", "subject", "dataschema", "datacontenttype")
EXTENSIONS = (
    "recordedtime",
    "sequence",
    "actor",
    "correlationid",
    "causationid",
    "traceparent",
    "tracestate",
)
DECLARED = frozenset({*CORE, *EXTENSIONS, "data"})
# How `Event` calls the attributes of plain text that may be absent.
OPTIONAL = {
    "subject": "subject",
    "actor": "actor",
    "correlation_id": "correlationid",
    "causation_id": "causationid",
    "traceparent": "traceparent",
}
TEXTS = frozenset({"dataschema", *OPTIONAL.values()})
# The longest name of a fact, in characters.
LONGEST = {"id": 128, "source": 500, "type": 100}


@dataclass(frozen=True, slots=True)
class Contract:
    """What the catalogue knows of one event type: its emitter, name, version and listeners."""

    emitter: str
    type: str
    version: int
    listeners: frozenset[str]
    personal: tuple[str, ...]
    data_class: builtins.type
    schema: Schema
    quick: Quick
    # What ``dataschema`` says.
    address: str

    @property
    def example_name(self) -> str:
        """The file name of the golden example."""
        return f"{self.emitter}.{self.type}.v{self.version}.json"


REGISTRY: dict[type, Contract] = {}
BY_NAME: dict[tuple[str, int], Contract] = {}


def event(
    emitter: str, *, listeners: tuple[str, ...] = (), personal: tuple[str, ...] = ()
) -> Callable[[C], C]:
    """Declare the decorated dataclass as the data of an event emitted by ``emitter``.

    The type and version come from the class name: ``ClientAddedV1`` is ``client_added``, 1.
    ``listeners`` are the services that handle it (the journal hears everything and is not named);
    ``personal`` are dotted paths of personal fields, left out of logs, errors and the journal.
    """

    def declare(data_class: C) -> C:
        match = re.fullmatch(r"(\w+?)V(\d+)", data_class.__name__)
        if match is None:
            raise TypeError(f"{data_class.__name__} does not end in its version")
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", match[1]).lower()
        schema = class_schema(data_class, base_schema=ContractSchema)()
        about = (emitter, name, int(match[2]), frozenset(listeners), personal)
        address = f"{SCHEMA_BASE}/{name}/{match[2]}"
        contract = Contract(*about, data_class, schema, compiled(data_class, schema), address)
        REGISTRY[data_class] = BY_NAME[name, contract.version] = contract
        return data_class

    return declare


class EnvelopeError(ValueError):
    """An event that is refused; ``fields`` maps dotted paths to messages, ``code`` says why."""

    def __init__(self, code: str, fields: dict[str, list[str]]) -> None:
        super().__init__(f"{code}: {fields}")
        self.code = code
        self.fields = fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Generic[D]):
    """One fact with its envelope; ``time`` and ``recorded_at`` are aware, in UTC."""

    id: str
    source: str
    time: datetime
    data: D
    subject: str | None = None
    recorded_at: datetime | None = None
    sequence: int | None = None
    actor: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None

    @property
    def contract(self) -> Contract:
        """The contract of this event's data."""
        return REGISTRY[type(self.data)]

    @property
    def type(self) -> str:
        """The event's name, ``subject_verbed``."""
        return self.contract.type

    def to_wire(self) -> dict[str, Any]:
        """Return the structured JSON form; attributes that are not set are left out."""
        contract = self.contract
        wire: dict[str, Any] = {
            "specversion": SPEC_VERSION,
            "id": self.id,
            "source": self.source,
            "type": contract.type,
            "time": self.time.astimezone(UTC).isoformat(),
            "dataschema": contract.address,
            "datacontenttype": "application/json",
        }
        if self.recorded_at is not None:
            wire["recordedtime"] = self.recorded_at.astimezone(UTC).isoformat()
        if self.sequence is not None:
            wire["sequence"] = str(self.sequence)
        for attribute, name in OPTIONAL.items():
            if (value := getattr(self, attribute)) is not None:
                wire[name] = value
        wire["data"] = contract.quick.dump(self.data)
        return wire


def dump(data: object) -> dict[str, Any]:
    """Return contract data as plain JSON values, without the fields that are empty."""
    return REGISTRY[type(data)].quick.dump(data)


def parse(wire: object) -> Event[Any]:
    """Read the structured form of any version and type of the catalogue.

    Raises :class:`EnvelopeError` with one entry for each wrong field: an unknown type or version,
    a missing or wrong attribute, an extension or a data field that nobody declared.
    """
    if not isinstance(wire, dict):
        raise EnvelopeError("not_an_event", {"": ["An event is a JSON object."]})
    errors = _attribute_errors(wire)
    contract = find_contract(wire, errors)
    data: Any = None
    if contract is not None:
        data = _load_data(contract, wire.get("data"), errors)
    time = _instant(wire, "time", errors)
    recorded = _instant(wire, "recordedtime", errors)
    sequence = _sequence(wire, errors)
    if errors:
        code = "unknown_type" if "type" in errors and contract is None else "invalid_event"
        raise EnvelopeError(code, errors)
    assert time is not None
    return Event(
        id=wire["id"],
        source=wire["source"],
        time=time,
        data=data,
        recorded_at=recorded,
        sequence=sequence,
        **{attribute: wire.get(name) for attribute, name in OPTIONAL.items()},
    )


def fingerprint(wire: dict[str, Any]) -> str:
    """Return the sha256 of what makes two sendings of one id the same fact.

    ``recordedtime`` and tracing differ between two sendings of one fact and stay out; so does a
    ``time`` that the gateway set because the sender gave none.
    """
    given_time = wire.get("time") if wire.get("time") != wire.get("recordedtime") else None
    same = [wire.get("type"), wire.get("dataschema"), given_time, wire.get("subject")]
    text = json.dumps([*same, wire.get("data")], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _attribute_errors(wire: dict[str, Any]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if wire.get("specversion") != SPEC_VERSION:
        errors["specversion"] = ["Must be 1.0."]
    for name, longest in LONGEST.items():
        if wire.get(name) is None:
            errors[name] = ["Missing data for required field."]
        elif not is_name(wire[name], longest):
            errors[name] = [f"Length must be between 1 and {longest}."]
    for name in TEXTS & wire.keys():
        if not is_short_text(wire[name]):
            errors[name] = ["Not a valid string."]
    for name in wire.keys() - DECLARED:
        errors[str(name)] = [unknown_field(DECLARED)]
    return errors


def find_contract(wire: dict[str, Any], errors: dict[str, list[str]]) -> Contract | None:
    """Return the contract that ``type`` and ``dataschema`` name, or say in ``errors`` why not."""
    name = wire.get("type")
    if not isinstance(name, str) or (name, 1) not in BY_NAME:
        errors.setdefault("type", ["Unknown event type."])
        return None
    schema, first = wire.get("dataschema"), BY_NAME[name, 1]
    if schema is None or schema == first.address:
        return first
    match = re.search(r"/([a-z_]+)/(\d{1,4})$", schema) if isinstance(schema, str) else None
    found = BY_NAME.get((match[1], int(match[2]))) if match and match[1] == name else None
    if found is None:
        errors["dataschema"] = ["Unknown version of this event type."]
    return found


def _load_data(contract: Contract, data: object, errors: dict[str, list[str]]) -> Any:
    if not isinstance(data, dict):
        errors["data"] = ["Must be a JSON object."]
        return None
    with suppress(Odd):
        return contract.quick.load(data)
    try:
        return contract.schema.load(data)
    except ValidationError as problem:
        flatten(problem.messages, "data", errors)
        return None


def flatten(messages: Any, path: str, errors: dict[str, list[str]]) -> None:
    """Turn marshmallow's nested messages into dotted paths (contracts.md §5, ``problem``)."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            deeper = path if key == "_schema" else f"{path}.{key}" if path else str(key)
            flatten(inner, deeper, errors)
    elif isinstance(messages, list):
        for message in messages:
            if isinstance(message, dict):
                flatten(message, path, errors)
            else:
                errors.setdefault(path, []).append(str(message))
    else:
        errors.setdefault(path, []).append(str(messages))


def _instant(wire: dict[str, Any], name: str, errors: dict[str, list[str]]) -> datetime | None:
    value = wire.get(name)
    if value is None:
        if name == "time":
            errors[name] = ["Missing data for required field."]
        return None
    try:
        parsed = datetime.fromisoformat(value)
        # Near the years 1 and 9999 the offset leads out of the calendar: OverflowError.
        instant = parsed.astimezone(UTC) if parsed.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        instant = None
    if instant is None:
        errors[name] = ["Not a valid aware datetime."]
    return instant


def _sequence(wire: dict[str, Any], errors: dict[str, list[str]]) -> int | None:
    value = wire.get("sequence")
    if value is None:
        return None
    if not isinstance(value, str | int) or not re.fullmatch(r"\d{1,18}", str(value)):
        errors["sequence"] = ["Not a valid integer."]
        return None
    return int(value)
