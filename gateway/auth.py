"""Who asks, and whether they may: Bearer tokens, deny by default (quality.md S1, S4, S6)."""

import hmac
from typing import Literal

from werkzeug.wrappers import Request

from chassis.errors import Forbidden, Unauthorised
from chassis.settings import settings
from gateway import accounts, doors, policy
from gateway.desk import Caller, Desk, bounded
from gateway.secrets_kept import KEY_PREFIX


def require(desk: Desk, request: Request, access: policy.Access | Literal["open"]) -> Caller | None:
    """Return who asks, None on an open route; raises ``Unauthorised`` or ``Forbidden``."""
    if access == "open":
        return None
    if access == policy.METRICS and _is_monitor(request):
        return Caller("monitor", "monitor", "")
    caller = identify(desk, request)
    if policy.sight(caller.role, access) is None:
        raise Forbidden()
    return caller


def require_source(caller: Caller, source: str) -> None:
    """Let staff pass, and a machine for a source of its own; raises ``Forbidden`` otherwise."""
    if caller.key is not None:
        caller.key.check_source(source, portal_source=settings().portal_source)


def identify(desk: Desk, request: Request) -> Caller:
    """Return who is behind the Bearer token.

    Raises ``Unauthorised`` when there is nobody, ``TooMany`` when an address tries too often.
    """
    found = _shown(desk, request)
    if found is None:
        desk.limits.spend("stranger", doors.address_of(request))
        raise Unauthorised()
    return found


def _shown(desk: Desk, request: Request) -> Caller | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        return None
    return _by_key(desk, token) if token.startswith(KEY_PREFIX) else by_session(desk, token)


def _is_monitor(request: Request) -> bool:
    key, given = settings().metrics_key, request.headers.get("Authorization", "")
    scheme, _, token = given.partition(" ")
    is_bearer = key is not None and scheme.lower() == "bearer"
    return is_bearer and hmac.compare_digest(token.strip().encode(), str(key).encode())


def _by_key(desk: Desk, token: str) -> Caller | None:
    key = desk.keys.find(desk.db, token)
    return Caller(key.name, key.role, token, key=key) if key else None


def by_session(desk: Desk, token: str) -> Caller | None:
    """Return who is signed in with this token; None for one that is old or nobody's."""
    with bounded():
        staff = accounts.find_session(desk.db, token)
    if staff is None:
        return None
    return Caller(
        staff.login,
        staff.role,
        token,
        expires_at=staff.expires_at.isoformat(),
        language=staff.language,
    )
