"""Edits that may be sent twice: Idempotency-Key and If-Match (contracts.md section 4)."""

import hashlib
import re
import uuid
from typing import Any

from werkzeug.wrappers import Request, Response

from chassis.errors import Invalid, PreconditionFailed, PreconditionRequired
from gateway.desk import Call

EDIT_HEADERS = ("Idempotency-Key", "If-Match")
ETAG = re.compile(r'(?:W/)?"?(\d{1,18})"?')


def key_of(request: Request) -> str:
    """Return the Idempotency-Key, or one of our own when the caller gave none.

    Raises ``Invalid`` for a key that is not 1-128 printable characters.
    """
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return str(uuid.uuid4())
    key = given.strip().strip('"')
    if not 1 <= len(key) <= 128 or not key.isprintable():
        raise Invalid(fields={"Idempotency-Key": ["Length must be between 1 and 128."]})
    return key


def request_key_of(call: Call) -> bytes:
    """Return what the gateway keeps of the Idempotency-Key of this caller: a hash."""
    return hashlib.sha256(f"{call.staff.name}\n{key_of(call.request)}".encode()).digest()


def version_of(request: Request) -> int | None:
    """Return the version that If-Match asks for; None for ``*``, which means any (RFC 9110).

    Two people who answer at once must not both be heard: without the header it raises
    ``PreconditionRequired``. ``PreconditionFailed`` is for a tag that cannot be one of ours.
    """
    given = request.headers.get("If-Match", "").strip()
    if not given:
        raise PreconditionRequired()
    if given == "*":
        return None
    match = ETAG.fullmatch(given)
    if match is None:
        raise PreconditionFailed()
    return int(match[1])


def tagged(call: Call, thing: dict[str, Any]) -> Response:
    """Return a thing with its version as ETag."""
    return call.json(thing, headers={"ETag": f'"{thing["version"]}"'})
