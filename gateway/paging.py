"""Pages of lists: what a service answers becomes `{"items", "next", "total"}` with a Link."""

from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from chassis.settings import settings
from gateway.desk import Call


def plain(query: dict[str, Any]) -> dict[str, Any]:
    """Return a validated query as plain JSON values, for RPC."""
    kept = (bool, int, str)
    return {key: value if isinstance(value, kept) else str(value) for key, value in query.items()}


def page(call: Call, found: dict[str, Any]) -> Response:
    """Return a page; ``next`` is the address of the following one, or null."""
    following = _next(call, found.get("next"))
    body = {"total": None, **found, "next": following}
    headers = {"Link": f'<{following}>; rel="next"'} if following else {}
    return call.json(body, headers=headers)


def _next(call: Call, cursor: str | None) -> str | None:
    if not cursor:
        return None
    query = {**call.request.args.to_dict(), "cursor": cursor}
    return f"{settings().public_url}{call.request.path}?{urlencode(query)}"
