"""What events look like, for those who write a portal: JSON Schema of each, open to everybody.

The documents are made of the contracts that validate and change only with the code, so caches may
keep them and ask with If-None-Match.
"""

import json
from functools import cache
from typing import Any

from werkzeug.http import generate_etag
from werkzeug.wrappers import Response

from chassis.errors import NotFound
from chassis.settings import settings
from contracts import asyncapi, catalogue, json_schema
from contracts.envelope import Contract
from gateway import answers
from gateway.desk import Call, Desk
from gateway.routes import Answer, Spec, route

FRESH = "public, max-age=300"
SAME = Answer("What the caller has is still so.", media=(), headers=("ETag",))


def kept(description: str, schema: Any, media: str = "application/json") -> dict[int, Answer]:
    """Return the answers of a document that callers may keep."""
    headers = ("ETag", "Cache-Control")
    return {200: Answer(description, schema, media=(media,), headers=headers), 304: SAME}


class SchemasApi(Desk):
    """Routes of schemas."""

    @route(
        Spec(
            method="GET",
            url="/v1/schemas",
            access="open",
            answers=kept("All events.", answers.page(answers.EventSchema)),
        )
    )
    def list_schemas(self, call: Call) -> Response:
        """List every event of the house: who emits it, what it says, where its schema is.

        ``dataschema`` is the name that an event carries; ``schema`` is where it is read here.
        """
        items = [_listed(contract) for contract in catalogue.contracts()]
        return document(call, written({"items": items, "next": None, "total": len(items)}))

    @route(
        Spec(
            method="GET",
            url="/v1/schemas/<type>/<version>",
            access="open",
            answers=kept("JSON Schema 2020-12.", answers.Anything(), json_schema.MEDIA_TYPE),
            refuses=(404,),
        )
    )
    def get_schema(self, call: Call, type: str, version: str) -> Response:
        """Return the JSON Schema of an event's ``data``; ``$id`` is the event's ``dataschema``."""
        contract = find(type, version)
        text = written(json_schema.document(contract))
        return document(call, text, json_schema.MEDIA_TYPE)

    @route(
        Spec(
            method="GET",
            url="/v1/asyncapi.json",
            access="open",
            answers=kept("The AsyncAPI 3.0 document.", answers.Anything()),
        )
    )
    def get_asyncapi(self, call: Call) -> Response:
        """Return the AsyncAPI 3.0 document: every event, who sends it and who receives it."""
        return document(call, _asyncapi())


def find(type: str, version: str) -> Contract:
    """Return a contract by the words of an address; raises ``NotFound`` that names what exists."""
    versions = {str(item.version): item for item in catalogue.contracts() if item.type == type}
    if version in versions:
        return versions[version]
    if versions:
        field, known = "version", sorted(versions)
    else:
        field, known = "type", sorted(item.type for item in catalogue.contracts())
    message = f"Must be one of: {', '.join(known)}."
    raise NotFound("schema", f"{type}/{version}", fields={field: [message]})


def written(payload: object) -> bytes:
    """Return plain JSON values as the text of a document."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def document(call: Call, text: bytes, media: str = "application/json") -> Response:
    """Return a document with its ETag; 304 without it when the caller has the same."""
    response = Response(text, mimetype=media)
    response.set_etag(generate_etag(text))
    response.headers["Cache-Control"] = FRESH
    return response.make_conditional(call.request)


@cache
def _asyncapi() -> bytes:
    return written(asyncapi.document())


def _listed(contract: Contract) -> dict[str, Any]:
    about = (contract.data_class.__doc__ or "").strip().partition("\n")[0]
    return {
        "type": contract.type,
        "version": contract.version,
        "emitter": contract.emitter,
        "summary": about,
        "personal": list(contract.personal),
        "dataschema": json_schema.schema_uri(contract),
        "schema": f"{settings().public_url}/v1/schemas/{contract.type}/{contract.version}",
    }
