"""JSON Schema (2020-12) of the data of each event, read off the very fields that validate it.

What is published is what a sender should write. The house itself is more patient in two things: it
counts a line after folding its white space, and reads a few more spellings of ISO 8601. What no
JSON Schema can say (an end before its start, a real e-mail domain) only the house says.
"""

from typing import Any

from marshmallow import Schema, fields, missing, validate

from contracts.envelope import CORE, EXTENSIONS, LONGEST, SCHEMA_BASE, SPEC_VERSION, Contract
from contracts.examples import example_wire
from contracts.fields import (
    AmountField,
    AwareField,
    EmailField,
    FlagField,
    LineField,
    TextField,
    UrlField,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MEDIA_TYPE = "application/schema+json"
PERSONAL = "x-personal"
INSTANT = (
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?"
    "(Z|[+-][0-9]{2}:[0-9]{2})$"
)
# Patterns keep to what every language's expressions know (no look-ahead, no \u) and never go back.
# Something that is not blank, and no control characters; a line may be given with line breaks.
LINE = r"^\s*[^\s\x00-\x08\x0e-\x1b\x7f][^\x00-\x08\x0e-\x1b\x7f]*$"
TEXT = r"^\s*[^\s\x00-\x1f\x7f][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
# An attribute of an event is one line as it is.
ATTRIBUTE = r"^[^\x00-\x1f\x7f-\x9f]*$"
# How Python writes the end of a text, which JSON Schema calls ``$``.
END = r"\Z"
UUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"

Fragment = dict[str, Any]
# By field class; the nearest one of a field's bases counts.
FRAGMENTS: dict[type[fields.Field[Any]], Fragment] = {
    fields.String: {"type": "string"},
    LineField: {"type": "string", "pattern": LINE},
    TextField: {"type": "string", "pattern": TEXT},
    EmailField: {"type": "string", "format": "email", "pattern": r"^[^@\s]+@[^@\s]+$"},
    UrlField: {"type": "string", "format": "uri", "pattern": r"^[hH][tT][tT][pP][sS]?://\S+$"},
    AwareField: {"type": "string", "format": "date-time", "pattern": INSTANT},
    fields.Date: {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    AmountField: {
        "type": "string",
        "pattern": r"^[0-9]{1,13}(\.[0-9]{1,2})?$",
        "not": {"type": "string", "pattern": r"^[0.]+$"},
    },
    fields.UUID: {"type": "string", "format": "uuid", "pattern": UUID},
    fields.Integer: {"type": "integer"},
    FlagField: {"type": "boolean"},
}


def _given(name: str, inner: Fragment | None = None) -> Fragment:
    """Say that a field is there and is not null."""
    return {"required": [name], "properties": {name: inner or {"not": {"type": "null"}}}}


def _when(kind: str, name: Fragment) -> Fragment:
    """Say what ``name`` has to be for one ``kind`` of client."""
    return {
        "if": {"required": ["kind"], "properties": {"kind": {"const": kind}}},
        "then": {"properties": {"name": name}},
    }


SOME_LANGUAGE: Fragment = {"anyOf": [_given("ru"), _given("ky"), _given("en")]}
NO_PERSON: Fragment = {
    "properties": {part: {"type": "null"} for part in ("surname", "name", "patronymic")}
}
# What the methods marked ``validates_schema`` say of several fields, by the name of their class; a
# test compares the two.
RULES: dict[str, Fragment] = {
    "Words": SOME_LANGUAGE,
    "ClientRegisteredV1": {
        "allOf": [
            _when("person", _given("surname")),
            _when("organisation", {**SOME_LANGUAGE, **NO_PERSON}),
        ]
    },
    "EventAttendedV1": {
        "anyOf": [
            _given("client_ref"),
            _given(
                "attendee",
                {"type": "object", "anyOf": [_given("display_name"), _given("email")]},
            ),
        ]
    },
    "InquiryOpenedV1": {"anyOf": [_given("client_ref"), _given("contact", {"type": "object"})]},
}


def schema_uri(contract: Contract) -> str:
    """Return the ``dataschema`` of an event, which is the ``$id`` of the schema of its data."""
    return f"{SCHEMA_BASE}/{contract.type}/{contract.version}"


def document(contract: Contract) -> Fragment:
    """Return the schema of an event's data as a document of its own, with the golden example."""
    return {
        "$schema": DIALECT,
        "$id": schema_uri(contract),
        **data_schema(contract),
        "examples": [example_wire(contract)["data"]],
    }


def data_schema(contract: Contract) -> Fragment:
    """Return the schema of an event's data; personal fields are marked ``x-personal``."""
    found = _object(contract.schema)
    for path in contract.personal:
        marked = found
        for name in path.split("."):
            marked = marked["properties"][name]
        marked[PERSONAL] = True
    about = (contract.data_class.__doc__ or "").strip()
    return {"title": contract.data_class.__name__, "description": about, **found}


def event_schema(contract: Contract, data: Fragment) -> Fragment:
    """Return the schema of a whole event in structured form around the schema of its data."""
    text = {"type": "string", "pattern": ATTRIBUTE, "maxLength": 500}
    instant = FRAGMENTS[AwareField]
    named = {
        **{name: text for name in (*CORE, *EXTENSIONS)},
        **{name: text | {"minLength": 1, "maxLength": most} for name, most in LONGEST.items()},
        "specversion": {"const": SPEC_VERSION},
        "type": {"const": contract.type},
        "time": instant,
        "dataschema": {"const": schema_uri(contract)},
        "recordedtime": instant,
        "sequence": {"type": "string", "pattern": "^[0-9]{1,18}$"},
    }
    # The standard lets a trace state be as long as it likes, and it is never kept.
    named["tracestate"] = {"type": "string"}
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {**named, "data": data},
        "additionalProperties": False,
    }


def _object(schema: Schema) -> Fragment:
    rules = RULES.get(type(schema).__name__, {})
    needed = [name for name, field in schema.fields.items() if field.required]
    return {
        "type": "object",
        **({"required": needed} if needed else {}),
        "properties": {name: _field(field) for name, field in schema.fields.items()},
        "additionalProperties": False,
        **rules,
    }


def _field(field: fields.Field[Any]) -> Fragment:
    found = _value(field)
    if field.allow_none:
        found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    default = field.load_default
    if default is not missing and default is not None and not callable(default):
        found["default"] = default
    return found


def _value(field: fields.Field[Any]) -> Fragment:
    if isinstance(field, fields.Nested):
        schema = field.schema
        assert isinstance(schema, Schema)
        return _object(schema)
    # A list of marshmallow's own, or the one that marshmallow-dataclass brings.
    inner = getattr(field, "inner", None)
    if inner is not None:
        return {"type": "array", "items": _field(inner)}
    nearest = next(kind for kind in type(field).__mro__ if kind in FRAGMENTS)
    found = dict(FRAGMENTS[nearest])
    for validator in field.validators:
        found |= _bounds(validator, found["type"])
    return found


def _bounds(validator: Any, kind: str) -> Fragment:
    """Return what one of marshmallow's validators says; our own functions say nothing here."""
    bounds: Fragment = {}
    if isinstance(validator, validate.Length):
        bounds = {"minLength": validator.min, "maxLength": validator.max}
    elif isinstance(validator, validate.Range) and kind == "integer":
        bounds = {"minimum": validator.min, "maximum": validator.max}
    elif isinstance(validator, validate.OneOf):
        bounds = {"enum": list(validator.choices)}
    elif isinstance(validator, validate.Regexp):
        bounds = {"pattern": f"^{str(validator.regex.pattern).removesuffix(END)}$"}
    return {name: value for name, value in bounds.items() if value is not None}
