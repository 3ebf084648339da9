"""JSON bodies, read strictly: UTF-8, no repeated names, no NaN, bounded depth (S2).

A lenient reader would let two parties see two different events in the same bytes, or put text
into a database that cannot keep it.
"""

import json
import math
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from werkzeug.http import parse_options_header
from werkzeug.wrappers import Request

from chassis.problems import Refusal

DEPTH = 16
JSON = "application/json"
NESTS = (dict, list)
# Only an escape can bring half a character into text that was decoded strictly.
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


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
    """Return the value of a JSON text; raises ``Refusal`` 400 for anything doubtful."""
    try:
        value = STRICT.decode(body.decode("utf-8"))
        _check_depth(value)
        if SURROGATE.search(body):
            _check_text(value)
    except (ValueError, RecursionError) as problem:
        raise Refusal(400, "not_json", depth=DEPTH) from problem
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is repeated")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEPTH):
        level = [inner for item in level for inner in _inside(item) if isinstance(inner, NESTS)]
        if not level:
            return
    raise ValueError("too deep")


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _check_text(value: Any) -> None:
    """Refuse a lone surrogate: UnicodeEncodeError is a ValueError."""
    json.dumps(value, ensure_ascii=False).encode()


STRICT = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite)
