"""Who asks, and whether they may: Bearer tokens, deny by default (quality.md S1, S4, S6)."""

from typing import Literal

from werkzeug.wrappers import Request

from chassis.errors import Forbidden, Unauthorised
from gateway import accounts
from gateway.desk import Caller, Desk, bounded
from gateway.secrets_kept import KEY_PREFIX

# `portal` keys may only post events; `open` needs no sign-in.
Access = Literal["open", "portal", "administrator"]


def require(desk: Desk, request: Request, access: Access) -> Caller | None:
    """Return who asks, None on an open route; raises ``Unauthorised`` or ``Forbidden``."""
    if access == "open":
        return None
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


def _by_key(desk: Desk, token: str) -> Caller | None:
    key = desk.keys.find(desk.db, token)
    return Caller(key.name, key.role, token, key=key) if key else None


def _by_session(desk: Desk, token: str) -> Caller | None:
    with bounded():
        staff = accounts.find_session(desk.db, token)
    if staff is None:
        return None
    return Caller(staff.login, staff.role, token, expires_at=staff.expires_at.isoformat())
