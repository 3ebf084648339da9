"""The tabs of the settings, as links; one sees those that one may read."""

from typing import Any

from werkzeug.wrappers import Response

from gateway.console.visits import Visit

TABS = (
    ("own", "/settings", ("session", "use")),
    ("accounts", "/settings/accounts", ("accounts", "read")),
    ("keys", "/settings/keys", ("keys", "read")),
    ("mail", "/settings/mail", ("operation", "read")),
    ("audit", "/settings/audit", ("audit", "read")),
    ("health", "/settings/health", ("operation", "read")),
    ("plan", "/settings/plan", ("figures", "read")),
)


def show(visit: Visit, tab: str, **context: Any) -> Response:
    """Return the page of a tab; a ``problem`` in the context is its status."""
    problem = context.setdefault("problem", None)
    return visit.show(
        f"settings_{tab}.html",
        problem["status"] if problem else 200,
        tab=tab,
        tabs=[(name, href) for name, href, needed in TABS if visit.may(*needed)],
        form=visit.form,
        **context,
    )
