"""The OpenAPI 3.1 document, made of the route declarations and the schemas that validate."""

import re
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from contracts import catalogue
from gateway import answers, policy
from gateway.events import BATCH, STRUCTURED
from gateway.routes import Answer, Spec, specs

VERSION = "1"
PATH_VALUE = re.compile(r"<(?:(?P<kind>\w+)(?:\((?P<options>[^)]*)\))?:)?(?P<name>\w+)>")
PROBLEM = "application/problem+json"
STATUSES = {
    400: "The request cannot be understood.",
    401: "Nobody is signed in.",
    403: "The caller may not do this.",
    404: "There is no such thing.",
    409: "The state of the thing does not allow it.",
    412: "It was changed since it was read.",
    413: "The body is too large.",
    414: "The address is too long.",
    415: "The content type is not taken.",
    422: "Wrong input; each wrong field is named.",
    428: "If-Match is missing: read the thing first.",
    429: "Too many attempts; Retry-After says when to try again.",
    503: "A part is away; Retry-After says when to try again.",
}
RETRIES = (429, 503)


def document(service: type) -> dict[str, Any]:
    """Return the document of all routes of ``service``; made once."""
    if service not in _made:
        _made[service] = _tidy(_build(service))
    return _made[service]


_made: dict[type, dict[str, Any]] = {}


def _tidy(value: Any) -> Any:
    """Drop numeric bounds of values that travel as strings (amounts): JSON Schema has none."""
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    if not isinstance(value, dict):
        return value
    bounds = ("minimum", "maximum")
    return {
        key: _tidy(inner)
        for key, inner in value.items()
        if key not in bounds or not isinstance(inner, str)
    }


def _build(service: type) -> dict[str, Any]:
    made = APISpec(
        title="Aymak",
        version=VERSION,
        openapi_version="3.1.0",
        info={"description": "The client base of the Portal; see docs/ for the whole."},
        plugins=[MarshmallowPlugin(schema_name_resolver=_name)],
    )
    for name, scheme in (("ApiKey", "an API key"), ("Session", "the token of POST /v1/session")):
        made.components.security_scheme(
            name, {"type": "http", "scheme": "bearer", "description": scheme}
        )
    made.components.schema("Problem", schema=answers.Problem)
    _add_events(made)
    for name, spec, words in specs(service):
        made.path(
            path=path_of(spec.url), operations={spec.method.lower(): _operation(name, spec, words)}
        )
    found: dict[str, Any] = made.to_dict()
    return found


def path_of(url: str) -> str:
    """Return the OpenAPI form of a route's address: ``/v1/people/{person_id}``."""
    return PATH_VALUE.sub(r"{\g<name>}", url)


def _name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return str(kind.__name__.removesuffix("Schema"))


def _operation(name: str, spec: Spec, words: str) -> dict[str, Any]:
    summary, _, description = words.partition("\n")
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "tags": [_tag(spec.url)],
        "parameters": [*_path_values(spec.url), {"in": "query", "schema": spec.query}],
        "responses": _responses(spec),
    }
    operation["parameters"] += [_header(header) for header in spec.headers]
    if description.strip():
        operation["description"] = description.strip()
    if spec.access != "open":
        roles = policy.roles_of(spec.access)
        schemes = {"ApiKey" if role == policy.PORTAL else "Session" for role in roles}
        operation |= {"security": [{name: []} for name in sorted(schemes)], "x-roles": roles}
    if spec.body is not None:
        operation["requestBody"] = _json_body(spec.body)
    if spec.url == "/v1/events":
        operation["requestBody"] = _event_body()
        _add_batches(operation["responses"])
    return operation


def _tag(url: str) -> str:
    parts = url.strip("/").split("/")
    return parts[1] if parts[0] == "v1" else "operations"


def _path_values(url: str) -> list[dict[str, Any]]:
    return [
        {"in": "path", "name": found["name"], "required": True, "schema": _path_schema(found)}
        for found in PATH_VALUE.finditer(url)
    ]


def _path_schema(found: re.Match[str]) -> dict[str, Any]:
    if found["kind"] == "uuid":
        return {"type": "string", "format": "uuid"}
    if found["kind"] == "any":
        return {"type": "string", "enum": found["options"].split(",")}
    return {"type": "string"}


def _header(name: str) -> dict[str, Any]:
    required = name == "If-Match"
    return {"in": "header", "name": name, "required": required, "schema": {"type": "string"}}


def _json_body(schema: Schema) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _responses(spec: Spec) -> dict[str, Any]:
    problems = {
        str(status): {
            "description": STATUSES[status],
            "content": {PROBLEM: {"schema": "Problem"}},
            **({"headers": {"Retry-After": _integer()}} if status in RETRIES else {}),
        }
        for status in spec.problems
    }
    found = {**problems, **{str(key): _answer(value) for key, value in spec.answers.items()}}
    return dict(sorted(found.items()))


def _add_batches(responses: dict[str, Any]) -> None:
    """Add what a batch is answered: a result for each event, also where none was accepted."""
    single = responses["202"]["content"]["application/json"]
    single["schema"] = {"anyOf": [single["schema"], answers.BatchResult]}
    responses["422"]["content"]["application/json"] = {"schema": answers.BatchResult}


def _answer(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = {"description": answer.description}
    schema: Any = answer.schema or {"type": "string"}
    if answer.masked:
        schema = {"anyOf": [schema, answer.masked]}
    if answer.media:
        found["content"] = {media: {"schema": schema} for media in answer.media}
    if answer.headers:
        found["headers"] = {name: {"schema": {"type": "string"}} for name in answer.headers}
    return found


def _integer() -> dict[str, Any]:
    return {"schema": {"type": "integer"}}


def _add_events(made: APISpec) -> None:
    """Add the data of every portal event, and the envelope around them."""
    contracts = catalogue.contracts("portal")
    for contract in contracts:
        made.components.schema(contract.data_class.__name__, schema=contract.schema)
    reference = "#/components/schemas/"
    text = {"type": "string", "minLength": 1}
    made.components.schema(
        "CloudEvent",
        {
            "type": "object",
            "required": ["specversion", "id", "source", "type", "data"],
            "properties": {
                "specversion": {"const": "1.0"},
                "id": {**text, "maxLength": 128},
                "source": {**text, "format": "uri"},
                "type": {"enum": [contract.type for contract in contracts]},
                "time": {"type": "string", "format": "date-time"},
                "subject": text,
                "dataschema": text,
                "datacontenttype": text,
                "data": {
                    "anyOf": [
                        {"$ref": f"{reference}{contract.data_class.__name__}"}
                        for contract in contracts
                    ]
                },
            },
        },
    )


def _event_body() -> dict[str, Any]:
    event = {"$ref": "#/components/schemas/CloudEvent"}
    return {
        "required": True,
        "content": {
            STRUCTURED: {"schema": event},
            BATCH: {"schema": {"type": "array", "items": event, "maxItems": 1000}},
            "application/json": {
                "schema": {"type": "object"},
                # Binary form: the attributes are ce-* headers, the body is the data alone.
            },
        },
    }
