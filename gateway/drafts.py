"""Drafts: what somebody typed and has not sent, kept so that nothing of it is ever lost.

Only its owner gets to see one; it is about people, so neither a log nor the audit log holds any.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.errors import Invalid, NotFound
from gateway.models_own import Draft

LARGEST = 64 * 1024
KEPT = timedelta(days=30)
Values = dict[str, Any]


def keep(session: Session, login: str, place: str, fields: dict[str, str]) -> Values:
    """Keep the fields of a form in place of what was kept of it before; return the draft.

    Raises ``Invalid`` for more than 64 kB together.
    """
    if sum(len(name) + len(text.encode()) for name, text in fields.items()) > LARGEST:
        raise Invalid(fields={"fields": [f"Longer than {LARGEST} bytes."]})
    values = {"login": login, "place": place, "fields": fields, "saved_at": func.now()}
    new = insert(Draft).values(values)
    session.execute(
        new.on_conflict_do_update(
            index_elements=["login", "place"],
            set_={"fields": new.excluded.fields, "saved_at": func.now()},
        )
    )
    return get(session, login, place)


def get(session: Session, login: str, place: str) -> Values:
    """Return a draft; raises ``NotFound``."""
    found = session.get(Draft, (login, place))
    if found is None:
        raise NotFound("draft", place)
    return {"place": place, "fields": found.fields, "saved_at": found.saved_at.isoformat()}


def drop(session: Session, login: str, place: str) -> None:
    """Forget a draft; one that is not there is fine."""
    session.execute(delete(Draft).where(Draft.login == login, Draft.place == place))


def drop_old(session: Session) -> None:
    """Forget what nobody went on with for thirty days."""
    session.execute(delete(Draft).where(Draft.saved_at < func.now() - KEPT))
