"""JSON bodies, read strictly: UTF-8, no repeated names, no NaN, bounded depth (S2).

A lenient reader would let two parties see two different events in the same bytes, or put text
into a database that cannot keep it.
"""

import json
from collections.abc import Iterator
from typing import Any

from werkzeug.http import parse_options_header
from werkzeug.wrappers import Request

from chassis.problems import Refusal

DEPTH = 16
JSON = "application/json"


def media_type(request: Request) -> str:
    """Return the media type of the body, in lower case; a charset other than UTF-8 is refused."""
    kind, options = parse_options_header(request.headers.get("Content-Type", ""))
    charset = options.get("charset", "utf-8").lower().replace("_", "-")
    if charset not in ("utf-8", "utf8"):
        raise Refusal(415, "wrong_charset")
    return kind.lower()


def json_of(request: Request) -> Any:
    """Return the JSON body of an ordinary request; raises ``Refusal`` 415 or 400."""
    if media_type(request) != JSON:
        raise Refusal(415, "unsupported_media_type", expected=JSON)
    return read_json(request.get_data())


def read_json(body: bytes) -> Any:
    """Return the value of a JSON text; raises ``Refusal`` 400 for anything doubtful."""
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant
        )
        _check(value)
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


def _check(value: Any) -> None:
    """Refuse what is too deep, not a finite number, or not storable as UTF-8."""
    level = [value]
    for _ in range(DEPTH):
        level = [inner for item in level for inner in _inside(item)]
        if not level:
            return
    raise ValueError("too deep")


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name)
            yield inner
    elif isinstance(value, list):
        yield from value
    elif isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")


def _check_text(text: str) -> None:
    # A lone surrogate raises UnicodeEncodeError, which is a ValueError.
    text.encode("utf-8")
