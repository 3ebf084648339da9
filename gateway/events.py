"""The portal's events as they come in: three forms of CloudEvents, one verdict on each event.

What passes is published as the contract writes it, never as it came: normalised, without unknown
fields, with our ``recordedtime`` (contracts.md section 1). A ``recordedtime`` of the sender is
dropped, not refused: an event that somebody passes on as it was recorded elsewhere is still good.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

import orjson
from werkzeug.wrappers import Request

from chassis.errors import Forbidden, Invalid
from chassis.problems import Refusal
from contracts import catalogue
from contracts.envelope import EnvelopeError
from contracts.tidy import tidied
from gateway.bodies import JSON, media_type, read_json
from gateway.keys import Key

PORTAL_TYPES = frozenset(contract.type for contract in catalogue.contracts("portal"))
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LARGEST_EVENT = 64 * 1024
LONGEST_BATCH = 1000
LARGEST_BATCH = 8 * 1024 * 1024
AHEAD = timedelta(days=1)
A_MOMENT = timedelta(microseconds=1)
ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
JSON_TYPE = re.compile(r"(application|text)/([\w.+-]+\+)?json(\s*;.*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event that may be published."""

    id: str
    source: str
    type: str
    body: bytes

    def receipt(self, base: str) -> dict[str, str]:
        """Return the answer to its sender; the same for the same event, whenever it is sent."""
        query = f"source={_quoted(self.source)}&id={quote(self.id, safe='')}"
        return {
            "id": self.id,
            "source": self.source,
            "receipt": f"{base}/v1/events/receipt?{query}",
        }


@lru_cache(maxsize=256)
def _quoted(source: str) -> str:
    return quote(source, safe="")


def read(request: Request) -> tuple[list[Any], bool]:
    """Return the raw events of a request, and whether they came as a batch.

    Raises ``Refusal``: 415 for a form that is not CloudEvents, 400 not JSON, 413 too much.
    """
    kind, body = media_type(request), request.get_data()
    if kind == BATCH:
        return _batch(read_json(body)), True
    if len(body) > LARGEST_EVENT:
        raise Refusal(413, "event_too_large", limit=LARGEST_EVENT)
    if kind == STRUCTURED:
        return [read_json(body)], False
    # Some SDKs name no content type in the binary form unless the sender does.
    if kind in (JSON, "") and "ce-specversion" in request.headers:
        return [_binary(request, read_json(body))], False
    raise Refusal(415, "not_a_cloudevent")


def _batch(items: Any) -> list[Any]:
    if not isinstance(items, list):
        raise Refusal(400, "not_json")
    if len(items) > LONGEST_BATCH:
        raise Refusal(413, "batch_too_long", limit=LONGEST_BATCH)
    return items


def _binary(request: Request, data: Any) -> dict[str, Any]:
    """Return the structured form of attributes in ce-* headers (HTTP binding 3.1)."""
    attributes = {
        name[3:].lower(): unquote(value)
        for name, value in request.headers.items()
        if name.lower().startswith("ce-")
    }
    return {**attributes, "datacontenttype": JSON, "data": data}


def judge(item: Any, key: Key, *, portal_source: str | None, now: datetime) -> Accepted:
    """Return the event ready to be published.

    ``portal_source`` is the only source of keys that name none; None lets any absolute URI.
    Raises ``Refusal`` 413, ``Forbidden`` for a source or type outside the key's scope, and
    ``Invalid`` with one entry for each wrong field.
    """
    if not isinstance(item, dict):
        raise Invalid("not_an_event", fields={"": ["An event is a JSON object."]})
    # An attribute that is null is one that is not set (CloudEvents JSON format, section 2.2).
    if None in item.values():
        item = {name: value for name, value in item.items() if value is not None}
    _check_scope(item, key, portal_source)
    recorded = now.isoformat()
    try:
        event = tidied({"time": recorded, **item, "recordedtime": None})
    except EnvelopeError as problem:
        _bounded(item)
        raise Invalid(problem.code, fields=problem.fields) from problem
    _check_portal(event, item, now)
    is_ours_by_chance = "time" in item and event["time"] == recorded
    # `fingerprint` takes a time that is also ours for one that nobody gave.
    event["recordedtime"] = (now + A_MOMENT).isoformat() if is_ours_by_chance else recorded
    return Accepted(event["id"], event["source"], event["type"], _bounded(event))


def _bounded(wire: dict[str, Any]) -> bytes:
    """Return an event as it is written; one that is too large is refused."""
    body = orjson.dumps(wire)
    if len(body) > LARGEST_EVENT:
        raise Refusal(413, "event_too_large", limit=LARGEST_EVENT)
    return body


def _check_scope(item: dict[str, Any], key: Key, portal_source: str | None) -> None:
    source, name = item.get("source"), item.get("type")
    if isinstance(source, str):
        key.check_source(source, portal_source=portal_source)
    if key.types is not None and isinstance(name, str) and name not in key.types:
        raise Forbidden("foreign_type", type=name)


def _check_portal(event: dict[str, Any], item: dict[str, Any], now: datetime) -> None:
    """Refuse what no portal may say, though the contracts know it."""
    fields: dict[str, list[str]] = {}
    if event["type"] not in PORTAL_TYPES:
        fields["type"] = ["Only the portal's own event types are accepted here."]
    if not _is_absolute(event["source"]):
        fields["source"] = ["Must be an absolute URI."]
    if datetime.fromisoformat(event["time"]) > now + AHEAD:
        fields["time"] = ["Must not be more than a day ahead."]
    if not _is_json(str(item.get("datacontenttype", JSON))):
        fields["datacontenttype"] = ["Must be a JSON media type."]
    if fields:
        raise Invalid("invalid_event", fields=fields)


@lru_cache(maxsize=256)
def _is_absolute(source: str) -> bool:
    return ABSOLUTE.fullmatch(source) is not None


@lru_cache(maxsize=256)
def _is_json(kind: str) -> bool:
    return JSON_TYPE.fullmatch(kind) is not None
