"""JSON bodies, read strictly: UTF-8, no repeated names, no NaN, bounded depth (S2).

A lenient reader would let two parties see two different events in the same bytes, or put text
into a database that cannot keep it.
"""

import json
from functools import lru_cache
from typing import Any

import orjson
from werkzeug.http import parse_options_header
from werkzeug.wrappers import Request

from chassis.problems import Refusal

DEPTH = 16
JSON = "application/json"
NESTS = frozenset({dict, list})
BLANKS = b" \t\r\n"


def media_type(request: Request) -> str:
    """Return the media type of the body, in lower case; a charset other than UTF-8 is refused."""
    kind, charset = _content_type(request.headers.get("Content-Type", ""))
    if charset not in ("utf-8", "utf8"):
        raise Refusal(415, "wrong_charset")
    return kind


@lru_cache(maxsize=256)
def _content_type(header: str) -> tuple[str, str]:
    kind, options = parse_options_header(header)
    return kind.lower(), options.get("charset", "utf-8").lower().replace("_", "-")


def json_of(request: Request) -> Any:
    """Return the JSON body of an ordinary request; raises ``Refusal`` 415 or 400."""
    if media_type(request) != JSON:
        raise Refusal(415, "unsupported_media_type", expected=JSON)
    return read_json(request.get_data())


def read_json(body: bytes) -> Any:
    """Return the value of a JSON text; raises ``Refusal`` 400 for anything doubtful.

    orjson refuses broken UTF-8, halves of characters, NaN and what is no finite number; a whole
    number beyond 64 bits becomes a float.
    """
    try:
        value = orjson.loads(body)
        # Each name ends in a quote and a colon; texts may hold both, and then it is read again.
        if _names(value) != body.translate(None, BLANKS).count(b'":'):
            STRICT.decode(body.decode())
    except (ValueError, RecursionError) as problem:
        raise Refusal(400, "not_json", depth=DEPTH) from problem
    return value


def _names(value: Any) -> int:
    """Return how many names there are in all; raises ``ValueError`` when it is too deep."""
    found, level = 0, [value]
    for _ in range(DEPTH):
        inner: list[Any] = []
        for item in level:
            if type(item) is dict:
                found += len(item)
                inner += [one for one in item.values() if type(one) in NESTS]
            elif type(item) is list:
                inner += [one for one in item if type(one) in NESTS]
        level = inner
        if not level:
            return found
    raise ValueError("too deep")


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name is repeated")


STRICT = json.JSONDecoder(object_pairs_hook=_once)
