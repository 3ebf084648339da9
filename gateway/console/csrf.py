"""A form of ours was sent from a page of ours (quality.md S5).

A page carries a token that is made of the session; each page another one (masked, so that the
compression of pages cannot be used to guess it). Besides that the browser's own word on where a
request comes from is heard. GET never changes anything.
"""

import base64
import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from werkzeug.wrappers import Request

from chassis.errors import Forbidden
from chassis.settings import settings

FIELD, HEADER = "csrf_token", "X-CSRF-Token"
SIZE = 32


def token_for(session_token: str) -> str:
    """Return a token for the forms of a page of this session."""
    mask = secrets.token_bytes(SIZE)
    return base64.urlsafe_b64encode(mask + _mix(mask, _secret(session_token))).decode()


def check(request: Request, session_token: str) -> None:
    """Raise ``Forbidden`` for a form that no page of this session sent."""
    check_origin(request)
    given = request.headers.get(HEADER) or request.form.get(FIELD, "")
    try:
        raw = base64.urlsafe_b64decode(given.encode())
    except ValueError:
        raw = b""
    shown = _mix(raw[:SIZE], raw[SIZE:])
    if len(raw) != 2 * SIZE or not hmac.compare_digest(shown, _secret(session_token)):
        raise Forbidden("wrong_csrf")


def check_origin(request: Request) -> None:
    """Raise ``Forbidden`` for a request that a page of another site sent."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden("wrong_csrf")
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise Forbidden("wrong_csrf")


def _secret(session_token: str) -> bytes:
    about = f"csrf\n{session_token}".encode()
    return hmac.new(settings().secret.encode(), about, hashlib.sha256).digest()


def _mix(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=False))
