"""Who asks, and whether they may: Bearer tokens, deny by default (quality.md S1, S4, S6)."""

import hmac
from typing import Literal

from werkzeug.wrappers import Request

from chassis.errors import Forbidden, Unauthorised
from chassis.settings import settings
from gateway import accounts
from gateway.desk import Caller, Desk, bounded
from gateway.secrets_kept import KEY_PREFIX

# `portal` keys may only post events and read their receipts; `open` needs no sign-in; `metrics` is
# for administrators and for whoever holds AYMAK_METRICS_KEY.
Access = Literal["open", "portal", "administrator", "metrics"]


def require(desk: Desk, request: Request, access: Access) -> Caller | None:
    """Return who asks, None on an open route; raises ``Unauthorised`` or ``Forbidden``."""
    if access == "open":
        return None
    if access == "metrics":
        if _is_monitor(request):
            return Caller("metrics", "metrics", "")
        access = "administrator"
    caller = identify(desk, request)
    if caller.role != access:
        raise Forbidden()
    return caller


def identify(desk: Desk, request: Request) -> Caller:
    """Return who is behind the Bearer token; raises ``Unauthorised`` when there is nobody."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Unauthorised()
    found = _by_key(desk, token) if token.startswith(KEY_PREFIX) else _by_session(desk, token)
    if found is None:
        raise Unauthorised()
    return found


def _is_monitor(request: Request) -> bool:
    key, given = settings().metrics_key, request.headers.get("Authorization", "")
    scheme, _, token = given.partition(" ")
    is_bearer = key is not None and scheme.lower() == "bearer"
    return is_bearer and hmac.compare_digest(token.strip().encode(), str(key).encode())


def _by_key(desk: Desk, token: str) -> Caller | None:
    key = desk.keys.find(desk.db, token)
    return Caller(key.name, key.role, token, key=key) if key else None


def _by_session(desk: Desk, token: str) -> Caller | None:
    with bounded():
        staff = accounts.find_session(desk.db, token)
    if staff is None:
        return None
    return Caller(staff.login, staff.role, token, expires_at=staff.expires_at.isoformat())
