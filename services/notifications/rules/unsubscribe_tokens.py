"""The token of an unsubscribe link (RFC 8058, quality.md S16).

It is an HMAC over recipient, topic and key id; it does not expire, carries no personal field and
opens nothing else: the key is derived for this use alone.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

USE = b"aymak unsubscribe v1 "
MAC_BYTES = 20
ID_BYTES = 16
KEY_ID_BYTES = 2


class BadToken(ValueError):
    """Not a token of ours, or one that was tampered with."""


def make_token(secret: str, client_id: UUID, topic: str) -> str:
    """A token in letters, digits, ``-`` and ``_``."""
    body = key_id(secret) + client_id.bytes + topic.encode()
    return urlsafe_b64encode(_mac(secret, body) + body).decode().rstrip("=")


def read_token(secret: str, token: str) -> tuple[UUID, str]:
    """The client and the topic; raises :class:`BadToken`."""
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError as problem:
        raise BadToken(str(problem)) from problem
    mac, body = raw[:MAC_BYTES], raw[MAC_BYTES:]
    good = hmac.compare_digest(mac, _mac(secret, body))
    if not good or len(body) <= KEY_ID_BYTES + ID_BYTES or not body.startswith(key_id(secret)):
        raise BadToken("the signature does not fit")
    # A second spelling of the same bytes is refused, so that a link has one form.
    if urlsafe_b64encode(raw).decode().rstrip("=") != token:
        raise BadToken("not in its only form")
    inner = body[KEY_ID_BYTES:]
    return UUID(bytes=inner[:ID_BYTES]), inner[ID_BYTES:].decode()


def key_id(secret: str) -> bytes:
    """Which secret signed: two bytes, so that a later key can stand beside this one."""
    return hashlib.sha256(USE + b"key id " + secret.encode()).digest()[:KEY_ID_BYTES]


def _mac(secret: str, body: bytes) -> bytes:
    key = hmac.digest(secret.encode(), USE, "sha256")
    return hmac.digest(key, body, "sha256")[:MAC_BYTES]
